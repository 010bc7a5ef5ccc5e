//! Which branches are the same but for their place: the instances of a seat, a door, a
//! wheel. Their type is generated once, which is most of what keeps the crate small.
//!
//! Sameness is looked for among siblings and by content, not by who declared instances:
//! a model that was read from an expanded JSON shares as much as its source does.

use crate::model::{Kind, Node};

/// Branches below one parent, in the order of the model.
#[derive(Debug)]
pub(super) struct Group<'m> {
    pub(super) members: Vec<&'m Node>,
}

impl<'m> Group<'m> {
    pub(super) fn names(&self) -> Vec<&'m str> {
        self.members.iter().map(|member| &*member.name).collect()
    }
}

/// The child branches of `node`, those that are the same together.
pub(super) fn groups(node: &Node) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for child in node.children().iter().filter(|child| matches!(child.kind, Kind::Branch(_))) {
        match groups.iter_mut().find(|group| same(group.members[0], child)) {
            Some(group) => group.members.push(child),
            None => groups.push(Group { members: vec![child] }),
        }
    }
    groups
}

/// The group that `child` is in.
pub(super) fn position(groups: &[Group<'_>], child: &Node) -> usize {
    let is_in = |group: &Group<'_>| group.members.iter().any(|member| std::ptr::eq(*member, child));
    groups.iter().position(is_in).unwrap_or_default()
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
