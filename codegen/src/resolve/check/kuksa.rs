//! What a Kuksa broker can hold, which is less than the language has. Bounds, allowed values
//! and defaults need no look: the language's own rules are those of the broker.

use super::{Checked, CheckedKind};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{Element, Role, nearest},
    source::Span,
    syntax::{Attributes, Name},
};

/// The one attribute of a broker's own.
pub(in crate::resolve) const CHANGE_TYPE: &str = "x-kuksa-changetype";

const CHANGE_TYPES: [&str; 3] = ["static", "onchange", "continuous"];

/// Checks attributes that a node is left with.
pub(super) fn check(attributes: &Attributes, span: Span, checked: &Checked, sink: &mut Sink) {
    change_type(attributes, sink);
    let place = |name: &Name| attributes.get(name).map_or(span, |attribute| attribute.value.span);
    let leaf = match &checked.kind {
        None | Some(CheckedKind::Branch { .. }) => return,
        Some(CheckedKind::Struct) => {
            let message = "a Kuksa broker has no structs";
            sink.push(Report::new(Code::KuksaStruct, message).at(place(&Name::Type)));
            return;
        }
        Some(CheckedKind::Leaf(leaf)) => leaf,
    };
    match &leaf.datatype.element {
        // The struct that it belongs to says it.
        _ if leaf.role == Role::Property => return,
        Element::Struct(name) => {
            let message = format!("a Kuksa broker has no structs, and '{name}' is one");
            sink.push(Report::new(Code::KuksaStruct, message).at(place(&Name::Datatype)));
        }
        element @ (Element::Int | Element::Numeric) => {
            let instead = if *element == Element::Int { "int64" } else { "double" };
            let array = if leaf.datatype.is_array { "[]" } else { "" };
            let message = format!("a Kuksa broker does not know the datatype '{}'", leaf.datatype);
            sink.push(
                Report::new(Code::KuksaDatatype, message)
                    .at(place(&Name::Datatype))
                    .help(format!("'{instead}{array}' holds what it stands for")),
            );
        }
        _ => {}
    }
    for (name, is_set) in
        [(Name::Pattern, leaf.pattern.is_some()), (Name::Enum, !leaf.enumeration.is_empty())]
    {
        if let Some(attribute) = attributes.get(&name)
            && is_set
        {
            let message = format!("a Kuksa broker does not hold values to '{}'", name.text());
            sink.push(Report::new(Code::KuksaIgnores, message).at(attribute.key));
        }
    }
}

fn change_type(attributes: &Attributes, sink: &mut Sink) {
    let Some(attribute) = attributes.get(&Name::Extra(CHANGE_TYPE.into())) else { return };
    let raw = &attribute.value;
    let text = raw.as_str().unwrap_or_default();
    if CHANGE_TYPES.contains(&text) {
        return;
    }
    let message = format!("'{CHANGE_TYPE}' cannot be '{}'", raw.literal());
    let report = Report::new(Code::KuksaChangeType, message).at(raw.span);
    sink.push(match nearest(text, CHANGE_TYPES) {
        Some(near) => report.did_you_mean(Some(near)),
        None => report.help(format!("it is one of {}", CHANGE_TYPES.join(", "))),
    });
}
