//! Pass: from names with dots to a tree.
//!
//! The tree is an arena, so that instances can be made of thousands of nodes without
//! copying more than a name and a pointer each.

use std::{collections::HashMap, rc::Rc};

use super::flat::{Flat, FlatNode};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::nearest,
    source::Span,
    syntax::{Attribute, Attributes, Name, Raw, RawValue},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeId(u32);

#[derive(Clone, Debug)]
pub(super) struct TreeNode {
    pub(super) name: Rc<str>,
    /// Where the node was first named.
    pub(super) span: Span,
    /// Shared by all instances of a node.
    pub(super) attributes: Rc<Attributes>,
    pub(super) children: Vec<NodeId>,
    pub(super) instance: Option<InstanceMark>,
    /// Nobody wrote this branch down; it is there because something is below it.
    pub(super) is_implied: bool,
}

/// Says that instance expansion made the branch.
#[derive(Clone, Debug)]
pub(super) struct InstanceMark {
    pub(super) level: usize,
    /// The name of the declaring branch where the instances stand beside it; below it, None.
    pub(super) sibling_of: Option<Rc<str>>,
    /// Where its name was written.
    pub(super) span: Span,
}

impl TreeNode {
    /// The node without its children.
    pub(super) fn shallow(&self) -> TreeNode {
        TreeNode {
            name: self.name.clone(),
            span: self.span,
            attributes: self.attributes.clone(),
            children: Vec::new(),
            instance: self.instance.clone(),
            is_implied: self.is_implied,
        }
    }
}

#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<TreeNode>,
    pub(super) root: NodeId,
    /// What was laid over a single instance and none of the others has, with the place
    /// that declares the instances.
    pub(super) of_one_instance: HashMap<NodeId, Span>,
}

/// Deeper than any tree of signals; keeps the passes that recurse within their stack.
const MAX_DEPTH: usize = 100;

impl Tree {
    pub(super) fn node(&self, id: NodeId) -> &TreeNode {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut TreeNode {
        &mut self.nodes[id.0 as usize]
    }

    pub(super) fn add(&mut self, node: TreeNode) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        id
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }
}

/// `None` where there is no root. What stands under a second one goes below the first, so that
/// it is checked, too.
pub(super) fn build(flat: Flat, model: &str, sink: &mut Sink) -> Option<Tree> {
    let root = find_root(&flat, model, sink)?;
    let mut builder = Builder {
        tree: Tree {
            nodes: Vec::with_capacity(flat.nodes.len()),
            root: NodeId(0),
            of_one_instance: HashMap::new(),
        },
        ids: HashMap::with_capacity(flat.nodes.len()),
    };
    let mut keys = Vec::with_capacity(flat.nodes.len());
    for (key, node) in &flat.nodes {
        let top = key.split('.').next().unwrap_or_default();
        let problem = match flat.nodes.contains_key(top) {
            true => problem_of(key, node.span),
            false => Some(homeless(key, top, node.span, &root)),
        };
        match problem {
            Some(report) => sink.push(report),
            None => keys.push((&**key, node)),
        }
    }
    builder.nodes(keys);
    // Without a root that can be named there is nothing.
    (builder.tree.len() > 0).then_some(builder.tree)
}

/// The first root; others are reported.
pub(super) fn find_root(flat: &Flat, model: &str, sink: &mut Sink) -> Option<Rc<str>> {
    let mut roots = flat.nodes.iter().filter(|(key, _)| !key.contains('.'));
    let Some((root, first)) = roots.next() else {
        sink.push(match flat.nodes.first() {
            Some((key, node)) => {
                let root = key.split('.').next().unwrap_or_default();
                Report::new(Code::NoRoot, format!("{model} has no root: a node without a dot"))
                    .at(node.span)
                    .help(format!("define '{root}' with 'type: branch'"))
            }
            None => Report::new(Code::NoRoot, format!("{model} is empty: it has no node"))
                .help("a model begins with its root, as 'Vehicle:' with 'type: branch' below"),
        });
        return None;
    };
    for (other, node) in roots {
        sink.push(
            Report::new(Code::ManyRoots, format!("'{other}' is a second root; a model has one"))
                .at(node.span)
                .label(first.span, format!("'{root}' is the first"))
                .help(format!("name it '{root}.{other}' if it belongs below '{root}'")),
        );
    }
    Some(root.clone())
}

fn homeless(key: &str, top: &str, span: Span, root: &str) -> Report {
    let near = nearest(top, [root]).map(|root| format!("{root}{}", &key[top.len()..]));
    let report = Report::new(Code::ManyRoots, format!("'{key}' is not below the root '{root}'"));
    report.at(span).did_you_mean(near.as_deref())
}

fn problem_of(key: &str, span: Span) -> Option<Report> {
    if key.split('.').any(str::is_empty) {
        let parts: Vec<&str> = key.split('.').filter(|part| !part.is_empty()).collect();
        let message = format!("the path '{key}' has an empty part");
        let report = Report::new(Code::BadName, message).at(span);
        let near = parts.join(".");
        return Some(report.did_you_mean(Some(near.as_str()).filter(|near| !near.is_empty())));
    }
    (key.split('.').count() > MAX_DEPTH).then(|| {
        Report::new(Code::TooDeep, format!("a path of more than {MAX_DEPTH} parts")).at(span)
    })
}

struct Builder<'f> {
    tree: Tree,
    ids: HashMap<&'f str, NodeId>,
}

impl<'f> Builder<'f> {
    /// Children stand in the order of first appearance, and those that only the path of
    /// another node implies behind them.
    fn nodes(&mut self, mut keys: Vec<(&'f str, &'f FlatNode)>) {
        keys.sort_by_cached_key(|(key, _)| key.matches('.').count());
        let mut orphans = Vec::new();
        for (path, node) in keys {
            let is_first = self.tree.len() == 0;
            let id = self.add(path, node.span, node.attributes.clone(), false);
            match path.rsplit_once('.') {
                None if is_first => self.tree.root = id,
                None => {
                    let root = self.tree.root;
                    self.tree.node_mut(root).children.push(id);
                }
                Some((above, _)) => match self.ids.get(above) {
                    Some(parent) => self.tree.node_mut(*parent).children.push(id),
                    None => orphans.push((id, above, node.span)),
                },
            }
        }
        for (id, above, span) in orphans {
            let parent = self.implied(above, span);
            self.tree.node_mut(parent).children.push(id);
        }
    }

    /// The node of a path, made with all the nodes above it where they are missing.
    fn implied(&mut self, path: &'f str, span: Span) -> NodeId {
        if let Some(id) = self.ids.get(path) {
            return *id;
        }
        let id = self.add(path, span, Rc::new(implied_branch(span)), true);
        if let Some((above, _)) = path.rsplit_once('.') {
            let parent = self.implied(above, span);
            self.tree.node_mut(parent).children.push(id);
        }
        id
    }

    fn add(
        &mut self,
        path: &'f str,
        span: Span,
        attributes: Rc<Attributes>,
        is_implied: bool,
    ) -> NodeId {
        let id = self.tree.add(TreeNode {
            name: path.rsplit('.').next().unwrap_or(path).into(),
            span,
            attributes,
            children: Vec::new(),
            instance: None,
            is_implied,
        });
        self.ids.insert(path, id);
        id
    }
}

fn implied_branch(span: Span) -> Attributes {
    let value = Raw { span, value: RawValue::String("branch".into()) };
    [Attribute { name: Name::Type, key: span, value }].into_iter().collect()
}
