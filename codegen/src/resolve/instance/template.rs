//! What is multiplied, and what is laid over single instances.

use std::{collections::HashMap, rc::Rc};

use super::super::{
    flat::lay_attribute,
    tree::{NodeId, Tree, TreeNode},
};
use crate::{
    diagnostic::{Code, Report, Sink},
    source::Span,
    syntax::{Attribute, Attributes, Name, RawValue},
};

/// Parts the children named like an instance, with that instance, from the rest.
pub(super) fn split(
    tree: &Tree,
    instances: &[(Rc<str>, NodeId)],
    children: Vec<NodeId>,
) -> (Vec<(NodeId, NodeId)>, Vec<NodeId>) {
    let instances: HashMap<&str, NodeId> =
        instances.iter().map(|(name, id)| (&**name, *id)).collect();
    let (mut overlays, mut template) = (Vec::new(), Vec::new());
    for child in children {
        match instances.get(&*tree.node(child).name) {
            Some(instance) => overlays.push((child, *instance)),
            None => template.push(child),
        }
    }
    (overlays, template)
}

/// A branch that nobody defined, between instances, is probably a mistyped instance.
pub(super) fn warn_of_strangers(
    tree: &Tree,
    id: NodeId,
    declaration: Span,
    template: &[NodeId],
    instances: &[(Rc<str>, NodeId)],
    sink: &mut Sink,
) {
    let declaring = &tree.node(id).name;
    for child in template.iter().map(|child| tree.node(*child)).filter(|child| child.is_implied) {
        let name = &child.name;
        let message = format!(
            "'{name}' is no instance of '{declaring}', so it becomes a branch in each of them"
        );
        let report = Report::new(Code::UnknownInstance, message)
            .at(child.span)
            .label(declaration, "the instances");
        let near = sink.nearest(name, instances.iter().map(|(name, _)| &**name));
        sink.push(match near {
            Some(_) => report.did_you_mean(near),
            None => report.help(format!("define '{name}' with 'type: branch' if that is meant")),
        });
    }
}

/// Copies the template under each of the instances; `None` where that makes too many nodes.
pub(super) fn copy_under(
    tree: &mut Tree,
    template: &[NodeId],
    instances: &[NodeId],
    limit: usize,
) -> Option<()> {
    let size: usize = template.iter().map(|child| count(tree, *child)).sum();
    if size.saturating_mul(instances.len()).saturating_add(tree.len()) > limit {
        return None;
    }
    for instance in instances {
        let copies: Vec<NodeId> = template.iter().map(|child| copy(tree, *child)).collect();
        tree.node_mut(*instance).children.extend(copies);
    }
    Some(())
}

fn count(tree: &Tree, id: NodeId) -> usize {
    1 + tree.node(id).children.iter().map(|child| count(tree, *child)).sum::<usize>()
}

fn copy(tree: &mut Tree, id: NodeId) -> NodeId {
    let children = tree.node(id).children.clone();
    let children = children.into_iter().map(|child| copy(tree, child)).collect();
    let node = TreeNode { children, ..tree.node(id).shallow() };
    tree.add(node)
}

/// Lays a node and everything below it over another. What the upper one leaves open
/// (null, an empty list) stays as it is, unlike in an overlay on a plain node.
pub(super) fn lay_over(
    tree: &mut Tree,
    base: NodeId,
    over: NodeId,
    declaration: Span,
    sink: &mut Sink,
) {
    let upper = tree.node_mut(over);
    let children = std::mem::take(&mut upper.children);
    let upper = upper.shallow();
    if !upper.is_implied {
        let attributes = Rc::make_mut(&mut tree.node_mut(base).attributes);
        for attribute in upper.attributes.iter().filter(|a| says_something(a)) {
            if let Some(old) = lay_attribute(attributes, attribute) {
                sink.replaces(attribute.value.span, old.value.span);
            }
        }
    }
    restore_defaults(&mut tree.node_mut(base).attributes, &upper.attributes);
    let known: HashMap<Rc<str>, NodeId> = tree
        .node(base)
        .children
        .iter()
        .map(|child| (tree.node(*child).name.clone(), *child))
        .collect();
    for child in children {
        match known.get(&tree.node(child).name) {
            Some(below) => lay_over(tree, *below, child, declaration, sink),
            None => {
                tree.node_mut(base).children.push(child);
                tree.of_one_instance.insert(child, declaration);
            }
        }
    }
}

/// A node that is complete by itself, with its type and datatype, has the defaults of the
/// switches that it does not name. So one instance of what is deleted everywhere stays.
fn restore_defaults(base: &mut Rc<Attributes>, upper: &Attributes) {
    let kind = upper.type_name();
    let is_complete = matches!(kind, Some("branch" | "struct"))
        || (kind.is_some() && upper.value(&Name::Datatype).is_some());
    for name in [Name::Delete, Name::Instantiate, Name::InstancesRelation] {
        if is_complete && upper.get(&name).is_none() && base.get(&name).is_some() {
            Rc::make_mut(base).remove(&name);
        }
    }
}

/// What is laid over an instance cannot make a signal of it.
pub(super) fn check_is_branch(tree: &Tree, instance: NodeId, declaration: Span, sink: &mut Sink) {
    let node = tree.node(instance);
    let Some(kind) = node.attributes.value(&Name::Type) else { return };
    if kind.as_str() != Some("branch") {
        let message = format!("'{}' is an instance, and so a branch", node.name);
        sink.push(
            Report::new(Code::BadInstances, message)
                .at(kind.span)
                .label(declaration, "the instances"),
        );
    }
}

fn says_something(attribute: &Attribute) -> bool {
    match &attribute.value.value {
        RawValue::Null => false,
        RawValue::List(items) => !items.is_empty(),
        _ => true,
    }
}
