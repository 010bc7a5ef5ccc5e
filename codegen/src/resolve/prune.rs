//! Pass: removes what is marked with `delete: true`. The root stays.

use super::{
    check::CheckedTree,
    tree::{NodeId, Tree},
};

pub(super) fn prune(tree: &mut Tree, checked: &CheckedTree) {
    let mut open = vec![tree.root];
    while let Some(id) = open.pop() {
        let children: Vec<NodeId> = tree
            .node(id)
            .children
            .iter()
            .copied()
            .filter(|child| {
                !checked.get(&tree.node(*child).attributes).is_some_and(|c| c.is_deleted)
            })
            .collect();
        open.extend(&children);
        tree.node_mut(id).children = children;
    }
}
