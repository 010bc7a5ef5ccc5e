//! `pattern`: a regular expression in the dialect of Python, anchored at its start.

use regex::Regex;

use super::common;
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{DataType, Element, Leaf},
    syntax::{Attributes, Name, Raw, RawValue},
};

pub(super) fn read(
    attributes: &Attributes,
    datatype: &DataType,
    sink: &mut Sink,
) -> Option<String> {
    let raw = attributes.value(&Name::Pattern)?;
    let text = common::text(attributes, &Name::Pattern, sink)?;
    // An empty one says nothing, and so goes with everything.
    if datatype.element != Element::String && !text.is_empty() {
        let message = format!("'pattern' goes with strings, and '{datatype}' is none");
        sink.push(Report::new(Code::Conflict, message).at(raw.span));
        return None;
    }
    Some(text)
}

/// The default and the allowed values must match.
pub(super) fn check_values(attributes: &Attributes, leaf: &Leaf, sink: &mut Sink) {
    let (Some(pattern), Some(raw)) = (&leaf.pattern, attributes.value(&Name::Pattern)) else {
        return;
    };
    let regex = match Regex::new(&format!("^(?:{pattern})")) {
        Ok(regex) => regex,
        Err(error) => {
            sink.push(unchecked(&error, raw));
            return;
        }
    };
    for name in [Name::Default, Name::Allowed] {
        for value in attributes.value(&name).map(elements).unwrap_or_default() {
            // An empty default says that there is none.
            let is_open = name == Name::Default && !leaf.datatype.is_array;
            let is_right = |text: &str| (is_open && text.is_empty()) || regex.is_match(text);
            if value.as_str().is_some_and(|text| !is_right(text)) {
                let message = format!(
                    "the {} value '{}' does not match the pattern",
                    name.text(),
                    value.literal()
                );
                sink.push(
                    Report::new(Code::PatternMismatch, message)
                        .at(value.span)
                        .label(raw.span, "the pattern, from the start of the text"),
                );
            }
        }
    }
}

fn elements(raw: &Raw) -> &[Raw] {
    match &raw.value {
        RawValue::List(items) => items,
        _ => std::slice::from_ref(raw),
    }
}

/// Python knows a few constructs that no engine of guaranteed speed can have.
fn unchecked(error: &regex::Error, raw: &Raw) -> Report {
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    Report::new(Code::UncheckedPattern, format!("the pattern cannot be checked: {reason}"))
        .at(raw.span)
}
