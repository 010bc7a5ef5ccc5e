//! Pass: from the checked tree to the typed model. Runs only when no error is left.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::{
    check::{Checked, CheckedKind, CheckedTree},
    tree::{InstanceMark, NodeId, Tree},
    types::Types,
    unit::Units,
};
use crate::model::{Branch, Catalog, Instance, Kind, Node, Unit};

/// `None` only where a node was not checked, which would be a fault of ours.
pub(super) fn lower(
    tree: &Tree,
    checked: &CheckedTree,
    types: Option<&Types>,
    units: &Units,
    known_extra: &HashSet<&str>,
) -> Option<Catalog> {
    let mut lowering = Lowering { tree, checked, units, used: IndexMap::new() };
    let mut root = lowering.root()?;
    // The language keeps unknown attributes everywhere but here.
    root.extra.retain(|name, _| known_extra.contains(&**name));
    let mut used = lowering.used;
    let mut roots = Vec::new();
    if let Some(Types { tree, checked }) = types {
        let mut lowering = Lowering { tree, checked, units, used };
        roots.push(lowering.root()?);
        used = lowering.used;
    }
    Some(Catalog { root, types: roots, units: used })
}

struct Lowering<'a> {
    tree: &'a Tree,
    checked: &'a CheckedTree,
    units: &'a Units,
    used: IndexMap<String, Unit>,
}

impl Lowering<'_> {
    fn root(&mut self) -> Option<Node> {
        let name = self.tree.node(self.tree.root).name.to_string();
        self.node(self.tree.root, name)
    }

    /// Recursion is as deep as the tree, which earlier passes limit.
    fn node(&mut self, id: NodeId, path: String) -> Option<Node> {
        let node = self.tree.node(id);
        let checked = self.checked.get(&node.attributes)?;
        let kind = match checked.kind.as_ref()? {
            CheckedKind::Branch { instances } => Kind::Branch(Branch {
                children: self.children(id, &path)?,
                instances: instances.clone(),
            }),
            CheckedKind::Struct => {
                Kind::Struct(Branch { children: self.children(id, &path)?, instances: Vec::new() })
            }
            CheckedKind::Leaf(leaf) => {
                if let Some(unit) = &leaf.unit {
                    self.use_unit(unit);
                }
                Kind::Leaf(leaf.clone())
            }
        };
        let Checked { description, comment, deprecation, const_uid, fka, extra, .. } = &**checked;
        Some(Node {
            name: node.name.to_string(),
            description: description.clone(),
            comment: comment.clone(),
            deprecation: deprecation.clone(),
            const_uid: const_uid.clone(),
            fka: fka.clone(),
            extra: extra.clone(),
            instance: node.instance.as_ref().map(|mark| instance(mark, &path)),
            kind,
            path,
        })
    }

    fn children(&mut self, id: NodeId, path: &str) -> Option<Vec<Node>> {
        let children = &self.tree.node(id).children;
        let mut nodes = Vec::with_capacity(children.len());
        for child in children {
            let name = &self.tree.node(*child).name;
            nodes.push(self.node(*child, format!("{path}.{name}"))?);
        }
        Some(nodes)
    }

    fn use_unit(&mut self, key: &str) {
        if !self.used.contains_key(key) {
            let unknown = || Unit { label: None, definition: String::new(), quantity: None };
            let meaning = self.units.find(key).map_or_else(unknown, |unit| unit.meaning.clone());
            self.used.insert(key.to_owned(), meaning);
        }
    }
}

fn instance(mark: &InstanceMark, path: &str) -> Instance {
    // Up over the levels of instances to where the first of them stands.
    let mut base = path;
    for _ in 0..=mark.level {
        base = base.rsplit_once('.').map_or("", |(above, _)| above);
    }
    let of = match &mark.sibling_of {
        Some(name) => format!("{base}.{name}"),
        None => base.to_owned(),
    };
    Instance { of, level: mark.level }
}
