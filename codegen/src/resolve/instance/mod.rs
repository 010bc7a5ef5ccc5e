//! Pass: replaces branches with instances by one branch per instance.
//!
//! From the root down: a branch's children that take part in the expansion are copied
//! under each innermost instance; children that are named like an instance (`Door.Row1`
//! beside `instances: Row[1,2]`) are laid over that instance. A copy may declare instances
//! itself and is expanded in its turn. A copied node shares its attributes with the
//! original, so the work is linear in the size of the result.

mod names;
mod recognise;
mod template;

use std::{collections::HashMap, rc::Rc};

use super::{
    scalars,
    tree::{InstanceMark, NodeId, Tree, TreeNode},
};
use crate::{
    diagnostic::{Code, Report, Sink},
    source::Span,
    syntax::{Attributes, Name, Raw},
};
pub(super) use names::instance_literals;
use names::{Level, levels};
pub(super) use recognise::recognise;

/// A thousand times the largest known model.
const MAX_NODES: usize = 2_000_000;

/// The passes behind this one recurse once per level.
const MAX_DEPTH: usize = 200;

/// A node that is still to be looked at.
struct Open {
    id: NodeId,
    parent: Option<NodeId>,
    depth: usize,
}

/// The branches that one declaration makes.
struct Made {
    /// Those of the first level.
    top: Vec<(Rc<str>, NodeId)>,
    /// Those without a further level below: what is multiplied goes under these.
    leaves: Vec<NodeId>,
}

/// The names below each branch that got instances of its children, with their places: one
/// branch may get them from thousands of children.
type Taken = HashMap<NodeId, HashMap<Rc<str>, Span>>;

pub(super) fn expand(tree: &mut Tree, sink: &mut Sink) {
    let mut taken = Taken::new();
    let mut open = vec![Open { id: tree.root, parent: None, depth: 1 }];
    while let Some(Open { id, parent, depth }) = open.pop() {
        let mut beside = Vec::new();
        if let Some(levels) = declared(tree, id, sink) {
            match expand_node(tree, id, parent, &levels, &mut taken, sink) {
                Ok(instances) => beside = instances,
                Err(report) => {
                    sink.push(report);
                    return;
                }
            }
        }
        if depth > MAX_DEPTH {
            let message = format!("a tree of more than {MAX_DEPTH} levels");
            sink.push(Report::new(Code::TooDeep, message).at(tree.node(id).span));
            return;
        }
        open.extend(beside.into_iter().map(|id| Open { id, parent, depth }));
        let children = tree.node(id).children.iter();
        open.extend(children.map(|child| Open { id: *child, parent: Some(id), depth: depth + 1 }));
    }
}

/// Only reports what is malformed.
pub(super) fn check(tree: &Tree, sink: &mut Sink) {
    let mut open = vec![tree.root];
    while let Some(id) = open.pop() {
        declared(tree, id, sink);
        open.extend(&tree.node(id).children);
    }
}

/// The instances that a branch declares, by level.
fn declared(tree: &Tree, id: NodeId, sink: &mut Sink) -> Option<Vec<Level>> {
    let attributes = &tree.node(id).attributes;
    let is_branch = attributes.type_name() == Some("branch");
    let instances = attributes.value(&Name::Instances).filter(|_| is_branch)?;
    levels(instances, sink).filter(|levels| !levels.is_empty())
}

/// Returns the instances that stand beside the branch instead of below it.
fn expand_node(
    tree: &mut Tree,
    id: NodeId,
    parent: Option<NodeId>,
    levels: &[Level],
    taken: &mut Taken,
    sink: &mut Sink,
) -> Result<Vec<NodeId>, Report> {
    let span = declaration(tree, id);
    let is_sibling = is_sibling(&tree.node(id).attributes);
    let node = tree.node_mut(id);
    let children = std::mem::take(&mut node.children);
    let bare = Rc::new(without_instances(&node.attributes));
    node.attributes = bare;

    let stays = |child: &NodeId| is_not_instantiated(&tree.node(*child).attributes);
    let (mut kept, multiplied): (Vec<_>, Vec<_>) = children.into_iter().partition(stays);
    if instances_of(levels) > MAX_NODES {
        return Err(too_large(span));
    }
    let made = make_instances(tree, id, levels, is_sibling).ok_or_else(|| too_large(span))?;
    // Beside the branch, no child of it has the path of an instance.
    let named: &[_] = if is_sibling { &[] } else { &made.top };
    let (overlays, template) = template::split(tree, named, multiplied);
    template::warn_of_strangers(tree, id, span, &template, named, sink);
    template::copy_under(tree, &template, &made.leaves, MAX_NODES)
        .ok_or_else(|| too_large(span))?;
    for (overlay, instance) in overlays {
        template::lay_over(tree, instance, overlay, span, sink);
        template::check_is_branch(tree, instance, span, sink);
    }
    let top: Vec<NodeId> = made.top.iter().map(|(_, instance)| *instance).collect();
    if !is_sibling {
        refuse_namesakes(&names_of(tree, &kept), &made.top, span)?;
        kept.extend(top);
        tree.node_mut(id).children = kept;
        return Ok(Vec::new());
    }
    tree.node_mut(id).children = kept;
    place_beside(tree, parent, &made.top, taken, span)?;
    Ok(top)
}

fn declaration(tree: &Tree, id: NodeId) -> Span {
    let node = tree.node(id);
    node.attributes.value(&Name::Instances).map_or(node.span, |raw| raw.span)
}

/// How many branches the levels make at most, before making them.
fn instances_of(levels: &[Level]) -> usize {
    let (mut total, mut frontier) = (0_usize, 1_usize);
    for level in levels {
        let made = frontier.saturating_mul(level.names.len());
        total = total.saturating_add(made);
        if level.descends {
            frontier = made;
        }
    }
    total
}

fn too_large(span: Span) -> Report {
    Report::new(Code::TooLarge, format!("these instances make more than {MAX_NODES} nodes"))
        .at(span)
}

fn is_sibling(attributes: &Attributes) -> bool {
    attributes.value(&Name::InstancesRelation).and_then(Raw::as_str) == Some("sibling")
}

fn is_not_instantiated(attributes: &Attributes) -> bool {
    attributes.value(&Name::Instantiate).and_then(scalars::boolean) == Some(false)
}

fn without_instances(attributes: &Attributes) -> Attributes {
    let mut attributes = attributes.clone();
    attributes.remove(&Name::Instances);
    attributes
}

/// A branch per instance, each with all the attributes of the one that declares them.
/// `None` when there are too many.
fn make_instances(tree: &mut Tree, id: NodeId, levels: &[Level], is_sibling: bool) -> Option<Made> {
    let declaring = tree.node(id).shallow();
    let mut made = Made { top: Vec::new(), leaves: Vec::new() };
    // Naming an instance twice makes it once, which was warned of.
    let mut known: HashMap<(Option<NodeId>, Rc<str>), NodeId> = HashMap::new();
    let mut all = Vec::new();
    let mut frontier: Vec<(Option<NodeId>, usize)> = vec![(None, 0)];
    for level in levels {
        let mut next = Vec::new();
        for (above, depth) in &frontier {
            for (name, span) in &level.names {
                if let Some(id) = known.get(&(*above, name.clone())) {
                    next.push((Some(*id), depth + 1));
                    continue;
                }
                if tree.len() >= MAX_NODES {
                    return None;
                }
                let sibling_of = is_sibling.then(|| declaring.name.clone());
                let id = tree.add(TreeNode {
                    name: name.clone(),
                    span: declaring.span,
                    attributes: declaring.attributes.clone(),
                    children: Vec::new(),
                    instance: Some(InstanceMark { level: *depth, sibling_of, span: *span }),
                    is_implied: false,
                });
                match above {
                    Some(above) => tree.node_mut(*above).children.push(id),
                    None => made.top.push((name.clone(), id)),
                }
                known.insert((*above, name.clone()), id);
                all.push(id);
                next.push((Some(id), depth + 1));
            }
        }
        if level.descends {
            frontier = next;
        }
    }
    made.leaves.extend(all.into_iter().filter(|id| tree.node(*id).children.is_empty()));
    Some(made)
}

fn place_beside(
    tree: &mut Tree,
    parent: Option<NodeId>,
    instances: &[(Rc<str>, NodeId)],
    taken: &mut Taken,
    span: Span,
) -> Result<(), Report> {
    let Some(parent) = parent else {
        let message = "the root has no place beside it for its instances";
        return Err(Report::new(Code::BadInstances, message).at(span));
    };
    let names = taken.entry(parent).or_insert_with(|| names_of(tree, &tree.node(parent).children));
    refuse_namesakes(names, instances, span)?;
    let placed = instances.iter().map(|(name, id)| (name.clone(), tree.node(*id).span));
    names.extend(placed);
    tree.node_mut(parent).children.extend(instances.iter().map(|(_, instance)| *instance));
    Ok(())
}

fn names_of(tree: &Tree, nodes: &[NodeId]) -> HashMap<Rc<str>, Span> {
    let nodes = nodes.iter().map(|id| tree.node(*id));
    nodes.map(|node| (node.name.clone(), node.span)).collect()
}

/// Two nodes of one path would be one signal too many.
fn refuse_namesakes(
    taken: &HashMap<Rc<str>, Span>,
    instances: &[(Rc<str>, NodeId)],
    span: Span,
) -> Result<(), Report> {
    match instances.iter().find_map(|(name, _)| Some((name, *taken.get(&**name)?))) {
        None => Ok(()),
        Some((name, other)) => {
            let message = format!("where the instance '{name}' goes, there is a node already");
            Err(Report::new(Code::BadInstances, message).at(span).label(other, "defined here"))
        }
    }
}
