//! `type`, and which attributes go with it.

use std::{collections::HashSet, rc::Rc};

use indexmap::{IndexMap, IndexSet};

use super::{
    super::release::{OldWay, Rules},
    Subject,
};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{Role, nearest},
    source::Span,
    syntax::{Attributes, Name},
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
            Name::Fqn => false,
            Name::Instances | Name::InstancesRelation | Name::Aggregate | Name::IsInstance => {
                self == NodeKind::Branch
            }
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
    let text = attributes.type_name()?;
    TYPES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind)
}

/// The name of a type that was written in capitals.
pub(in crate::resolve) fn kind_name(text: &str) -> Option<&'static str> {
    TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(name, _)| *name)
}

/// The type; says what is wrong where there is none.
pub(super) fn read(
    subject: Subject<'_>,
    attributes: &Attributes,
    rules: &Rules,
    sink: &mut Sink,
) -> Option<NodeKind> {
    let names = || TYPES.iter().map(|(name, _)| *name);
    let Some(attribute) = attributes.get(&Name::Type) else {
        let report = missing(subject, attributes, sink);
        sink.push(report);
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
        let report = match nearest(text, names()) {
            Some(near) => report.did_you_mean(Some(near)),
            None => report.help(one_of(names())),
        };
        sink.push(match kind_name(text) {
            Some(_) => rules.judge(OldWay::CapitalType, report),
            None => report,
        });
    }
    found
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("it is one of {}", names.collect::<Vec<_>>().join(", "))
}

fn missing(subject: Subject<'_>, attributes: &Attributes, sink: &mut Sink) -> Report {
    let report = Report::new(Code::MissingType, format!("'{}' has no 'type'", subject.name));
    let report = report.at(subject.span);
    let report = match subject.of_one_instance() {
        Some(declaration) => report.label(declaration, "only one of these instances has it"),
        None => report,
    };
    if attributes.get(&Name::Datatype).is_some() {
        return report.help("add 'type: sensor', 'type: actuator' or 'type: attribute'");
    }
    // An overlay that misses its node looks like a new node that lacks everything.
    match sink.nearest(subject.name, subject.siblings()) {
        Some(near) => report.did_you_mean(Some(near)),
        None => {
            report.help("add 'type: branch', or the type of the signal that this should change")
        }
    }
}

/// Reports attributes that the type does not have.
pub(super) fn check_names(attributes: &Attributes, sink: &mut Sink) {
    let Some(kind) = of(attributes) else { return };
    for attribute in attributes.iter().filter(|attribute| !kind.has(&attribute.name)) {
        let name = kind.name();
        let article = if name.starts_with('a') { "an" } else { "a" };
        let message = format!("{article} {name} takes no '{}'", attribute.name.text());
        let report = Report::new(Code::NotAllowedHere, message).at(attribute.key);
        sink.push(match owner(&attribute.name) {
            Some(owner) => report.help(format!("it goes with {owner}")),
            None => report,
        });
    }
}

/// Whose attribute it is.
fn owner(name: &Name) -> Option<&'static str> {
    if NodeKind::Branch.has(name) {
        Some("a branch")
    } else if NodeKind::Leaf(Role::Property).has(name) {
        Some("a signal or a property")
    } else {
        None
    }
}

/// The attributes that neither the language nor the author knows.
pub(in super::super) fn unknown<'a>(
    attributes: &'a Attributes,
    extended: &HashSet<&str>,
) -> impl Iterator<Item = (&'a Rc<str>, Span)> {
    attributes.iter().filter_map(|attribute| match &attribute.name {
        Name::Extra(name) if !extended.contains(&**name) => Some((name, attribute.key)),
        _ => None,
    })
}

/// Unknown attributes. One that looks like a slip is reported wherever it is; a foreign
/// one is on every other node of its model, so it is reported once with its number.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    /// By name, in the order of first appearance.
    places: IndexMap<Rc<str>, IndexSet<Span>>,
}

impl Strangers {
    pub(super) fn add(&mut self, name: &Rc<str>, key: Span, sink: &mut Sink) {
        if !self.places.contains_key(name)
            && let Some(near) = nearest(name, Name::known())
        {
            let report = Report::new(Code::UnknownAttribute, format!("unknown attribute '{name}'"));
            sink.push(report.at(key).did_you_mean(Some(near)));
            return;
        }
        self.places.entry(name.clone()).or_default().insert(key);
    }

    pub(super) fn report(self, sink: &mut Sink) {
        for (name, places) in self.places {
            let Some(first) = places.first() else { continue };
            let others = match places.len() {
                1 => String::new(),
                2 => ", here and in one other place".to_owned(),
                many => format!(", here and in {} other places", many - 1),
            };
            let message = format!("unknown attribute '{name}'{others}");
            sink.push(
                Report::new(Code::UnknownAttribute, message)
                    .at(*first)
                    .help(format!("if it is meant, name it: --extended-attributes {name}")),
            );
        }
    }
}

pub(super) fn check_relation(attributes: &Attributes, sink: &mut Sink) {
    if let Some(attribute) = attributes.get(&Name::InstancesRelation)
        && !matches!(attribute.value.as_str(), Some("child" | "sibling"))
    {
        let found = attribute.value.literal();
        let message = format!("'instances_relation' is 'child' or 'sibling', not '{found}'");
        sink.push(Report::new(Code::BadInstances, message).at(attribute.value.span));
    }
}
