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
    pub(super) fn lay(&mut self, key: Rc<str>, span: Span, attributes: &Rc<Attributes>) {
        match self.nodes.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(FlatNode { span, attributes: attributes.clone() });
            }
            Entry::Occupied(entry) => lay_over(&mut entry.into_mut().attributes, attributes),
        }
    }
}

/// Maps are merged key by key; everything else replaces, null too.
pub(super) fn lay_over(base: &mut Rc<Attributes>, over: &Attributes) {
    let base = Rc::make_mut(base);
    for attribute in over.iter() {
        lay_attribute(base, attribute);
    }
}

pub(super) fn lay_attribute(base: &mut Attributes, attribute: &Attribute) {
    let value = match base.get(&attribute.name) {
        Some(old) => lay_value(&old.value, &attribute.value),
        None => attribute.value.clone(),
    };
    base.set(Attribute { name: attribute.name.clone(), key: attribute.key, value });
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
