//! Values of signals while a car runs, and whether a signal may hold one.
//!
//! The variants are the ones the Kuksa protocols carry, so the wire conversions are
//! one arm each: 8- and 16-bit integers travel as 32-bit ones and are checked here.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer, ser::SerializeSeq};

use super::{DataType, Element, Literal};

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    Int32(i32),
    Int64(i64),
    Uint32(u32),
    Uint64(u64),
    Float(f32),
    Double(f64),
    String(Arc<str>),
    BoolArray(Arc<[bool]>),
    Int32Array(Arc<[i32]>),
    Int64Array(Arc<[i64]>),
    Uint32Array(Arc<[u32]>),
    Uint64Array(Arc<[u64]>),
    FloatArray(Arc<[f32]>),
    DoubleArray(Arc<[f64]>),
    StringArray(Arc<[Arc<str>]>),
}

/// One element of a value, wide enough to compare any two of a kind.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scalar<'a> {
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(&'a str),
}

/// Why a signal may not hold a value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Violation {
    #[error("expected {expected}, got {got}")]
    WrongType { expected: DataType, got: String },
    #[error("{value} does not fit {element} ({low} to {high})")]
    OutOfRange { value: String, element: String, low: i128, high: i128 },
    #[error("{0} is no number: where there is none, leave the value out")]
    NotFinite(String),
    #[error("{value} is below the minimum {min}")]
    BelowMin { value: String, min: String },
    #[error("{value} is above the maximum {max}")]
    AboveMax { value: String, max: String },
    #[error("{value} is not one of the allowed values {allowed}")]
    NotAllowed { value: String, allowed: String },
    #[error("struct values are not supported yet (datatype {0})")]
    Struct(DataType),
}

/// What a signal's elements must keep to, converted once and checked often.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    pub min: Option<Value>,
    pub max: Option<Value>,
    pub allowed: Vec<Value>,
}

impl Value {
    /// The type of the variant, as `int32` or `string[]`.
    pub fn kind(&self) -> DataType {
        use Element as E;
        match self {
            Value::Bool(_) => DataType::scalar(E::Boolean),
            Value::Int32(_) => DataType::scalar(E::Int32),
            Value::Int64(_) => DataType::scalar(E::Int64),
            Value::Uint32(_) => DataType::scalar(E::Uint32),
            Value::Uint64(_) => DataType::scalar(E::Uint64),
            Value::Float(_) => DataType::scalar(E::Float),
            Value::Double(_) => DataType::scalar(E::Double),
            Value::String(_) => DataType::scalar(E::String),
            Value::BoolArray(_) => DataType::array(E::Boolean),
            Value::Int32Array(_) => DataType::array(E::Int32),
            Value::Int64Array(_) => DataType::array(E::Int64),
            Value::Uint32Array(_) => DataType::array(E::Uint32),
            Value::Uint64Array(_) => DataType::array(E::Uint64),
            Value::FloatArray(_) => DataType::array(E::Float),
            Value::DoubleArray(_) => DataType::array(E::Double),
            Value::StringArray(_) => DataType::array(E::String),
        }
    }

    /// Calls `visit` with each element, once for a scalar, until one fails.
    fn try_each<X>(&self, mut visit: impl FnMut(Scalar<'_>) -> Result<(), X>) -> Result<(), X> {
        match self {
            Value::Bool(v) => visit(Scalar::Bool(*v)),
            Value::Int32(v) => visit(Scalar::Int((*v).into())),
            Value::Int64(v) => visit(Scalar::Int((*v).into())),
            Value::Uint32(v) => visit(Scalar::Int((*v).into())),
            Value::Uint64(v) => visit(Scalar::Int((*v).into())),
            Value::Float(v) => visit(Scalar::Float((*v).into())),
            Value::Double(v) => visit(Scalar::Float(*v)),
            Value::String(v) => visit(Scalar::Str(v)),
            Value::BoolArray(v) => v.iter().try_for_each(|x| visit(Scalar::Bool(*x))),
            Value::Int32Array(v) => v.iter().try_for_each(|x| visit(Scalar::Int((*x).into()))),
            Value::Int64Array(v) => v.iter().try_for_each(|x| visit(Scalar::Int((*x).into()))),
            Value::Uint32Array(v) => v.iter().try_for_each(|x| visit(Scalar::Int((*x).into()))),
            Value::Uint64Array(v) => v.iter().try_for_each(|x| visit(Scalar::Int((*x).into()))),
            Value::FloatArray(v) => v.iter().try_for_each(|x| visit(Scalar::Float((*x).into()))),
            Value::DoubleArray(v) => v.iter().try_for_each(|x| visit(Scalar::Float(*x))),
            Value::StringArray(v) => v.iter().try_for_each(|x| visit(Scalar::Str(x))),
        }
    }

    /// Reads authored data, JSON included, as a value of `datatype`.
    pub fn from_literal(literal: &Literal, datatype: &DataType) -> Result<Value, Violation> {
        let wrong = || Violation::WrongType { expected: datatype.clone(), got: shown(literal) };
        if !datatype.is_array {
            return scalar_from(literal, datatype);
        }
        let Literal::List(items) = literal else { return Err(wrong()) };
        match &datatype.element {
            Element::Boolean => array(items, |item| match item {
                Literal::Bool(value) => Ok(*value),
                _ => Err(wrong()),
            })
            .map(Value::BoolArray),
            Element::String => array(items, |item| match item {
                Literal::String(text) => Ok(Arc::from(text.as_str())),
                _ => Err(wrong()),
            })
            .map(Value::StringArray),
            Element::Int8 | Element::Int16 | Element::Int32 => {
                array(items, |item| integer(item, datatype)).map(Value::Int32Array)
            }
            Element::Int64 | Element::Int => {
                array(items, |item| integer(item, datatype)).map(Value::Int64Array)
            }
            Element::Uint8 | Element::Uint16 | Element::Uint32 => {
                array(items, |item| integer(item, datatype)).map(Value::Uint32Array)
            }
            Element::Uint64 => array(items, |item| integer(item, datatype)).map(Value::Uint64Array),
            Element::Float => array(items, |item| Ok(item.as_f64().ok_or_else(wrong)? as f32))
                .map(Value::FloatArray),
            Element::Double | Element::Numeric => {
                array(items, |item| item.as_f64().ok_or_else(wrong)).map(Value::DoubleArray)
            }
            Element::Struct(_) => Err(Violation::Struct(datatype.clone())),
        }
    }

    /// Reads what a person typed: JSON where it is JSON of the right type, else plain text.
    pub fn from_text(text: &str, datatype: &DataType) -> Result<Value, Violation> {
        let plain = Literal::String(text.to_owned());
        match serde_json::from_str::<Literal>(text) {
            Ok(literal) => Value::from_literal(&literal, datatype)
                .or_else(|error| Value::from_literal(&plain, datatype).map_err(|_| error)),
            Err(_) => Value::from_literal(&plain, datatype),
        }
    }
}

fn array<T>(
    items: &[Literal],
    convert: impl Fn(&Literal) -> Result<T, Violation>,
) -> Result<Arc<[T]>, Violation> {
    items.iter().map(convert).collect()
}

fn scalar_from(literal: &Literal, datatype: &DataType) -> Result<Value, Violation> {
    let wrong = || Violation::WrongType { expected: datatype.clone(), got: shown(literal) };
    Ok(match &datatype.element {
        Element::Boolean => match literal {
            Literal::Bool(value) => Value::Bool(*value),
            _ => return Err(wrong()),
        },
        Element::String => Value::String(literal.as_str().ok_or_else(wrong)?.into()),
        Element::Int8 | Element::Int16 | Element::Int32 => {
            Value::Int32(integer(literal, datatype)?)
        }
        Element::Int64 | Element::Int => Value::Int64(integer(literal, datatype)?),
        Element::Uint8 | Element::Uint16 | Element::Uint32 => {
            Value::Uint32(integer(literal, datatype)?)
        }
        Element::Uint64 => Value::Uint64(integer(literal, datatype)?),
        Element::Float => Value::Float(literal.as_f64().ok_or_else(wrong)? as f32),
        Element::Double | Element::Numeric => Value::Double(literal.as_f64().ok_or_else(wrong)?),
        Element::Struct(_) => return Err(Violation::Struct(datatype.clone())),
    })
}

/// A text in quotes, so that "5" is not taken for the number.
fn shown(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

fn integer<T: TryFrom<i128>>(literal: &Literal, datatype: &DataType) -> Result<T, Violation> {
    let Literal::Int(number) = literal else {
        return Err(Violation::WrongType { expected: datatype.clone(), got: shown(literal) });
    };
    check_range(*number, &datatype.element)?;
    T::try_from(*number)
        .map_err(|_| Violation::WrongType { expected: datatype.clone(), got: number.to_string() })
}

fn check_range(number: i128, element: &Element) -> Result<(), Violation> {
    match element.integer_range() {
        Some((low, high)) if !(low..=high).contains(&number) => Err(Violation::OutOfRange {
            value: number.to_string(),
            element: element.name().to_owned(),
            low,
            high,
        }),
        _ => Ok(()),
    }
}

impl Limits {
    /// Whether a signal of `datatype` with these limits may hold `value`.
    pub fn check(&self, value: &Value, datatype: &DataType) -> Result<(), Violation> {
        if !same_family(value, datatype) {
            return Err(Violation::WrongType {
                expected: datatype.clone(),
                got: format!("{} {value}", value.kind()),
            });
        }
        let bare = !datatype.element.is_number() && self.allowed.is_empty();
        if bare {
            return Ok(());
        }
        value.try_each(|item| self.check_element(item, &datatype.element))
    }

    fn check_element(&self, item: Scalar<'_>, element: &Element) -> Result<(), Violation> {
        if let Scalar::Int(number) = item {
            check_range(number, element)?;
        }
        // NaN and the infinities, which JSON cannot hold either. A number beyond `float` is
        // infinite by now.
        if let Scalar::Float(number) = item
            && !number.is_finite()
        {
            return Err(Violation::NotFinite(item.to_string()));
        }
        if let Some(min) = &self.min
            && !item.is_at_least(min)
        {
            return Err(Violation::BelowMin { value: item.to_string(), min: min.to_string() });
        }
        if let Some(max) = &self.max
            && !item.is_at_most(max)
        {
            return Err(Violation::AboveMax { value: item.to_string(), max: max.to_string() });
        }
        if !self.allowed.is_empty() && !self.allowed.iter().any(|a| item.equals(a)) {
            let allowed: Vec<String> = self.allowed.iter().map(Value::to_string).collect();
            return Err(Violation::NotAllowed {
                value: item.to_string(),
                allowed: format!("[{}]", allowed.join(", ")),
            });
        }
        Ok(())
    }
}

/// Whether the variant is the one that carries `datatype`, without looking at the number.
fn same_family(value: &Value, datatype: &DataType) -> bool {
    use Element as E;
    let carried = match &datatype.element {
        E::Int8 | E::Int16 | E::Int32 => E::Int32,
        E::Uint8 | E::Uint16 | E::Uint32 => E::Uint32,
        E::Int => E::Int64,
        E::Numeric => E::Double,
        other => other.clone(),
    };
    value.kind() == DataType { element: carried, is_array: datatype.is_array }
}

impl Scalar<'_> {
    fn compare(&self, bound: &Value) -> Option<std::cmp::Ordering> {
        let mut order = None;
        let _ = bound.try_each(|other| {
            order = match (*self, other) {
                (Scalar::Int(a), Scalar::Int(b)) => a.partial_cmp(&b),
                (Scalar::Float(a), Scalar::Float(b)) => a.partial_cmp(&b),
                (Scalar::Str(a), Scalar::Str(b)) => a.partial_cmp(b),
                (Scalar::Bool(a), Scalar::Bool(b)) => a.partial_cmp(&b),
                _ => None,
            };
            Ok::<(), ()>(())
        });
        order
    }

    fn is_at_least(&self, min: &Value) -> bool {
        self.compare(min).is_some_and(std::cmp::Ordering::is_ge)
    }

    fn is_at_most(&self, max: &Value) -> bool {
        self.compare(max).is_some_and(std::cmp::Ordering::is_le)
    }

    fn equals(&self, other: &Value) -> bool {
        self.compare(other).is_some_and(std::cmp::Ordering::is_eq)
    }
}

impl fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(value) => write!(f, "{value}"),
            Scalar::Int(value) => write!(f, "{value}"),
            // An f32 is shown as itself, not as the f64 beside it: 0.1, not 0.10000000149.
            Scalar::Float(value) if f64::from(*value as f32) == *value => {
                write!(f, "{}", *value as f32)
            }
            Scalar::Float(value) => write!(f, "{value}"),
            Scalar::Str(value) => f.write_str(value),
        }
    }
}

/// `87.5`, `true`, `OPEN`, `[1, 2, 3]`: as a person would read it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_array = self.kind().is_array;
        let mut separator = if is_array { "[" } else { "" };
        let mut empty = true;
        self.try_each(|item| {
            write!(f, "{separator}{item}")?;
            (separator, empty) = (", ", false);
            Ok::<(), fmt::Error>(())
        })?;
        match (is_array, empty) {
            (true, true) => f.write_str("[]"),
            (true, false) => f.write_str("]"),
            (false, _) => Ok(()),
        }
    }
}

/// As the plain JSON value; NaN and infinities become null.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Bool(v) => serializer.serialize_bool(*v),
            Value::Int32(v) => serializer.serialize_i32(*v),
            Value::Int64(v) => serializer.serialize_i64(*v),
            Value::Uint32(v) => serializer.serialize_u32(*v),
            Value::Uint64(v) => serializer.serialize_u64(*v),
            Value::Float(v) => serializer.serialize_f32(*v),
            Value::Double(v) => serializer.serialize_f64(*v),
            Value::String(v) => serializer.serialize_str(v),
            Value::BoolArray(v) => sequence(v, serializer),
            Value::Int32Array(v) => sequence(v, serializer),
            Value::Int64Array(v) => sequence(v, serializer),
            Value::Uint32Array(v) => sequence(v, serializer),
            Value::Uint64Array(v) => sequence(v, serializer),
            Value::FloatArray(v) => sequence(v, serializer),
            Value::DoubleArray(v) => sequence(v, serializer),
            Value::StringArray(v) => sequence(v, serializer),
        }
    }
}

fn sequence<T: Serialize, S: Serializer>(items: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(items.len()))?;
    for item in items {
        list.serialize_element(item)?;
    }
    list.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, datatype: &str) -> Result<Value, String> {
        Value::from_text(text, &datatype.parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn text_is_read_by_the_type_of_its_signal() {
        assert_eq!(read("12", "uint8"), Ok(Value::Uint32(12)));
        assert_eq!(read("12", "float"), Ok(Value::Float(12.0)));
        assert_eq!(read("12", "string"), Ok(Value::String("12".into())));
        assert_eq!(read("OPEN", "string"), Ok(Value::String("OPEN".into())));
        assert_eq!(read("[1, -2]", "int8[]"), Ok(Value::Int32Array([1, -2].into())));
        assert_eq!(read("300", "uint8"), Err("300 does not fit uint8 (0 to 255)".into()));
        assert_eq!(read("1.5", "uint8"), Err("expected uint8, got 1.5".into()));
        assert_eq!(read("yes", "boolean"), Err("expected boolean, got \"yes\"".into()));
    }

    #[test]
    fn limits_name_the_value_and_the_rule() {
        let datatype: DataType = "float".parse().unwrap();
        let limits = Limits { max: Some(Value::Float(250.0)), ..Limits::default() };
        let check = |value| limits.check(&value, &datatype).map_err(|error| error.to_string());
        assert_eq!(check(Value::Float(250.0)), Ok(()));
        assert_eq!(check(Value::Float(250.5)), Err("250.5 is above the maximum 250".into()));
        assert_eq!(check(Value::Int32(3)), Err("expected float, got int32 3".into()));
    }

    #[test]
    fn a_number_is_finite_with_bounds_and_without() {
        for datatype in ["float", "double", "float[]", "double[]"] {
            let datatype: DataType = datatype.parse().unwrap();
            for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39] {
                let literal = Literal::Float(number);
                let literal =
                    if datatype.is_array { Literal::List(vec![literal]) } else { literal };
                let value = Value::from_literal(&literal, &datatype).unwrap();
                let fits = number.is_finite() && datatype.element == Element::Double;
                let checked = Limits::default().check(&value, &datatype);
                assert_eq!(checked.is_ok(), fits, "{number} as {datatype}: {checked:?}");
            }
        }
        let nan = Limits::default().check(&Value::Float(f32::NAN), &"float".parse().unwrap());
        let message = "NaN is no number: where there is none, leave the value out";
        assert_eq!(nan.unwrap_err().to_string(), message);
    }

    #[test]
    fn narrow_integers_are_checked_though_they_travel_wide() {
        let datatype: DataType = "int8[]".parse().unwrap();
        let value = Value::Int32Array([1, 200].into());
        let error = Limits::default().check(&value, &datatype).unwrap_err();
        assert_eq!(error.to_string(), "200 does not fit int8 (-128 to 127)");
    }

    #[test]
    fn values_print_as_a_person_reads_them() {
        assert_eq!(Value::Float(0.1).to_string(), "0.1");
        assert_eq!(Value::StringArray([].into()).to_string(), "[]");
        assert_eq!(Value::Uint32Array([1, 2].into()).to_string(), "[1, 2]");
    }
}
