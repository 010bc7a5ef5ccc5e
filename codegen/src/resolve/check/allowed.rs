//! `allowed` and `enum`, and what excludes what.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::{super::scalars, common::wrong_kind, datatype, elsewhere::held_against};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{DataType, Element, Literal},
    source::Span,
    syntax::{Attributes, Name, Raw, RawValue},
};

pub(super) fn read(attributes: &Attributes, datatype: &DataType, sink: &mut Sink) -> Vec<Literal> {
    let Some(raw) = attributes.value(&Name::Allowed) else { return Vec::new() };
    let RawValue::List(items) = &raw.value else {
        sink.push(wrong_kind(&Name::Allowed, "a list", raw));
        return Vec::new();
    };
    if let Element::Struct(name) = &datatype.element
        && !items.is_empty()
    {
        let message = format!("'allowed' does not go with the struct '{name}'");
        sink.push(Report::new(Code::Conflict, message).at(raw.span));
        return Vec::new();
    }
    let mut allowed = Vec::with_capacity(items.len());
    for item in items.iter() {
        match datatype::element(item, &datatype.element) {
            Ok(literal) => allowed.push(literal),
            Err(reason) => {
                let message = format!("bad value in 'allowed': {reason}");
                let element = &datatype.element;
                let report = datatype::wrong_value(Code::WrongValue, message, item, element);
                sink.push(held_against(report, attributes, &[Name::Datatype]));
            }
        }
    }
    allowed
}

pub(super) fn read_enum(
    attributes: &Attributes,
    datatype: &DataType,
    sink: &mut Sink,
) -> IndexMap<String, Literal> {
    let mut entries = IndexMap::new();
    let Some(raw) = attributes.value(&Name::Enum) else { return entries };
    let RawValue::Map(pairs) = &raw.value else {
        sink.push(wrong_kind(&Name::Enum, "a map of names to integers", raw));
        return entries;
    };
    if pairs.is_empty() {
        let message = "this 'enum' names no value";
        sink.push(Report::new(Code::BadEnum, message).at(raw.span));
        return entries;
    }
    if !datatype.element.is_integer() {
        let message = format!("'enum' goes with integers, and '{datatype}' is none");
        let report = Report::new(Code::BadEnum, message).at(raw.span);
        sink.push(held_against(report, attributes, &[Name::Datatype]));
        return entries;
    }
    let mut names: HashMap<i128, (String, Span)> = HashMap::new();
    for (key, value) in pairs.iter() {
        match entry(key, value, &datatype.element) {
            Ok((name, number)) => {
                if let Some((other, first)) = names.insert(number, (name.clone(), value.span)) {
                    let message = format!("'{name}' has the same value as '{other}'");
                    let report = Report::new(Code::BadEnum, message).at(value.span);
                    sink.push(report.label(first, "the first"));
                }
                entries.insert(name, Literal::Int(number));
            }
            Err(report) => sink.push(report),
        }
    }
    entries
}

fn entry(key: &Raw, value: &Raw, element: &Element) -> Result<(String, i128), Report> {
    let is_name = |name: &str| name.starts_with(|first: char| first.is_ascii_uppercase());
    let Some(name) = key.as_str().filter(|name| is_name(name)) else {
        let message = format!("{} is no name for an enum value", datatype::described(key));
        let report = Report::new(Code::BadEnum, message).at(key.span);
        return Err(match &key.value {
            RawValue::Bool(_) => report.help("put it in quotes"),
            RawValue::String(name) => {
                report.help(format!("it begins with a capital letter: '{}'", name.to_uppercase()))
            }
            _ => report,
        });
    };
    let number = scalars::integer(value)
        .ok_or_else(|| format!("expected an integer, got {}", datatype::described(value)))
        .and_then(|number| datatype::fits(number, element).map(|()| number));
    match number {
        Ok(number) => Ok((name.to_owned(), number)),
        Err(reason) => {
            let message = format!("bad value of '{name}': {reason}");
            Err(Report::new(Code::BadEnum, message).at(value.span))
        }
    }
}

/// Two ways to say which values a signal may have are one too many.
pub(super) fn check_conflicts(attributes: &Attributes, sink: &mut Sink) {
    const EXCLUSIVE: [(Name, &[Name]); 2] = [
        (Name::Allowed, &[Name::Enum, Name::Min, Name::Max]),
        (Name::Enum, &[Name::Min, Name::Max, Name::Pattern]),
    ];
    for (name, others) in &EXCLUSIVE {
        let Some(raw) = attributes.value(name) else { continue };
        let is_empty = matches!(&raw.value, RawValue::List(items) if items.is_empty());
        for other in *others {
            // No values at all leave room for those of an enum.
            if is_empty && *other == Name::Enum {
                continue;
            }
            let Some(attribute) = attributes.get(other).filter(|a| !a.value.is_null()) else {
                continue;
            };
            let message =
                format!("'{}' and '{}' cannot be used together", other.text(), name.text());
            sink.push(
                Report::new(Code::Conflict, message)
                    .at(attribute.key)
                    .label(raw.span, format!("the '{}'", name.text())),
            );
        }
    }
}
