//! Names that differ in case alone: people and some exports cannot tell them apart.
//!
//! Looked for before instances multiply the tree, so that each pair is found once.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{
    diagnostic::{Code, Report, Sink},
    resolve::tree::{NodeId, Tree},
};

pub(in crate::resolve) fn check(tree: &Tree, sink: &mut Sink) {
    // One map for all branches: most have few children.
    let mut seen: HashMap<u64, NodeId> = HashMap::new();
    let mut open = vec![tree.root];
    while let Some(id) = open.pop() {
        let children = &tree.node(id).children;
        seen.clear();
        for child in children {
            let name = &tree.node(*child).name;
            let other = seen.insert(folded_hash(name), *child);
            if let Some(other) = other
                && tree.node(other).name.to_lowercase() == name.to_lowercase()
            {
                sink.push(report(tree, other, *child));
            }
        }
        open.extend(children.iter().rev());
    }
}

fn report(tree: &Tree, first: NodeId, second: NodeId) -> Report {
    let (first, second) = (tree.node(first), tree.node(second));
    let message = format!("'{}' and '{}' differ in case alone", second.name, first.name);
    Report::new(Code::NamesDifferInCase, message)
        .at(second.span)
        .label(first.span, format!("'{}' is defined here", first.name))
        .help("if they are one node, write both alike")
}

/// Equal for names that are equal but for case. A hash, since it is wanted for every name
/// and a copy of each in lower case would cost more than all else here.
fn folded_hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.chars().flat_map(char::to_lowercase).for_each(|c| c.hash(&mut hasher));
    hasher.finish()
}
