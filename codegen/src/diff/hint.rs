//! Renames that nobody declared: a signal that went and one that came, equal in all but
//! the path. Only a hint, since two signals may be equal by chance.

use indexmap::IndexMap;

use super::{
    Hint,
    pair::{Index, Pairs},
};
use crate::model::Node;

pub(super) fn hints(old: &Index<'_>, new: &Index<'_>, pairs: &Pairs) -> Vec<Hint> {
    let added = pairs.new.iter().enumerate().filter(|(_, pair)| pair.is_none());
    let came = by_meaning(new, added.map(|(at, _)| at));
    let went = by_meaning(old, pairs.removed.iter().copied());
    let mut moves: IndexMap<(String, String), Vec<(&str, &str)>> = IndexMap::new();
    for (meaning, went) in &went {
        if let Some(came) = came.get(meaning).filter(|came| came.len() == went.len()) {
            let moved: Vec<_> = went.iter().copied().zip(came.iter().copied()).collect();
            let ends = parting(moved[0].0, moved[0].1);
            // The instances of a branch are equal too; they must have moved together.
            if moved.iter().all(|(went, came)| parting(went, came) == ends) {
                moves.entry(ends).or_default().extend(moved);
            }
        }
    }
    moves.into_iter().map(|(ends, moved)| hint(ends, &moved)).collect()
}

fn hint((old, new): (String, String), moved: &[(&str, &str)]) -> Hint {
    match moved {
        [(went, came)] => Hint { old: (*went).to_owned(), new: (*came).to_owned(), signals: 1 },
        _ => Hint { old: format!("{old}.*"), new: format!("{new}.*"), signals: moved.len() },
    }
}

/// Signals by everything but their path; those alone that say what they mean.
fn by_meaning<'a>(
    index: &Index<'a>,
    nodes: impl Iterator<Item = usize>,
) -> IndexMap<String, Vec<&'a str>> {
    let mut found: IndexMap<String, Vec<&str>> = IndexMap::new();
    for at in nodes {
        let node: &Node = index.nodes[at].node;
        if node.leaf().is_none() || node.description.is_none() {
            continue;
        }
        found.entry(format!("{:?}", node.attributes())).or_default().push(&node.path);
    }
    found
}

/// The two paths without the names that they end in alike.
fn parting(old: &str, new: &str) -> (String, String) {
    let (mut old, mut new): (Vec<&str>, Vec<&str>) =
        (old.split('.').collect(), new.split('.').collect());
    while old.len() > 1 && new.len() > 1 && old.last() == new.last() {
        old.pop();
        new.pop();
    }
    (old.join("."), new.join("."))
}
