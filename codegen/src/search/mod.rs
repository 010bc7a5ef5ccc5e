//! Finding signals by what they are called and what is said of them.
//!
//! In: a catalog and a [`Query`]. Out: the nodes that match, best first.
//!
//! All terms must match. A hit in the name counts more than one in the path, that more
//! than the unit, the description and the comment, in this order; whole words count more
//! than parts (`IsChildLockActive` has the words is, child, lock and active). Of equal
//! hits the shorter path goes first, then the order of the model. A word that nothing holds
//! is taken for a slip of the nearest one that something does. Where there is none, one that
//! nothing holds beside the others is a slip of the nearest in the path of what holds those.
//! Must not know: the command line, terminals.

mod query;
mod score;

use std::{cmp::Reverse, collections::BTreeSet};

use query::Term;
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

/// A query with other words, and what was taken for what.
type Corrected = (Query, Vec<(String, String)>);

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
    let corrected = corrected(&nodes, query).or_else(|| corrected_beside(&nodes, query));
    let Some((query, corrected)) = corrected else { return Found { hits, corrected: Vec::new() } };
    Found { hits: matching(&nodes, &query), corrected }
}

fn matching<'a>(nodes: &[(&'a Node, Folded)], query: &Query) -> Vec<&'a Node> {
    let scored = nodes.iter().filter_map(|(node, folded)| Some((folded.score(query)?, *node)));
    let mut scored: Vec<(u32, &Node)> = scored.collect();
    scored.sort_by_key(|(score, node)| (Reverse(*score), node.path.matches('.').count()));
    scored.into_iter().map(|(_, node)| node).collect()
}

/// The query with the nearest known word for each that no node holds.
fn corrected(nodes: &[(&Node, Folded)], query: &Query) -> Option<Corrected> {
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
    (!corrected.is_empty()).then_some((query, corrected))
}

/// The query with another word for one that is right by itself, and not beside the others:
/// `doors open` means the door, though some text speaks of doors.
fn corrected_beside(nodes: &[(&Node, Folded)], query: &Query) -> Option<Corrected> {
    (0..query.terms.len()).find_map(|at| {
        let mut others = query.clone();
        let Term::Word(word) = others.terms.remove(at) else { return None };
        let beside = nodes.iter().filter(|(_, folded)| folded.score(&others).is_some());
        let near = nearest(&word, beside.flat_map(|(_, folded)| folded.names()))?.to_owned();
        let mut query = query.clone();
        query.terms[at] = Term::Word(near.clone());
        Some((query, vec![(word, near)]))
    })
}

#[cfg(test)]
mod tests;
