//! Static ids as YAML, byte for byte as the reference tool writes them: a flat map with
//! what each id is made of. The file is itself a model, against which a later one can be
//! compared.

mod changes;

use std::borrow::Cow;

pub use changes::{Change, NoId, compare};

use super::{
    fields::{self, Field},
    static_id::StaticId,
    yaml::{Emitter, Layout, Value, value},
};
use crate::model::{Literal, Node};

/// The attribute that holds the id.
pub const ATTRIBUTE: &str = "staticUID";

const LAYOUT: Layout = Layout { width: 80, ascii: true, is_spaced: false };

/// Those that the format has beside the id and the description.
const ATTRIBUTES: [&str; 8] =
    ["type", "unit", "datatype", "allowed", "min", "max", "fka", "deprecation"];

/// All nodes, ending in a line end.
pub fn to_string(ids: &[(&Node, StaticId)]) -> String {
    let mut ids: Vec<_> = ids.iter().collect();
    ids.sort_by_key(|(node, _)| &node.path);
    let mut emitter = Emitter::new(LAYOUT);
    for (node, id) in ids {
        emitter.entry(&node.path, &attributes(node, *id));
    }
    emitter.finish()
}

fn attributes(node: &Node, id: StaticId) -> Value<'_> {
    // An id that is fixed keeps the spelling of its author.
    let id = node.const_uid.as_deref().map_or_else(|| Cow::Owned(id.to_string()), Cow::Borrowed);
    let description = match &node.description {
        Some(text) => Value::Text(Cow::Borrowed(text)),
        None => Value::Literal(Cow::Owned(Literal::Null)),
    };
    let mut entries = vec![(ATTRIBUTE, Value::Text(id)), ("description", description)];
    let is_exported = |(name, field): &(&str, Field<'_>)| {
        ATTRIBUTES.contains(name) && !matches!(field, Field::Text(""))
    };
    let known = fields::known(node).into_iter().filter(is_exported);
    entries.extend(known.map(|(name, field)| (name, value(field))));
    entries.sort_by_key(|(name, _)| *name);
    Value::Map(entries)
}
