//! What may stand below what. Checked on what is left after deleting.

use super::super::tree::{NodeId, Tree, TreeNode};
use super::{CheckedKind, CheckedTree};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::Role,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Branch,
    Struct,
    Property,
    Signal,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Place::Branch => "a branch",
            Place::Struct => "a struct",
            Place::Property => "a property",
            Place::Signal => "a signal",
        }
    }

    fn may_hold(self, child: Place) -> bool {
        match child {
            Place::Property => self == Place::Struct,
            Place::Struct => matches!(self, Place::Struct | Place::Branch),
            Place::Branch | Place::Signal => self == Place::Branch,
        }
    }
}

pub(super) fn check_children(tree: &Tree, node: &TreeNode, checked: &CheckedTree, sink: &mut Sink) {
    for child in &node.children {
        check_child(node, tree, *child, checked, sink);
    }
}

fn check_child(
    node: &TreeNode,
    tree: &Tree,
    child: NodeId,
    checked: &CheckedTree,
    sink: &mut Sink,
) {
    let child = tree.node(child);
    let places = (place(node, checked), place(child, checked));
    let (Some(parent), Some(own)) = places else { return };
    if !parent.may_hold(own) {
        let (name, above) = (&child.name, &node.name);
        let message =
            format!("'{name}' is {}, and cannot stand below {}", own.name(), parent.name());
        sink.push(
            Report::new(Code::BadParent, message)
                .at(child.span)
                .label(node.span, format!("'{above}' is {}", parent.name()))
                .help(remedy(name, own, above, parent)),
        );
    }
}

fn remedy(name: &str, own: Place, above: &str, parent: Place) -> String {
    match (own, parent) {
        (Place::Property, _) => format!("make '{above}' a struct, or '{name}' a signal"),
        (Place::Signal, Place::Struct) => format!("make '{name}' a property"),
        _ => format!("make '{above}' a branch, or put '{name}' elsewhere"),
    }
}

fn place(node: &TreeNode, checked: &CheckedTree) -> Option<Place> {
    Some(match checked.get(&node.attributes)?.kind.as_ref()? {
        CheckedKind::Branch { .. } => Place::Branch,
        CheckedKind::Struct => Place::Struct,
        CheckedKind::Leaf(leaf) if leaf.role == Role::Property => Place::Property,
        CheckedKind::Leaf(_) => Place::Signal,
    })
}
