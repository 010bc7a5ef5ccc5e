//! YAML as the reference tool writes it: one flat map from path to attributes, in the order
//! of the tree.

mod emitter;
mod resolver;
mod style;

use std::borrow::Cow;

pub(super) use emitter::{Emitter, Layout, Value};

use super::fields::{self, Field};
use crate::model::{Catalog, Node};

/// The key that holds the struct types.
const TYPES: &str = "ComplexDataTypes";

/// Nothing is folded that a person would want on one line.
const LAYOUT: Layout = Layout { width: 1024, ascii: false, is_spaced: true };

/// Which of the attributes that the language does not know are exported.
#[derive(Clone, Copy, Debug)]
pub enum Extras<'a> {
    Named(&'a [String]),
    All,
}

/// The whole model, ending in a line end.
pub fn to_string(catalog: &Catalog, extras: Extras<'_>) -> String {
    let mut emitter = Emitter::new(LAYOUT);
    for node in catalog.root.descend() {
        emitter.entry(&node.path, &attributes(node, extras));
    }
    if !catalog.types.is_empty() {
        let nodes = catalog.types.iter().flat_map(Node::descend);
        let types = nodes.map(|node| (node.path.as_str(), attributes(node, extras)));
        emitter.entry(TYPES, &Value::Map(types.collect()));
    }
    emitter.finish()
}

/// Struct types alone, as a types file.
pub fn types_to_string(types: &[Node], extras: Extras<'_>) -> String {
    let mut emitter = Emitter::new(LAYOUT);
    for node in types.iter().flat_map(Node::descend) {
        emitter.entry(&node.path, &attributes(node, extras));
    }
    emitter.finish()
}

fn attributes<'a>(node: &'a Node, extras: Extras<'_>) -> Value<'a> {
    let known = fields::known(node).into_iter().map(|(key, field)| (key, value(field)));
    let extra = node.extra.iter().map(|(key, literal)| (key.as_str(), fields::finite(literal)));
    let extra = extra.filter(|(key, literal)| match extras {
        // Who asks for an attribute by name gets it, set or not.
        Extras::Named(names) => names.iter().any(|name| name == key),
        Extras::All => fields::is_set(literal),
    });
    Value::Map(known.chain(extra.map(|(key, literal)| (key, Value::Literal(literal)))).collect())
}

pub(super) fn value(field: Field<'_>) -> Value<'_> {
    match field {
        Field::Text(text) => Value::Text(Cow::Borrowed(text)),
        Field::Texts(texts) => {
            Value::List(texts.iter().map(|text| Value::Text(Cow::Borrowed(text))).collect())
        }
        Field::Literal(literal) => Value::Literal(literal),
        Field::Literals(items) => {
            Value::List(items.iter().map(|item| Value::Literal(Cow::Borrowed(item))).collect())
        }
        Field::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, literal)| (key.as_str(), Value::Literal(Cow::Borrowed(literal))))
                .collect(),
        ),
        Field::Datatype(datatype) => Value::Text(Cow::Owned(datatype.to_string())),
    }
}
