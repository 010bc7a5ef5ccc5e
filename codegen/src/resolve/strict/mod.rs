//! Pass: the strict rules, which are held only where they are asked for.
//!
//! They concern what is left of the model after deleting, by the full names that instances
//! have; nodes that are excepted from a rule are named so, too. A place in the source is
//! reported once, with the first of its nodes that breaks the rule.

mod name;

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::{
    check::{self, Checked, CheckedTree},
    reader::Reader,
    tree::{NodeId, Tree, TreeNode},
};
use crate::{
    Request, StrictRule,
    diagnostic::{Code, Report, Severity, Sink},
    model::{DataType, Element, nearest},
    source::Span,
    syntax::{Name, Raw, RawValue},
};

const RULES: [(&str, StrictRule); 3] = [
    ("name-style", StrictRule::NameStyle),
    ("unknown-attribute", StrictRule::UnknownAttribute),
    ("default-matches-first-allowed", StrictRule::DefaultMatchesFirstAllowed),
];

/// The nodes that are excepted, by full name.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    by_path: IndexMap<String, Exception>,
}

#[derive(Debug)]
struct Exception {
    span: Span,
    rules: Vec<StrictRule>,
}

/// Reads the file of exceptions: full names, each with a list of rules, or with nothing for
/// all of them. Without a rule that is held nobody needs it, which is said.
pub(super) fn exceptions(
    request: &Request,
    reader: &mut Reader<'_>,
    sink: &mut Sink,
) -> Exceptions {
    let mut exceptions = Exceptions::default();
    let Some(input) = &request.strict_exceptions else { return exceptions };
    if request.strict.is_empty() {
        let message = format!("no strict rule is held that {input} could except from");
        let report = Report::new(Code::BadExceptions, message).graded(Severity::Warning);
        sink.push(report.help("add --strict, or --aborts with a rule"));
        return exceptions;
    }
    let Some(root) = reader.require(input, sink).and_then(|id| reader.raw(id, sink)) else {
        return exceptions;
    };
    let RawValue::Map(pairs) = &root.value else {
        if !root.is_null() {
            sink.push(malformed("strict exceptions are a map of nodes", &root));
        }
        return exceptions;
    };
    for (key, value) in pairs.iter() {
        match key.as_str() {
            Some(path) => {
                let rules = rules(value, sink);
                exceptions.by_path.insert(path.to_owned(), Exception { span: key.span, rules });
            }
            None => sink.push(malformed("the name of a node is text", key)),
        }
    }
    exceptions
}

fn rules(value: &Raw, sink: &mut Sink) -> Vec<StrictRule> {
    let all = || RULES.iter().map(|(_, rule)| *rule).collect();
    let items = match &value.value {
        RawValue::Null => return all(),
        RawValue::List(items) if items.is_empty() => return all(),
        RawValue::List(items) => items,
        _ => {
            sink.push(malformed("an exception is a list of rules, or nothing for all", value));
            return all();
        }
    };
    let mut rules = Vec::new();
    for item in items.iter() {
        let known = item.as_str().and_then(|text| RULES.iter().find(|(name, _)| *name == text));
        match known {
            Some((_, rule)) => rules.push(*rule),
            None => sink.push(unknown_rule(item)),
        }
    }
    rules
}

fn malformed(expected: &str, raw: &Raw) -> Report {
    let message = format!("{expected}, not {}", raw.kind());
    let report = Report::new(Code::BadExceptions, message).at(raw.span);
    report.help("write 'Vehicle.Some.Node: [name-style]'")
}

fn unknown_rule(item: &Raw) -> Report {
    let names = || RULES.iter().map(|(name, _)| *name);
    let literal = item.literal();
    let report = Report::new(Code::BadExceptions, format!("there is no strict rule '{literal}'"));
    let report = report.at(item.span);
    match item.as_str().and_then(|text| nearest(text, names())) {
        Some(near) => report.did_you_mean(Some(near)),
        None => report.help(format!("it is one of {}", names().collect::<Vec<_>>().join(", "))),
    }
}

/// An attribute that is refused where others are only warned of.
pub(super) fn unknown_attribute(name: &str, key: Span, reason: &str) -> Report {
    let message = format!("unknown attribute '{name}': {reason}");
    let report = Report::new(Code::UnknownAttribute, message).graded(Severity::Error).at(key);
    match nearest(name, Name::known()) {
        Some(near) => report.did_you_mean(Some(near)),
        None => report.help(format!("if it is meant, name it: --extended-attributes {name}")),
    }
}

/// What the rules are held against.
#[derive(Debug)]
pub(super) struct Strict<'a> {
    pub(super) rules: &'a [StrictRule],
    pub(super) exceptions: &'a Exceptions,
    pub(super) extended: &'a HashSet<&'a str>,
}

impl Strict<'_> {
    pub(super) fn check(&self, tree: &Tree, checked: &CheckedTree, sink: &mut Sink) {
        if self.rules.is_empty() {
            return;
        }
        let mut met: HashSet<&str> = HashSet::new();
        let mut path = String::new();
        let mut open = vec![(tree.root, 0)];
        while let Some((id, above)) = open.pop() {
            let node = tree.node(id);
            path.truncate(above);
            if above > 0 {
                path.push('.');
            }
            path.push_str(&node.name);
            if let Some((known, _)) = self.exceptions.by_path.get_key_value(path.as_str()) {
                met.insert(known);
            }
            self.node(node, &path, checked.get(&node.attributes).map(|c| &**c), sink);
            open.extend(node.children.iter().rev().map(|child| (*child, path.len())));
        }
        let mut names = Names { tree, below: HashMap::new() };
        for (path, exception) in &self.exceptions.by_path {
            if !met.contains(path.as_str()) {
                let report = stranger(&mut names, path, exception.span, sink);
                sink.push(report);
            }
        }
    }

    fn holds(&self, rule: StrictRule, path: &str) -> bool {
        let is_excepted = |exception: &Exception| exception.rules.contains(&rule);
        self.rules.contains(&rule) && !self.exceptions.by_path.get(path).is_some_and(is_excepted)
    }

    fn node(&self, node: &TreeNode, path: &str, checked: Option<&Checked>, sink: &mut Sink) {
        if self.holds(StrictRule::NameStyle, path) {
            let is_boolean = checked
                .and_then(Checked::leaf)
                .is_some_and(|leaf| leaf.datatype == DataType::scalar(Element::Boolean));
            if let Some(reason) = name::problem(&node.name, is_boolean) {
                let message = format!("the name '{}' {reason}", node.name);
                let except = format!("except '{path}' with --strict-exceptions");
                let place = node.instance.as_ref().map_or(node.span, |mark| mark.span);
                let report = Report::new(Code::NameStyle, message).at(place);
                sink.push(report.help(match name::styled(&node.name, is_boolean) {
                    Some(name) => format!("write '{name}', or {except}"),
                    None => format!("write another, or {except}"),
                }));
            }
        }
        if self.holds(StrictRule::UnknownAttribute, path) {
            for (name, key) in check::unknown(&node.attributes, self.extended) {
                sink.push(unknown_attribute(name, key, "the strict rules take none"));
            }
        }
        if self.holds(StrictRule::DefaultMatchesFirstAllowed, path) {
            default_elsewhere(node, checked).into_iter().for_each(|report| sink.push(report));
        }
    }
}

fn default_elsewhere(node: &TreeNode, checked: Option<&Checked>) -> Option<Report> {
    let leaf = checked?.leaf()?;
    let (default, first) = (leaf.default.as_ref()?, leaf.allowed.first()?);
    if leaf.datatype.is_array || default.sameness() == first.sameness() {
        return None;
    }
    let place = |name: &Name| node.attributes.value(name).map_or(node.span, |raw| raw.span);
    let message = format!("the default '{default}' is not the first allowed value, '{first}'");
    let report = Report::new(Code::DefaultNotFirst, message).at(place(&Name::Default));
    Some(report.label(place(&Name::Allowed), "put it first here"))
}

/// An exception for a node that is not there: says how far the path goes, and what is near.
fn stranger(names: &mut Names<'_>, path: &str, span: Span, sink: &mut Sink) -> Report {
    let tree = names.tree;
    let report = Report::new(Code::UnknownException, format!("there is no node '{path}'")).at(span);
    let (root, rest) = path.split_once('.').unwrap_or((path, ""));
    let own = &*tree.node(tree.root).name;
    if root != own {
        return report.did_you_mean(nearest(root, [own]));
    }
    let (mut id, mut known) = (tree.root, root.to_owned());
    for name in rest.split('.') {
        let below = names.below(id);
        match below.get(name) {
            Some(child) => id = *child,
            None => {
                let near =
                    sink.nearest(name, below.keys().copied()).map(|near| format!("{known}.{near}"));
                return report.did_you_mean(near.as_deref());
            }
        }
        known = format!("{known}.{name}");
    }
    report
}

/// The children of branches by name, for thousands of paths that lead to the same ones.
struct Names<'t> {
    tree: &'t Tree,
    below: HashMap<NodeId, IndexMap<&'t str, NodeId>>,
}

impl<'t> Names<'t> {
    fn below(&mut self, id: NodeId) -> &IndexMap<&'t str, NodeId> {
        let tree = self.tree;
        let named = |child: &NodeId| (&*tree.node(*child).name, *child);
        let children = || tree.node(id).children.iter().map(named).collect();
        self.below.entry(id).or_insert_with(children)
    }
}
