//! Every node by its full name, as files are laid over each other.

use std::{collections::HashMap, rc::Rc};

use indexmap::{IndexMap, map::Entry};

use crate::{
    source::Span,
    syntax::{Attribute, Attributes, Raw, RawValue, merge_pairs},
};

#[derive(Debug)]
pub(super) struct FlatNode {
    /// Where the node was first named.
    pub(super) span: Span,
    /// Shared with every other place that includes the same file.
    pub(super) attributes: Rc<Attributes>,
}

/// In the order of first appearance.
#[derive(Debug, Default)]
pub(super) struct Flat {
    pub(super) nodes: IndexMap<Rc<str>, FlatNode>,
}

impl Flat {
    /// Adds a node, or lays its attributes over those that it has.
    ///
    /// `changed` hears of each value of another file that is replaced by a different one.
    pub(super) fn lay(
        &mut self,
        key: Rc<str>,
        span: Span,
        attributes: &Rc<Attributes>,
        mut changed: impl FnMut(&str, &Attribute, &Attribute),
    ) {
        match self.nodes.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(FlatNode { span, attributes: attributes.clone() });
            }
            Entry::Occupied(mut entry) => {
                let base = Rc::make_mut(&mut entry.get_mut().attributes);
                let mut changes = Vec::new();
                for attribute in attributes.iter() {
                    changes.extend(lay_attribute(base, attribute).map(|old| (old, attribute)));
                }
                let key = entry.key();
                changes.iter().for_each(|(old, new)| changed(key, old, new));
            }
        }
    }
}

/// Maps are merged key by key; everything else replaces, null too. Returns the attribute of
/// another file that had a different value.
pub(super) fn lay_attribute(base: &mut Attributes, attribute: &Attribute) -> Option<Attribute> {
    let Some(old) = base.get(&attribute.name) else {
        base.set(attribute.clone());
        return None;
    };
    let old = old.clone();
    let value = lay_value(&old.value, &attribute.value);
    base.set(Attribute { name: attribute.name.clone(), key: attribute.key, value });
    let is_change = old.value.span.source != attribute.value.span.source
        && old.value.literal() != attribute.value.literal();
    is_change.then_some(old)
}

fn lay_value(base: &Raw, over: &Raw) -> Raw {
    let (RawValue::Map(old), RawValue::Map(new)) = (&base.value, &over.value) else {
        return over.clone();
    };
    let known: HashMap<_, _> = old.iter().map(|(key, value)| (key.key_text(), value)).collect();
    let lay_pair = |(key, value): &(Raw, Raw)| {
        let old = known.get(&key.key_text());
        let value = old.map_or_else(|| value.clone(), |old| lay_value(old, value));
        (key.clone(), value)
    };
    let pairs = new.iter().map(lay_pair).collect();
    let merged = merge_pairs(old.to_vec(), pairs, |_, _| {});
    Raw { span: over.span, value: RawValue::Map(merged.into()) }
}
