//! `default`.

use std::collections::HashSet;

use super::{bounds, datatype, elsewhere::held_against};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{Element, Leaf, Literal, Sameness},
    syntax::{Attributes, Name, Raw, RawValue},
};

pub(super) fn read(attributes: &Attributes, leaf: &Leaf, sink: &mut Sink) -> Option<Literal> {
    let raw = attributes.value(&Name::Default)?;
    // Whether it has the properties of its struct is seen once all structs are read.
    if let Element::Struct(_) = &leaf.datatype.element {
        return Some(raw.literal());
    }
    let listed = Listed::of(leaf);
    match (&raw.value, leaf.datatype.is_array) {
        (RawValue::List(items), true) => {
            if let Some(report) = wrong_length(items.len(), leaf, raw) {
                sink.push(held_against(report, attributes, &[Name::Arraysize]));
            }
            let read = items.iter().map(|item| element(item, leaf, &listed, attributes, sink));
            let read: Vec<_> = read.collect();
            read.into_iter().collect::<Option<Vec<_>>>().map(Literal::List)
        }
        (RawValue::List(_), false) => {
            let message = format!("the default of '{}' is one value, not a list", leaf.datatype);
            let report = Report::new(Code::BadDefault, message).at(raw.span);
            sink.push(held_against(report, attributes, &[Name::Datatype]));
            None
        }
        (_, true) => {
            let message =
                format!("the default of '{}' is a list, not {}", leaf.datatype, raw.kind());
            let help = format!("write '[{}]'", raw.literal());
            let report = Report::new(Code::BadDefault, message).at(raw.span).help(help);
            sink.push(held_against(report, attributes, &[Name::Datatype]));
            None
        }
        (_, false) => element(raw, leaf, &listed, attributes, sink),
    }
}

/// The report of a default that has not the length of its array.
pub(super) fn wrong_length(length: usize, leaf: &Leaf, raw: &Raw) -> Option<Report> {
    // A size of nought says nothing.
    let size = leaf.arraysize.filter(|size| *size > 0 && *size != length as u64)?;
    let elements = if length == 1 { "element" } else { "elements" };
    let message = format!("the default has {length} {elements}, and 'arraysize' is {size}");
    Some(Report::new(Code::BadDefault, message).at(raw.span))
}

fn element(
    raw: &Raw,
    leaf: &Leaf,
    listed: &Listed<'_>,
    attributes: &Attributes,
    sink: &mut Sink,
) -> Option<Literal> {
    let value = match datatype::element(raw, &leaf.datatype.element) {
        Ok(value) => value,
        Err(reason) => {
            let message = format!("bad default: {reason}");
            let element = &leaf.datatype.element;
            let report = datatype::wrong_value(Code::BadDefault, message, raw, element);
            sink.push(held_against(report, attributes, &[Name::Datatype]));
            return None;
        }
    };
    if let Some((bound, reason)) = bounds::excludes(leaf, &value) {
        let message = format!("the default {value} is {reason}");
        let report = Report::new(Code::BadDefault, message).at(raw.span);
        sink.push(held_against(report, attributes, &[bound]));
    } else if !listed.has(&value) {
        let message = format!("the default '{value}' is not among the allowed values");
        // The language has always let these pass, where they are the whole default.
        let is_let_pass = is_empty(&value) && !leaf.datatype.is_array;
        let code = if is_let_pass { Code::OddDefault } else { Code::BadDefault };
        let words = leaf.allowed.iter().filter_map(Literal::as_str);
        let near = raw.as_str().and_then(|text| sink.nearest(text, words));
        let report = Report::new(code, message).at(raw.span).did_you_mean(near);
        sink.push(held_against(report, attributes, &[Name::Allowed, Name::Enum]));
    }
    Some(value)
}

/// What a signal may be, for as many questions as an array has elements.
pub(super) struct Listed<'l> {
    allowed: HashSet<Sameness<'l>>,
    named: HashSet<Sameness<'l>>,
}

impl<'l> Listed<'l> {
    pub(super) fn of(leaf: &'l Leaf) -> Listed<'l> {
        Listed {
            allowed: leaf.allowed.iter().map(Literal::sameness).collect(),
            named: leaf.enumeration.values().map(Literal::sameness).collect(),
        }
    }

    pub(super) fn has(&self, value: &Literal) -> bool {
        let mut lists = [&self.allowed, &self.named].into_iter().filter(|list| !list.is_empty());
        lists.all(|list| list.contains(&value.sameness()))
    }
}

fn is_empty(value: &Literal) -> bool {
    match value {
        Literal::Bool(value) => !value,
        Literal::String(text) => text.is_empty(),
        number => number.as_f64() == Some(0.0),
    }
}
