//! `default`.

use super::{bounds, datatype};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{Element, Leaf, Literal},
    syntax::{Attributes, Name, Raw, RawValue},
};

pub(super) fn read(attributes: &Attributes, leaf: &Leaf, sink: &mut Sink) -> Option<Literal> {
    let raw = attributes.value(&Name::Default)?;
    // Whether it has the properties of its struct is seen once all structs are read.
    if let Element::Struct(_) = &leaf.datatype.element {
        return Some(raw.literal());
    }
    match (&raw.value, leaf.datatype.is_array) {
        (RawValue::List(items), true) => {
            check_length(items.len(), leaf, raw, sink);
            let read: Vec<_> = items.iter().map(|item| element(item, leaf, sink)).collect();
            read.into_iter().collect::<Option<Vec<_>>>().map(Literal::List)
        }
        (RawValue::List(_), false) => {
            let message = format!("a list cannot be the default of '{}'", leaf.datatype);
            sink.push(Report::new(Code::BadDefault, message).at(raw.span));
            None
        }
        (_, true) => {
            let message = format!("the default of '{}' is a list", leaf.datatype);
            let help = format!("write '[{}]'", raw.literal());
            sink.push(Report::new(Code::BadDefault, message).at(raw.span).help(help));
            None
        }
        (_, false) => element(raw, leaf, sink),
    }
}

pub(super) fn check_length(length: usize, leaf: &Leaf, raw: &Raw, sink: &mut Sink) {
    // A size of nought says nothing.
    if let Some(size) = leaf.arraysize.filter(|size| *size > 0)
        && size != length as u64
    {
        let message = format!("'arraysize' is {size}, and the length of the default {length}");
        sink.push(Report::new(Code::BadDefault, message).at(raw.span));
    }
}

fn element(raw: &Raw, leaf: &Leaf, sink: &mut Sink) -> Option<Literal> {
    let value = match datatype::element(raw, &leaf.datatype.element) {
        Ok(value) => value,
        Err(reason) => {
            let message = format!("bad default: {reason}");
            let element = &leaf.datatype.element;
            sink.push(datatype::wrong_value(Code::BadDefault, message, raw, element));
            return None;
        }
    };
    if let Some(reason) = bounds::excludes(leaf, &value) {
        let message = format!("the default {value} is {reason}");
        sink.push(Report::new(Code::BadDefault, message).at(raw.span));
    } else if !is_listed(leaf, &value) {
        let message = format!("the default '{value}' is not among the allowed values");
        // The language has always let these pass, where they are the whole default.
        let is_let_pass = is_empty(&value) && !leaf.datatype.is_array;
        let code = if is_let_pass { Code::OddDefault } else { Code::BadDefault };
        sink.push(Report::new(code, message).at(raw.span));
    }
    Some(value)
}

pub(super) fn is_listed(leaf: &Leaf, value: &Literal) -> bool {
    let equal = |other: &Literal| {
        other == value || matches!((other.as_f64(), value.as_f64()), (Some(a), Some(b)) if a == b)
    };
    let is_allowed = leaf.allowed.is_empty() || leaf.allowed.iter().any(equal);
    is_allowed && (leaf.enumeration.is_empty() || leaf.enumeration.values().any(equal))
}

fn is_empty(value: &Literal) -> bool {
    match value {
        Literal::Bool(value) => !value,
        Literal::String(text) => text.is_empty(),
        number => number.as_f64() == Some(0.0),
    }
}
