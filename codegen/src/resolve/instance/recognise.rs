//! Finds the instances in a model that was expanded before it came here.
//!
//! Expansion gives every instance all the attributes of the branch that declares it, its
//! description among them, and the same children. Nobody writes that by hand, so where two
//! or more branches stand so below a third they are its instances. What was changed for a
//! single instance, or is the only one, is not certain and stays a plain branch.

use std::collections::HashSet;

use super::super::tree::{InstanceMark, NodeId, Tree};
use crate::syntax::Name;

pub(in super::super) fn recognise(tree: &mut Tree) {
    let mut open = vec![tree.root];
    while let Some(id) = open.pop() {
        let level = tree.node(id).instance.as_ref().map_or(0, |mark| mark.level + 1);
        for instance in instances_in(tree, id) {
            let node = tree.node_mut(instance);
            node.instance = Some(InstanceMark { level, sibling_of: None, span: node.span });
        }
        open.extend(&tree.node(id).children);
    }
}

/// The children of a branch that are certainly instances of it.
fn instances_in(tree: &Tree, id: NodeId) -> Vec<NodeId> {
    let declaring = tree.node(id);
    if declaring.attributes.value(&Name::Description).is_none() {
        return Vec::new();
    }
    let alike: Vec<NodeId> = declaring
        .children
        .iter()
        .copied()
        .filter(|child| {
            let child = tree.node(*child);
            child.instance.is_none()
                && !child.children.is_empty()
                && child.attributes.says_the_same(&declaring.attributes)
        })
        .collect();
    let is_certain = alike.len() > 1 && have_a_child_in_common(tree, &alike);
    if is_certain { alike } else { Vec::new() }
}

/// What is laid over a single instance may add children to it, but never takes all away.
fn have_a_child_in_common(tree: &Tree, nodes: &[NodeId]) -> bool {
    let names = |id: &NodeId| -> HashSet<&str> {
        tree.node(*id).children.iter().map(|child| &*tree.node(*child).name).collect()
    };
    let common = nodes.iter().map(names).reduce(|common, names| &common & &names);
    common.is_some_and(|common| !common.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{compiled, files};

    /// The instances that are found in an exported model, by path.
    fn recognised(children: &str) -> Vec<String> {
        let model = format!(
            r#"{{"A": {{"type": "branch", "children": {{
                "S": {{"type": "branch", "description": "A seat.", "children": {{{children}}}}}}}}}}}"#
        );
        let (catalog, diagnostics) = compiled(files([("a.json", model)]), &["a.json"]);
        let catalog = catalog.unwrap_or_else(|| panic!("{diagnostics:?}"));
        let described = |node: &crate::model::Node| {
            let instance = node.instance.as_ref()?;
            Some(format!("{} is {} of {}", node.path, instance.level, instance.of))
        };
        catalog.root.descend().filter_map(described).collect()
    }

    fn branch(name: &str, description: &str, children: &str) -> String {
        format!(
            r#""{name}": {{"type": "branch", "description": "{description}", "children": {{{children}}}}}"#
        )
    }

    const LEAF: &str = r#""P": {"type": "sensor", "datatype": "uint8"}"#;

    #[test]
    fn every_level_is_found() {
        let row = |name| {
            let sides = [branch("L", "A seat.", LEAF), branch("R", "A seat.", LEAF)].join(", ");
            branch(name, "A seat.", &sides)
        };
        assert_eq!(
            recognised(&[row("Row1"), row("Row2")].join(", ")),
            [
                "A.S.Row1 is 0 of A.S",
                "A.S.Row1.L is 1 of A.S",
                "A.S.Row1.R is 1 of A.S",
                "A.S.Row2 is 0 of A.S",
                "A.S.Row2.L is 1 of A.S",
                "A.S.Row2.R is 1 of A.S",
            ]
        );
    }

    #[test]
    fn one_instance_may_have_more_than_the_others() {
        let more = format!(r#"{LEAF}, "Q": {{"type": "sensor", "datatype": "uint8"}}"#);
        let children = [branch("L", "A seat.", LEAF), branch("R", "A seat.", &more)].join(", ");
        assert_eq!(recognised(&children), ["A.S.L is 0 of A.S", "A.S.R is 0 of A.S"]);
    }

    #[test]
    fn what_is_not_certain_is_left_alone() {
        let other_leaf = r#""Q": {"type": "sensor", "datatype": "uint8"}"#;
        for children in [
            branch("L", "A seat.", LEAF),
            [branch("L", "A seat.", LEAF), branch("R", "A chair.", LEAF)].join(", "),
            [branch("L", "A seat.", LEAF), branch("R", "A seat.", other_leaf)].join(", "),
            [branch("L", "A seat.", ""), branch("R", "A seat.", "")].join(", "),
        ] {
            assert_eq!(recognised(&children), [""; 0], "{children}");
        }
    }
}
