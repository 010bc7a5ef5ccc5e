//! Whether two texts mean the same: the same nodes, values, includes and comments.

use super::scan;
use crate::{
    diagnostic::Sink,
    source::{Input, SourceMap},
    syntax::{self, Name, Raw, RawValue},
};

pub(super) fn same(
    input: &Input,
    old: &str,
    new: &str,
    before: Option<&Raw>,
    comments: &[String],
) -> bool {
    if old == new {
        return true;
    }
    let mut sources = SourceMap::default();
    let mut sink = Sink::default();
    let source = sources.add(input.clone(), new.into());
    let after = syntax::parse_raw(source, input, new, &mut sink);
    if sink.has_error() {
        return false;
    }
    let values = match (before, &after) {
        (Some(before), Some(after)) => same_root(before, after),
        (before, after) => before.is_none() == after.is_none(),
    };
    values
        && scan::scan(new).is_some_and(|scan| scan.comments == comments)
        && includes(input, old) == includes(input, new)
}

/// Files with their prefixes, in order.
fn includes(input: &Input, text: &str) -> Vec<(String, Option<String>)> {
    let mut sources = SourceMap::default();
    let source = sources.add(input.clone(), text.into());
    let document = syntax::parse_document(source, input, text, &mut Sink::default());
    let owned = |include: syntax::Include| {
        (include.file.to_string(), include.prefix.map(|prefix| prefix.to_string()))
    };
    document.includes.into_iter().map(owned).collect()
}

/// Nodes in order, their attributes in any; those that the language does not know in order
/// too, since exports keep it.
fn same_root(a: &Raw, b: &Raw) -> bool {
    let (RawValue::Map(a), RawValue::Map(b)) = (&a.value, &b.value) else { return same_raw(a, b) };
    a.len() == b.len()
        && a.iter().zip(b.iter()).all(|((key, node), (other_key, other))| {
            same_raw(key, other_key)
                && match (&node.value, &other.value) {
                    (RawValue::Map(node), RawValue::Map(other)) => {
                        same_pairs(&sorted(node), &sorted(other))
                    }
                    _ => same_raw(node, other),
                }
        })
}

fn sorted(pairs: &[(Raw, Raw)]) -> Vec<&(Raw, Raw)> {
    let mut pairs: Vec<&(Raw, Raw)> = pairs.iter().collect();
    pairs.sort_by_key(|(key, _)| {
        let name = key.key_text().unwrap_or_default();
        match Name::new(&name) {
            Name::Extra(_) => None,
            _ => Some(name),
        }
    });
    pairs
}

fn same_pairs(a: &[&(Raw, Raw)], b: &[&(Raw, Raw)]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_raw(&a.0, &b.0) && same_raw(&a.1, &b.1))
}

fn same_raw(a: &Raw, b: &Raw) -> bool {
    match (&a.value, &b.value) {
        (RawValue::Null, RawValue::Null) => true,
        (RawValue::Bool(a), RawValue::Bool(b)) => a == b,
        (RawValue::Int(a), RawValue::Int(b)) => a == b,
        (RawValue::Float(a), RawValue::Float(b)) => a.to_bits() == b.to_bits(),
        (RawValue::String(a), RawValue::String(b))
        | (RawValue::Timestamp(a), RawValue::Timestamp(b)) => a == b,
        (RawValue::List(a), RawValue::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same_raw(a, b))
        }
        (RawValue::Map(a), RawValue::Map(b)) => {
            same_pairs(&a.iter().collect::<Vec<_>>(), &b.iter().collect::<Vec<_>>())
        }
        _ => false,
    }
}
