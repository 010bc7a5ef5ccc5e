//! The VSS data types. Adding one touches this file, `value.rs`, the wire
//! conversions of the runtime and each target's names.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, de};

/// What one element of a signal's value is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    Boolean,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Float,
    Double,
    String,
    /// Any integer (`int`); travels as `int64`.
    Int,
    /// Any number (`numeric`); travels as `double`.
    Numeric,
    /// A struct, by its absolute name.
    Struct(Arc<str>),
}

/// The authored names, in the order diagnostics list them.
const NAMES: [(&str, Element); 14] = [
    ("uint8", Element::Uint8),
    ("int8", Element::Int8),
    ("uint16", Element::Uint16),
    ("int16", Element::Int16),
    ("uint32", Element::Uint32),
    ("int32", Element::Int32),
    ("uint64", Element::Uint64),
    ("int64", Element::Int64),
    ("boolean", Element::Boolean),
    ("float", Element::Float),
    ("double", Element::Double),
    ("string", Element::String),
    ("int", Element::Int),
    ("numeric", Element::Numeric),
];

impl Element {
    /// Names of every built-in element type.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    pub fn name(&self) -> &str {
        match self {
            Element::Struct(name) => name,
            other => NAMES.iter().find(|(_, e)| e == other).map_or("", |(name, _)| name),
        }
    }

    /// Inclusive range of an integer type; `None` for everything else.
    pub fn integer_range(&self) -> Option<(i128, i128)> {
        Some(match self {
            Element::Int8 => (i8::MIN.into(), i8::MAX.into()),
            Element::Int16 => (i16::MIN.into(), i16::MAX.into()),
            Element::Int32 => (i32::MIN.into(), i32::MAX.into()),
            Element::Int64 | Element::Int => (i64::MIN.into(), i64::MAX.into()),
            Element::Uint8 => (0, u8::MAX.into()),
            Element::Uint16 => (0, u16::MAX.into()),
            Element::Uint32 => (0, u32::MAX.into()),
            Element::Uint64 => (0, u64::MAX.into()),
            _ => return None,
        })
    }

    pub fn is_integer(&self) -> bool {
        self.integer_range().is_some()
    }

    /// `float`, `double` and `numeric`.
    pub fn is_fractional(&self) -> bool {
        matches!(self, Element::Float | Element::Double | Element::Numeric)
    }

    pub fn is_number(&self) -> bool {
        self.is_integer() || self.is_fractional()
    }
}

/// The type of a signal: an element type, alone or as an array.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DataType {
    pub element: Element,
    pub is_array: bool,
}

impl DataType {
    pub const fn scalar(element: Element) -> Self {
        DataType { element, is_array: false }
    }

    pub const fn array(element: Element) -> Self {
        DataType { element, is_array: true }
    }
}

/// A name that is no built-in data type. Struct names are resolved by the compiler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown datatype '{0}'")]
pub struct UnknownDataType(pub String);

impl FromStr for DataType {
    type Err = UnknownDataType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, is_array) = match text.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let element = NAMES.iter().find(|(n, _)| *n == name).map(|(_, e)| e.clone());
        // A dot can only be in the absolute name of a struct.
        let element = element.or_else(|| name.contains('.').then(|| Element::Struct(name.into())));
        element
            // Of all the types, this one alone comes without arrays.
            .filter(|element| !(is_array && *element == Element::Int))
            .map(|element| DataType { element, is_array })
            .ok_or_else(|| UnknownDataType(text.to_owned()))
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.element.name())?;
        f.write_str(if self.is_array { "[]" } else { "" })
    }
}

impl Serialize for DataType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_survives_a_round_trip() {
        for name in Element::names() {
            for text in [name.to_owned(), format!("{name}[]")] {
                if text == "int[]" {
                    continue;
                }
                let datatype: DataType = text.parse().unwrap();
                assert_eq!(datatype.to_string(), text);
            }
        }
    }

    #[test]
    fn names_are_lower_case_and_without_a_length() {
        for text in ["Uint8", "int[]", "uint8[3]", "uint8 ", "bool", ""] {
            assert_eq!(text.parse::<DataType>(), Err(UnknownDataType(text.to_owned())));
        }
    }
}
