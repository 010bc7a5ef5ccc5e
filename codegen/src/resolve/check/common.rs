//! The attributes that every node can have.

use indexmap::IndexMap;

use super::super::scalars;
use crate::{
    diagnostic::{Code, Report, Sink},
    model::Literal,
    syntax::{Attributes, Name, Raw, RawValue},
};

pub(super) fn wrong_kind(name: &Name, expected: &str, raw: &Raw) -> Report {
    let message = format!("'{}' takes {expected}, not {}", name.text(), raw.kind());
    let report = Report::new(Code::WrongKind, message).at(raw.span);
    match &raw.value {
        // Mostly text that YAML reads as something else.
        RawValue::Bool(_) | RawValue::Int(_) | RawValue::Float(_) | RawValue::Timestamp(_)
            if expected.contains("text") =>
        {
            report.help("put it in quotes")
        }
        _ => report,
    }
}

pub(super) fn text(attributes: &Attributes, name: &Name, sink: &mut Sink) -> Option<String> {
    let raw = attributes.value(name)?;
    let text = raw.as_str();
    if text.is_none() {
        sink.push(wrong_kind(name, "text", raw));
    }
    text.map(str::to_owned)
}

pub(super) fn const_uid(attributes: &Attributes, sink: &mut Sink) -> Option<String> {
    let raw = attributes.value(&Name::ConstUid)?;
    let text = text(attributes, &Name::ConstUid, sink)?;
    let is_valid = text.strip_prefix("0x").is_some_and(|digits| {
        digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    if !is_valid {
        let message = format!("'{text}' is no constUID");
        sink.push(
            Report::new(Code::BadConstUid, message)
                .at(raw.span)
                .help("it is '0x' and eight hexadecimal digits, in quotes"),
        );
    }
    Some(text)
}

/// The former names of the node.
pub(super) fn fka(attributes: &Attributes, sink: &mut Sink) -> Vec<String> {
    let Some(attribute) = attributes.get(&Name::Fka) else { return Vec::new() };
    let expected = "a list of text";
    let RawValue::List(items) = &attribute.value.value else {
        sink.push(wrong_kind(&Name::Fka, expected, &attribute.value));
        return Vec::new();
    };
    let mut names = Vec::with_capacity(items.len());
    for item in items.iter() {
        match item.as_str() {
            Some(name) => names.push(name.to_owned()),
            None => sink.push(wrong_kind(&Name::Fka, expected, item)),
        }
    }
    names
}

pub(super) fn extra(attributes: &Attributes) -> IndexMap<String, Literal> {
    let extras = attributes.iter().filter_map(|attribute| match &attribute.name {
        Name::Extra(name) => Some((name.to_string(), attribute.value.literal())),
        _ => None,
    });
    extras.collect()
}

/// Checks the switches; returns whether the node is to be deleted.
pub(super) fn flags(attributes: &Attributes, sink: &mut Sink) -> bool {
    flag(attributes, &Name::Instantiate, sink);
    flag(attributes, &Name::Delete, sink) == Some(true)
}

pub(super) fn flag(attributes: &Attributes, name: &Name, sink: &mut Sink) -> Option<bool> {
    let raw = &attributes.get(name)?.value;
    let value = scalars::boolean(raw);
    if value.is_none() {
        sink.push(wrong_kind(name, "true or false", raw));
    }
    value
}
