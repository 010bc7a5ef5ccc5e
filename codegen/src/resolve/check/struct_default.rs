//! A default of a struct type: a map with a value for each property.
//!
//! Checked when all structs are read, since a struct may be used before it is defined.

use std::{collections::HashMap, rc::Rc};

use super::{
    CheckedTree, bounds, datatype,
    default::{self, Listed},
    structs::Structs,
};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{Element, Leaf},
    syntax::{Attributes, Name, Raw, RawValue},
};

/// What is known of the properties.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) structs: &'a Structs,
    pub(super) trees: &'a [&'a CheckedTree],
}

impl Known<'_> {
    pub(super) fn check(&self, attributes: &Rc<Attributes>, sink: &mut Sink) {
        if let (Some(leaf), Some(raw)) = (self.leaf(attributes), attributes.value(&Name::Default)) {
            self.value(raw, leaf, "default", sink);
        }
    }

    /// `None` where an error was reported.
    fn leaf(&self, attributes: &Rc<Attributes>) -> Option<&Leaf> {
        let mut found = self.trees.iter().filter_map(|tree| tree.get(attributes));
        found.next()?.leaf()
    }

    /// `what` is the default itself, or the property whose value this is.
    fn value(&self, raw: &Raw, leaf: &Leaf, what: &str, sink: &mut Sink) {
        let listed = Listed::of(leaf);
        match (&raw.value, leaf.datatype.is_array) {
            (RawValue::List(items), true) => {
                if let Some(report) = default::wrong_length(items.len(), leaf, raw) {
                    sink.push(report);
                }
                items.iter().for_each(|item| self.element(item, leaf, &listed, what, sink));
            }
            (_, true) => {
                let message = format!("bad {what}: '{}' takes a list", leaf.datatype);
                sink.push(Report::new(Code::BadDefault, message).at(raw.span));
            }
            (_, false) => self.element(raw, leaf, &listed, what, sink),
        }
    }

    /// Recursion is as deep as the value nests, which reading limits.
    fn element(&self, raw: &Raw, leaf: &Leaf, listed: &Listed<'_>, what: &str, sink: &mut Sink) {
        let element = &leaf.datatype.element;
        if let Element::Struct(name) = element {
            self.members(raw, name, what, sink);
            return;
        }
        match datatype::element(raw, element) {
            Err(reason) => {
                let message = format!("bad {what}: {reason}");
                sink.push(datatype::wrong_value(Code::BadDefault, message, raw, element));
            }
            Ok(value) => {
                let reason =
                    bounds::excludes(leaf, &value).map(|(_, reason)| reason).or_else(|| {
                        let message = || "not among the allowed values".to_owned();
                        (!listed.has(&value)).then(message)
                    });
                // The language has always let these pass.
                if let Some(reason) = reason {
                    let message = format!("odd {what}: {value} is {reason}");
                    sink.push(Report::new(Code::OddDefault, message).at(raw.span));
                }
            }
        }
    }

    fn members(&self, raw: &Raw, name: &str, what: &str, sink: &mut Sink) {
        let Some(found) = self.structs.get(name) else { return };
        let RawValue::Map(pairs) = &raw.value else {
            let given = datatype::described(raw);
            let message =
                format!("bad {what}: '{name}' takes a map of its properties, not {given}");
            sink.push(Report::new(Code::BadDefault, message).at(raw.span));
            return;
        };
        let mut given: HashMap<Rc<str>, (&Raw, &Raw)> =
            pairs.iter().filter_map(|(key, value)| Some((key.key_text()?, (key, value)))).collect();
        let mut missing = Vec::new();
        for property in &found.properties {
            let Some((_, value)) = given.remove(&property.name) else {
                missing.push(format!("'{}'", property.name));
                continue;
            };
            if let Some(leaf) = self.leaf(&property.attributes) {
                self.value(value, leaf, &format!("value of '{}'", property.name), sink);
            }
        }
        if !missing.is_empty() {
            let (word, missing) = match &*missing {
                [one] => ("property", one.clone()),
                many => ("properties", many.join(", ")),
            };
            let message = format!("a value of '{name}' lacks its {word} {missing}");
            let report = Report::new(Code::MissingProperty, message).at(raw.span);
            sink.push(report.label(found.span, "the struct"));
        }
        let mut strangers: Vec<_> = given.into_iter().collect();
        strangers.sort_by_key(|(_, (key, _))| key.span.start);
        for (stranger, (key, _)) in strangers {
            let near = sink.nearest(&stranger, found.properties.iter().map(|p| &*p.name));
            let message = format!("'{name}' has no property '{stranger}'");
            sink.push(Report::new(Code::UnknownProperty, message).at(key.span).did_you_mean(near));
        }
    }
}
