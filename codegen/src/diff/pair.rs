//! Which node of the old model is which of the new one.

use std::collections::HashMap;

use crate::model::{Catalog, Node};

/// The nodes of a model in pre-order, by path and by place.
pub(super) struct Index<'a> {
    pub(super) nodes: Vec<Indexed<'a>>,
    by_path: HashMap<&'a str, usize>,
}

pub(super) struct Indexed<'a> {
    pub(super) node: &'a Node,
    pub(super) parent: Option<usize>,
    /// The path with a `*` for every instance on the way.
    pub(super) pattern: String,
    /// The names in the place of those.
    instances: Vec<&'a str>,
}

impl<'a> Index<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Index<'a> {
        let mut index = Index { nodes: Vec::new(), by_path: HashMap::new() };
        let roots = std::iter::once(&catalog.root).chain(&catalog.types);
        let mut open: Vec<(&Node, Option<usize>)> = roots.map(|root| (root, None)).collect();
        open.reverse();
        while let Some((node, parent)) = open.pop() {
            let at = index.nodes.len();
            index.by_path.insert(&node.path, at);
            index.nodes.push(index.indexed(node, parent));
            open.extend(node.children().iter().rev().map(|child| (child, Some(at))));
        }
        index
    }

    fn indexed(&self, node: &'a Node, parent: Option<usize>) -> Indexed<'a> {
        let above = parent.map(|parent| &self.nodes[parent]);
        let mut instances = above.map_or_else(Vec::new, |above| above.instances.clone());
        let name = if node.instance.is_some() {
            instances.push(&node.name);
            "*"
        } else {
            &node.name
        };
        let pattern =
            above.map_or_else(|| name.to_owned(), |above| format!("{}.{name}", above.pattern));
        Indexed { node, parent, pattern, instances }
    }
}

impl Indexed<'_> {
    /// The path as a model declares it, before instances.
    fn declared(&self) -> String {
        self.pattern.split('.').filter(|name| *name != "*").collect::<Vec<_>>().join(".")
    }
}

/// What became of every node, by its place in the old and in the new index.
pub(super) struct Pairs {
    /// In the order of the old model.
    pub(super) removed: Vec<usize>,
    /// In the order of the new model; for each node the old one, where there was one.
    pub(super) new: Vec<Option<usize>>,
}

pub(super) fn pair(old: &Index<'_>, new: &Index<'_>) -> Pairs {
    let mut pairs: Vec<Option<usize>> =
        new.nodes.iter().map(|n| old.by_path.get(n.node.path.as_str()).copied()).collect();
    let mut is_taken = vec![false; old.nodes.len()];
    pairs.iter().flatten().for_each(|at| is_taken[*at] = true);
    let former = Former::new(old, &is_taken);
    // A parent comes before what is below it, so a branch that was renamed takes its
    // children along.
    for at in 0..new.nodes.len() {
        if pairs[at].is_some() {
            continue;
        }
        let found = [former.find(&new.nodes[at]), beside_parent(old, new, at, &pairs)];
        if let Some(found) = found.into_iter().flatten().find(|found| !is_taken[*found]) {
            is_taken[found] = true;
            pairs[at] = Some(found);
        }
    }
    let removed = (0..old.nodes.len()).filter(|at| !is_taken[*at]).collect();
    Pairs { removed, new: pairs }
}

/// The old nodes whose paths are gone, as an `fka` may name them.
struct Former<'a> {
    by_path: HashMap<&'a str, usize>,
    /// By the path that the model declares, and the instance: an `fka` is written once for
    /// all of them.
    by_instance: HashMap<(String, &'a [&'a str]), usize>,
}

impl<'a> Former<'a> {
    fn new(old: &'a Index<'_>, is_taken: &[bool]) -> Former<'a> {
        let gone = || old.nodes.iter().enumerate().filter(|(at, _)| !is_taken[*at]);
        Former {
            by_path: gone().map(|(at, n)| (n.node.path.as_str(), at)).collect(),
            by_instance: gone().map(|(at, n)| ((n.declared(), &n.instances[..]), at)).collect(),
        }
    }

    fn find(&self, new: &Indexed<'_>) -> Option<usize> {
        new.node.fka.iter().find_map(|path| {
            // The instances of a branch have its `fka`, and are not the branch.
            let instance = self.by_instance.get(&(path.clone(), &new.instances[..]));
            instance.or_else(|| self.by_path.get(path.as_str())).copied()
        })
    }
}

/// The old node of the same name below that which the parent was.
fn beside_parent(
    old: &Index<'_>,
    new: &Index<'_>,
    at: usize,
    pairs: &[Option<usize>],
) -> Option<usize> {
    let Indexed { node, parent, .. } = &new.nodes[at];
    let was = &old.nodes[pairs[(*parent)?]?].node.path;
    old.by_path.get(format!("{was}.{}", node.name).as_str()).copied()
}
