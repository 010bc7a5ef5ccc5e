//! Which branches are the same but for their place: the instances of a seat, a door, a
//! wheel. Their type is generated once, which is most of what keeps the crate small.
//!
//! Sameness is looked for among siblings and by content, not by who declared instances:
//! a model that was read from an expanded JSON shares as much as its source does.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::model::{Kind, Literal, Node};

/// Branches below one parent, in the order of the model.
#[derive(Debug)]
pub(super) struct Group<'m> {
    pub(super) members: Vec<&'m Node>,
    /// Where each of them stands among the children.
    pub(super) places: Vec<usize>,
}

impl<'m> Group<'m> {
    pub(super) fn names(&self) -> Vec<&'m str> {
        self.members.iter().map(|member| &*member.name).collect()
    }
}

/// The child branches of `node`, those that are the same together.
pub(super) fn groups(node: &Node) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    // By digest, so that a thousand branches are not compared with each other.
    let mut candidates: HashMap<u64, Vec<usize>> = HashMap::new();
    for (place, child) in node.children().iter().enumerate() {
        if !matches!(child.kind, Kind::Branch(_)) {
            continue;
        }
        let candidates = candidates.entry(digest(child)).or_default();
        match candidates.iter().find(|at| same(groups[**at].members[0], child)) {
            Some(at) => {
                groups[*at].members.push(child);
                groups[*at].places.push(place);
            }
            None => {
                candidates.push(groups.len());
                groups.push(Group { members: vec![child], places: vec![place] });
            }
        }
    }
    groups
}

/// The number of its group for each place that is in one.
pub(super) fn numbers(groups: &[Group<'_>]) -> HashMap<usize, usize> {
    let numbered = groups.iter().enumerate();
    numbered.flat_map(|(number, group)| group.places.iter().map(move |at| (*at, number))).collect()
}

/// A hash of most of what [`same`] compares, equal for two that are the same.
fn digest(node: &Node) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (at, node) in node.descend().enumerate() {
        if at > 0 {
            node.name.hash(&mut hasher);
        }
        node.description.hash(&mut hasher);
        node.children().len().hash(&mut hasher);
        let Some(leaf) = node.leaf() else { continue };
        (leaf.role, &leaf.datatype, &leaf.unit, &leaf.pattern).hash(&mut hasher);
        for literal in [&leaf.min, &leaf.max, &leaf.default].into_iter().flatten() {
            hash_scalar(literal, &mut hasher);
        }
        leaf.allowed.iter().for_each(|literal| hash_scalar(literal, &mut hasher));
    }
    hasher.finish()
}

fn hash_scalar(literal: &Literal, hasher: &mut DefaultHasher) {
    match literal {
        Literal::Int(number) => number.hash(hasher),
        // The sum makes 0.0 of -0.0, which is the same.
        Literal::Float(number) => (number + 0.0).to_bits().hash(hasher),
        Literal::String(text) => text.hash(hasher),
        _ => {}
    }
}

/// Whether two nodes lead to the same code; their own names and places do not count.
fn same(a: &Node, b: &Node) -> bool {
    let kinds = match (&a.kind, &b.kind) {
        (Kind::Leaf(a), Kind::Leaf(b)) => a == b,
        (Kind::Branch(_), Kind::Branch(_)) | (Kind::Struct(_), Kind::Struct(_)) => true,
        _ => false,
    };
    let (ours, theirs) = (a.children(), b.children());
    kinds
        && ours.len() == theirs.len()
        && a.description == b.description
        && a.comment == b.comment
        && a.deprecation == b.deprecation
        && ours.iter().zip(theirs).all(|(a, b)| a.name == b.name && same(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::fixture::catalog;

    #[test]
    fn what_differs_in_anything_but_its_place_is_apart() {
        let differences = [
            "A: {type: sensor, datatype: float, min: 0.0}",
            "A: {type: sensor, datatype: float, min: -0.0}",
            "A: {type: sensor, datatype: float, min: 1.5}",
            "A: {type: sensor, datatype: float, min: 2.5}",
            "A: {type: sensor, datatype: float, min: 2.5, comment: Other.}",
            "A: {type: sensor, datatype: string, allowed: [x, y]}",
            "A: {type: sensor, datatype: string, allowed: [x, z]}",
            "B: {type: sensor, datatype: string, allowed: [x, z]}",
        ];
        let mut model = "Car: {type: branch}\n".to_owned();
        for round in ["First", "Second"] {
            model += &format!("Car.{round}: {{type: sensor, datatype: uint8}}\n");
            for (at, signal) in differences.iter().enumerate() {
                model += &format!("Car.{round}{at}: {{type: branch}}\nCar.{round}{at}.{signal}\n");
            }
        }
        let catalog = catalog(&model);
        let groups = groups(&catalog.root);
        let names: Vec<String> = groups.iter().map(|group| group.names().join(" ")).collect();
        let others = (2..8).map(|at| format!("First{at} Second{at}"));
        let zeros = "First0 First1 Second0 Second1".to_owned();
        assert_eq!(names, [zeros].into_iter().chain(others).collect::<Vec<_>>());
        assert_eq!(groups[1].places, [3, 12]);
        assert_eq!(numbers(&groups).get(&12), Some(&1));
    }
}
