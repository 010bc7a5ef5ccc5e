//! Finding signals by what they are called and what is said of them.
//!
//! In: a catalog and a [`Query`]. Out: the nodes that match, best first.
//!
//! All terms must match. A hit in the name counts more than one in the path, that more
//! than the unit, the description and the comment, in this order; whole words count more
//! than parts (`IsChildLockActive` has the words is, child, lock and active). Of equal
//! hits the shorter path goes first, then the order of the model. A word that nothing holds
//! is taken for a slip of the nearest one that something does.
//! Must not know: the command line, terminals.

mod query;
mod score;

use std::{cmp::Reverse, collections::BTreeSet};

pub use query::{GRAMMAR, Query, QueryError};
use score::Folded;

use crate::model::{Catalog, Node, nearest};

#[derive(Debug)]
pub struct Found<'a> {
    /// Best first.
    pub hits: Vec<&'a Node>,
    /// Words that were taken for slips, with what they were taken for.
    pub corrected: Vec<(String, String)>,
}

pub fn search<'a>(catalog: &'a Catalog, query: &Query) -> Found<'a> {
    let roots = std::iter::once(&catalog.root).chain(&catalog.types);
    let nodes: Vec<(&Node, Folded)> = roots
        .flat_map(Node::descend)
        .map(|node| (node, Folded::new(node, &catalog.units)))
        .collect();
    let hits = matching(&nodes, query);
    if !hits.is_empty() {
        return Found { hits, corrected: Vec::new() };
    }
    let (query, corrected) = corrected(&nodes, query);
    let hits = if corrected.is_empty() { Vec::new() } else { matching(&nodes, &query) };
    Found { hits, corrected }
}

fn matching<'a>(nodes: &[(&'a Node, Folded)], query: &Query) -> Vec<&'a Node> {
    let scored = nodes.iter().filter_map(|(node, folded)| Some((folded.score(query)?, *node)));
    let mut scored: Vec<(u32, &Node)> = scored.collect();
    scored.sort_by_key(|(score, node)| (Reverse(*score), node.path.matches('.').count()));
    scored.into_iter().map(|(_, node)| node).collect()
}

/// The query with the nearest known word for each that no node holds.
fn corrected(nodes: &[(&Node, Folded)], query: &Query) -> (Query, Vec<(String, String)>) {
    let known: BTreeSet<&str> = nodes.iter().flat_map(|(_, folded)| folded.words()).collect();
    let mut query = query.clone();
    let mut corrected = Vec::new();
    for word in query.words_mut() {
        if nodes.iter().any(|(_, folded)| folded.holds(word)) {
            continue;
        }
        if let Some(near) = nearest(word, known.iter().copied()) {
            corrected.push((std::mem::replace(word, near.to_owned()), near.to_owned()));
        }
    }
    (query, corrected)
}

#[cfg(test)]
mod tests;
