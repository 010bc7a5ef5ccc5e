//! `type`, and which attributes go with it.

use std::collections::HashSet;

use super::Subject;
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{Role, nearest},
    syntax::{Attribute, Attributes, Name},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeKind {
    Branch,
    Struct,
    Leaf(Role),
}

const TYPES: [(&str, NodeKind); 6] = [
    ("branch", NodeKind::Branch),
    ("sensor", NodeKind::Leaf(Role::Sensor)),
    ("actuator", NodeKind::Leaf(Role::Actuator)),
    ("attribute", NodeKind::Leaf(Role::Attribute)),
    ("struct", NodeKind::Struct),
    ("property", NodeKind::Leaf(Role::Property)),
];

impl NodeKind {
    fn name(self) -> &'static str {
        TYPES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    fn has(self, name: &Name) -> bool {
        match name {
            Name::Type
            | Name::Description
            | Name::Comment
            | Name::Deprecation
            | Name::Fka
            | Name::ConstUid
            | Name::Instantiate
            | Name::Delete
            | Name::Includes
            | Name::Extra(_) => true,
            Name::Instances | Name::InstancesRelation | Name::Aggregate => self == NodeKind::Branch,
            Name::Datatype
            | Name::Arraysize
            | Name::Min
            | Name::Max
            | Name::Allowed
            | Name::Enum
            | Name::Pattern
            | Name::Unit
            | Name::Default => matches!(self, NodeKind::Leaf(_)),
        }
    }
}

/// The type, where there is a known one.
pub(super) fn of(attributes: &Attributes) -> Option<NodeKind> {
    let text = attributes.value(&Name::Type)?.as_str()?;
    TYPES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind)
}

/// The type; says what is wrong where there is none.
pub(super) fn read(
    subject: Subject<'_>,
    attributes: &Attributes,
    sink: &mut Sink,
) -> Option<NodeKind> {
    let names = || TYPES.iter().map(|(name, _)| *name);
    let Some(attribute) = attributes.get(&Name::Type) else {
        sink.push(missing(subject, attributes));
        return None;
    };
    let value = &attribute.value;
    let Some(text) = value.as_str() else {
        let message = format!("'type' is a word, not {}", value.kind());
        sink.push(Report::new(Code::UnknownType, message).at(value.span).help(one_of(names())));
        return None;
    };
    let found = of(attributes);
    if found.is_none() {
        let report =
            Report::new(Code::UnknownType, format!("unknown type '{text}'")).at(value.span);
        sink.push(match nearest(text, names()) {
            Some(near) => report.did_you_mean(Some(near)),
            None => report.help(one_of(names())),
        });
    }
    found
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("it is one of {}", names.collect::<Vec<_>>().join(", "))
}

fn missing(subject: Subject<'_>, attributes: &Attributes) -> Report {
    let report = Report::new(Code::MissingType, format!("'{}' has no 'type'", subject.name));
    let report = report.at(subject.span);
    if attributes.get(&Name::Datatype).is_some() {
        return report.help("add 'type: sensor', 'type: actuator' or 'type: attribute'");
    }
    // An overlay that misses its node looks like a new node that lacks everything.
    match nearest(subject.name, subject.siblings()) {
        Some(near) => report.did_you_mean(Some(near)),
        None => {
            report.help("add 'type: branch', or the type of the signal that this should change")
        }
    }
}

/// Reports attributes that the type does not have, and unknown ones.
pub(super) fn check_names(
    kind: Option<NodeKind>,
    attributes: &Attributes,
    extended: &HashSet<&str>,
    sink: &mut Sink,
) {
    for attribute in attributes.iter() {
        match &attribute.name {
            Name::Extra(name) if !extended.contains(&**name) => {
                sink.push(unknown(attribute, name));
            }
            name => {
                if let Some(kind) = kind
                    && !kind.has(name)
                {
                    let message = format!("a {} has no '{}'", kind.name(), name.text());
                    sink.push(Report::new(Code::NotAllowedHere, message).at(attribute.key));
                }
            }
        }
    }
}

fn unknown(attribute: &Attribute, name: &str) -> Report {
    let report = Report::new(Code::UnknownAttribute, format!("unknown attribute '{name}'"));
    let report = report.at(attribute.key);
    match nearest(name, Name::known()) {
        Some(near) => report.did_you_mean(Some(near)),
        None => report.help(format!("if it is meant, name it: --extended-attributes {name}")),
    }
}

pub(super) fn check_relation(attributes: &Attributes, sink: &mut Sink) {
    if let Some(attribute) = attributes.get(&Name::InstancesRelation)
        && !matches!(attribute.value.as_str(), Some("child" | "sibling"))
    {
        sink.push(
            Report::new(Code::BadInstances, "'instances_relation' is 'child' or 'sibling'")
                .at(attribute.value.span),
        );
    }
}
