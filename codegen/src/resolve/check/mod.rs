//! Pass: checks the attributes of every node and types them.
//!
//! In: the expanded tree. Out: per set of attributes a [`Checked`]; nodes that share
//! their attributes (instances, files included twice) share it, so a model is checked
//! once however large it grows. Each rule has its file, with its wording.

mod allowed;
mod bounds;
mod common;
mod datatype;
mod default;
mod elsewhere;
mod kind;
pub(super) mod kuksa;
mod pattern;
mod place;
mod struct_default;
mod structs;
mod unit;

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use indexmap::IndexMap;

pub(super) use kind::kind_name;

use super::{
    instance::instance_literals,
    lint,
    release::Rules,
    tree::{NodeId, Tree},
    unit::Units,
};
use crate::{
    diagnostic::Sink,
    model::{Element, Leaf, Literal, Role},
    source::Span,
    syntax::{Attributes, Name},
};
pub(super) use kind::unknown;
pub(super) use structs::Structs;

/// The attributes of a node, every rule that concerns them alone kept.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) description: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) deprecation: Option<String>,
    pub(super) const_uid: Option<String>,
    pub(super) fka: Vec<String>,
    pub(super) extra: IndexMap<String, Literal>,
    pub(super) is_deleted: bool,
    /// `None` where an error was reported.
    pub(super) kind: Option<CheckedKind>,
}

impl Checked {
    pub(super) fn leaf(&self) -> Option<&Leaf> {
        match self.kind.as_ref()? {
            CheckedKind::Leaf(leaf) => Some(leaf),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) enum CheckedKind {
    Branch { instances: Vec<Literal> },
    Struct,
    Leaf(Box<Leaf>),
}

/// What the checks need to know beside the attributes.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) units: &'a Units,
    pub(super) structs: &'a Structs,
    pub(super) extended: &'a HashSet<&'a str>,
    /// Whether unknown attributes are left to a strict rule, which refuses them.
    pub(super) are_strangers_refused: bool,
    pub(super) for_kuksa: bool,
    pub(super) rules: &'a Rules,
}

/// What every node of a tree turned out to be.
#[derive(Debug, Default)]
pub(super) struct CheckedTree {
    by_attributes: HashMap<*const Attributes, Rc<Checked>>,
    /// The leaves with a default of a struct type, which is still to be checked.
    struct_defaults: Vec<Rc<Attributes>>,
}

impl CheckedTree {
    pub(super) fn get(&self, attributes: &Rc<Attributes>) -> Option<&Rc<Checked>> {
        self.by_attributes.get(&Rc::as_ptr(attributes))
    }
}

pub(super) fn check(tree: &Tree, context: &Context<'_>, sink: &mut Sink) -> CheckedTree {
    let mut found = CheckedTree::default();
    // From the root to the node at hand.
    let mut trail = Vec::new();
    let mut open = vec![(tree.root, 0)];
    while let Some((id, depth)) = open.pop() {
        trail.truncate(depth);
        trail.push(id);
        let node = tree.node(id);
        let key = Rc::as_ptr(&node.attributes);
        if !found.by_attributes.contains_key(&key) {
            let subject = Subject { tree, trail: &trail, name: &node.name, span: node.span };
            let checked = check_attributes(subject, &node.attributes, context, sink);
            if checked.leaf().is_some_and(has_struct_default) {
                found.struct_defaults.push(node.attributes.clone());
            }
            found.by_attributes.insert(key, Rc::new(checked));
        }
        open.extend(node.children.iter().rev().map(|child| (*child, depth + 1)));
    }
    found
}

fn has_struct_default(leaf: &Leaf) -> bool {
    leaf.default.is_some() && matches!(leaf.datatype.element, Element::Struct(_))
}

/// Checks the defaults of struct types in the last of the trees, where the structs are those
/// of all of them.
pub(super) fn check_struct_defaults(trees: &[&CheckedTree], structs: &Structs, sink: &mut Sink) {
    let Some(last) = trees.last() else { return };
    let known = struct_default::Known { structs, trees };
    for attributes in &last.struct_defaults {
        known.check(attributes, sink);
    }
}

/// Checks what concerns only nodes that are left after deleting: whether their attributes
/// go with their types, and where they stand.
pub(super) fn check_left(
    tree: &Tree,
    checked: &CheckedTree,
    context: &Context<'_>,
    sink: &mut Sink,
) {
    let mut strangers = kind::Strangers::default();
    let mut seen = HashSet::new();
    let mut open = vec![tree.root];
    while let Some(id) = open.pop() {
        let node = tree.node(id);
        if seen.insert(Rc::as_ptr(&node.attributes)) {
            lint::word::check(&node.attributes, sink);
            kind::check_names(&node.attributes, sink);
            if !context.are_strangers_refused {
                for (name, key) in kind::unknown(&node.attributes, context.extended) {
                    strangers.add(name, key, sink);
                }
            }
            if let Some(checked) = checked.get(&node.attributes).filter(|_| context.for_kuksa) {
                kuksa::check(&node.attributes, node.span, checked, sink);
            }
        }
        place::check_children(tree, node, checked, sink);
        open.extend(node.children.iter().rev());
    }
    strangers.report(sink);
}

/// Whose attributes are checked, for messages.
#[derive(Clone, Copy, Debug)]
struct Subject<'a> {
    tree: &'a Tree,
    /// The node and those above it, from the root down.
    trail: &'a [NodeId],
    name: &'a str,
    span: Span,
}

impl<'a> Subject<'a> {
    /// Where the instances are declared of which one alone has this node.
    fn of_one_instance(self) -> Option<Span> {
        let places = &self.tree.of_one_instance;
        self.trail.iter().find_map(|id| places.get(id)).copied()
    }

    /// The names of the nodes beside this one.
    fn siblings(self) -> impl Iterator<Item = &'a str> {
        let (own, parent) = match self.trail {
            [.., parent, own] => (Some(own), Some(parent)),
            _ => (None, None),
        };
        let children = parent.map_or(&[][..], |parent| &self.tree.node(*parent).children);
        let others = children.iter().filter(move |child| Some(*child) != own);
        others.map(move |child| &*self.tree.node(*child).name)
    }

    fn path(self) -> String {
        let names: Vec<&str> = self.trail.iter().map(|id| &*self.tree.node(*id).name).collect();
        names.join(".")
    }
}

fn check_attributes(
    subject: Subject<'_>,
    attributes: &Attributes,
    context: &Context<'_>,
    sink: &mut Sink,
) -> Checked {
    let kind = kind::read(subject, attributes, context.rules, sink);
    let typed = match kind {
        // A slip in its type does not hide what else is wrong with a signal.
        None if attributes.get(&Name::Datatype).is_some() => {
            leaf(Role::Sensor, subject, attributes, context, sink);
            None
        }
        None => None,
        Some(kind::NodeKind::Branch) => {
            kind::check_relation(attributes, sink);
            for name in [Name::Aggregate, Name::IsInstance] {
                common::flag(attributes, &name, sink);
            }
            let instances = attributes.value(&Name::Instances);
            Some(CheckedKind::Branch {
                instances: instances.map_or_else(Vec::new, instance_literals),
            })
        }
        Some(kind::NodeKind::Struct) => Some(CheckedKind::Struct),
        Some(kind::NodeKind::Leaf(role)) => leaf(role, subject, attributes, context, sink)
            .map(|leaf| CheckedKind::Leaf(Box::new(leaf))),
    };
    Checked {
        description: common::text(attributes, &Name::Description, sink),
        comment: common::text(attributes, &Name::Comment, sink),
        deprecation: common::text(attributes, &Name::Deprecation, sink),
        const_uid: common::const_uid(attributes, sink),
        fka: common::fka(attributes, sink),
        extra: common::extra(attributes),
        is_deleted: common::flags(attributes, sink),
        kind: typed,
    }
}

fn leaf(
    role: Role,
    subject: Subject<'_>,
    attributes: &Attributes,
    context: &Context<'_>,
    sink: &mut Sink,
) -> Option<Leaf> {
    let Some(datatype) = datatype::read(subject, attributes, context.structs, sink) else {
        unit::read(attributes, None, context, sink);
        return None;
    };
    let mut leaf = Leaf {
        role,
        arraysize: datatype::arraysize(attributes, &datatype, sink),
        unit: unit::read(attributes, Some(&datatype), context, sink),
        min: bounds::read(attributes, &Name::Min, &datatype, context.rules, sink),
        max: bounds::read(attributes, &Name::Max, &datatype, context.rules, sink),
        allowed: allowed::read(attributes, &datatype, sink),
        enumeration: allowed::read_enum(attributes, &datatype, sink),
        pattern: pattern::read(attributes, &datatype, sink),
        default: None,
        datatype,
    };
    bounds::check_order(attributes, &leaf, sink);
    allowed::check_conflicts(attributes, sink);
    leaf.default = default::read(attributes, &leaf, sink);
    pattern::check_values(attributes, &leaf, sink);
    Some(leaf)
}
