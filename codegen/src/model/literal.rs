//! Data as it was authored: a bound of `-30` on a float stays the integer -30,
//! so that exports give back what the author wrote.

use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize, de};

/// A scalar, list or map of the source, without its position.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Literal {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    String(String),
    List(Vec<Literal>),
    Map(IndexMap<String, Literal>),
}

/// Equal for literals that are one value: `1` and `1.0` are, `true` and `1` are not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sameness<'a> {
    Bool(bool),
    Int(i128),
    /// The bits of a float that is no whole number, or beyond all integers.
    Float(u64),
    Text(&'a str),
    /// Everything else, as it is printed.
    Other(String),
}

impl Literal {
    pub fn sameness(&self) -> Sameness<'_> {
        match self {
            Literal::Bool(value) => Sameness::Bool(*value),
            Literal::Int(number) => Sameness::Int(*number),
            Literal::Float(number) if number.fract() == 0.0 && number.abs() < 1e38 => {
                Sameness::Int(*number as i128)
            }
            Literal::Float(number) => Sameness::Float(number.to_bits()),
            Literal::String(text) => Sameness::Text(text),
            other => Sameness::Other(other.to_string()),
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Literal::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Literal::Int(number) => Some(*number as f64),
            Literal::Float(number) => Some(*number),
            _ => None,
        }
    }
}

/// As a person would write it in a message.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("null"),
            Literal::Bool(value) => write!(f, "{value}"),
            Literal::Int(value) => write!(f, "{value}"),
            Literal::Float(value) => write!(f, "{value:?}"),
            Literal::String(value) => f.write_str(value),
            Literal::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Literal::Map(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

// By hand: serde's own untagged reading turns every integer into a float, for i128's sake.
impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LiteralVisitor)
    }
}

struct LiteralVisitor;

impl<'de> de::Visitor<'de> for LiteralVisitor {
    type Value = Literal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Literal, E> {
        Ok(Literal::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Literal, E> {
        Ok(Literal::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Literal, E> {
        Ok(Literal::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Literal, E> {
        Ok(Literal::Int(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Literal, E> {
        Ok(Literal::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Literal, E> {
        Ok(Literal::String(value.to_owned()))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut access: A) -> Result<Literal, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Literal::List(items))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<Literal, A::Error> {
        let mut entries = IndexMap::new();
        while let Some((key, value)) = access.next_entry()? {
            entries.insert(key, value);
        }
        Ok(Literal::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_may_be_written_in_two_ways() {
        let text = |text: &str| Literal::String(text.to_owned());
        for (one, other, is_same) in [
            (Literal::Int(1), Literal::Float(1.0), true),
            (Literal::Int(0), Literal::Float(-0.0), true),
            (Literal::Float(1.5), Literal::Float(1.5), true),
            (Literal::Int(1), Literal::Float(1.5), false),
            (Literal::Int(1), Literal::Bool(true), false),
            (Literal::Int(1), text("1"), false),
            (Literal::Int(u64::MAX.into()), Literal::Int(i128::from(u64::MAX) - 1), false),
            (text("a"), text("a"), true),
            (Literal::Float(f64::INFINITY), Literal::Float(f64::MAX), false),
        ] {
            assert_eq!(one.sameness() == other.sameness(), is_same, "{one} {other}");
        }
    }
}
