//! Pass: reads the struct types, which make a tree of their own.
//!
//! Each types file is gathered like a model, and the first of them that defines a node
//! counts; all share one root. An exported model carries its types with it. Nothing here
//! knows the model, so types cannot refer to it, and overlays do not reach them.

use std::collections::HashSet;

use indexmap::map::Entry;

use super::{
    check::{self, CheckedTree, Context, Structs},
    flat::{Flat, FlatNode},
    include::{self, Globs},
    lint,
    reader::Reader,
    release::{Rules, modernise_types},
    strict,
    tree::{self, Tree},
    unit::Units,
};
use crate::{
    Request,
    diagnostic::{Code, Report, Sink},
    source::{SourceId, Span},
    syntax::{Attributes, Document, Name},
};

/// The tree of struct types, checked.
#[derive(Debug)]
pub(super) struct Types {
    pub(super) tree: Tree,
    pub(super) checked: CheckedTree,
}

/// What types are checked against, as the model is.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) units: &'a Units,
    pub(super) extended: &'a HashSet<&'a str>,
    pub(super) rules: &'a Rules,
}

/// `None` where there are no types, and where they make no tree; the structs that were found
/// are added in any case.
pub(super) fn read(
    request: &Request,
    model: SourceId,
    known: &Known<'_>,
    structs: &mut Structs,
    reader: &mut Reader<'_>,
    sink: &mut Sink,
) -> Option<Types> {
    let before = sink.errors();
    let mut flat = gather(request, &reader.document(model, sink), reader, sink);
    modernise_types(&mut flat, known.rules, sink);
    check_misplaced(model, reader, sink);
    let is_empty = flat.nodes.is_empty();
    let tree = if is_empty { None } else { tree::build(flat, "the struct types", sink) };
    // Signals whose struct is lost with its file are no news.
    if sink.errors() > before {
        structs.leave_open();
    }
    let tree = tree?;
    lint::case::check(&tree, sink);
    structs.add(&tree);
    structs.check_cycles(sink);
    let Known { units, extended, rules } = *known;
    let context =
        Context { units, structs, extended, are_strangers_refused: true, for_kuksa: false, rules };
    let checked = check::check(&tree, &context, sink);
    check::check_struct_defaults(&[&checked], structs, sink);
    check::check_left(&tree, &checked, &context, sink);
    check_nodes(&tree, extended, sink);
    Some(Types { tree, checked })
}

fn gather(request: &Request, model: &Document, reader: &mut Reader<'_>, sink: &mut Sink) -> Flat {
    let mut all = Flat::default();
    for node in &model.types {
        all.lay(node.key.clone(), node.span, &node.attributes, |_, _, _| {});
    }
    for input in &request.types {
        let Some(id) = reader.require(input, sink) else { continue };
        let before = sink.errors();
        let mut own = Flat::default();
        include::gather(&mut own, id, Globs::AfterRoot, &request.include_dirs, reader, sink);
        if own.nodes.is_empty() {
            misplaced(&reader.document(id, sink)).into_iter().for_each(|report| sink.push(report));
            // What a broken file lacks is no news.
            if sink.errors() == before {
                let report = Report::new(Code::NoRoot, format!("{input} defines no struct types"));
                sink.push(report.help("they begin with 'Types:' with 'type: branch' below"));
            }
            continue;
        }
        if tree::find_root(&own, &input.to_string(), sink).is_some() {
            check_namespaces(&own, sink);
            join(&mut all, own, sink);
        }
    }
    all
}

/// A namespace that nobody wrote down is mostly a slip, so none is implied.
fn check_namespaces(flat: &Flat, sink: &mut Sink) {
    let mut known_missing = HashSet::new();
    for (key, node) in &flat.nodes {
        let Some((above, _)) = key.rsplit_once('.') else { continue };
        if flat.nodes.contains_key(above) || !known_missing.insert(above) {
            continue;
        }
        let message = format!("nothing in this file defines '{above}', in which '{key}' stands");
        let report = Report::new(Code::MissingNamespace, message).at(node.span);
        sink.push(report.help(format!("add '{above}: {{type: branch}}'")));
    }
}

/// Reports types in what the model includes, and in what is laid over it. All of that is
/// read by now.
fn check_misplaced(model: SourceId, reader: &Reader<'_>, sink: &mut Sink) {
    let others = reader.documents().filter(|(id, _)| *id != model);
    others.filter_map(|(_, document)| misplaced(document)).for_each(|report| sink.push(report));
}

/// Only the model itself carries types: other files have nodes of the model alone, and a
/// types file holds its types as they are.
fn misplaced(document: &Document) -> Option<Report> {
    let first = document.types.first()?;
    let message = "only the model itself can carry struct types";
    let report = Report::new(Code::MisplacedTypes, message).at(first.span);
    Some(report.help("put them into a file of their own, and name it with --types"))
}

/// Adds what is not there yet. A namespace is in every file that adds to it; a struct that
/// comes in two versions is news.
fn join(all: &mut Flat, own: Flat, sink: &mut Sink) {
    for (key, node) in own.nodes {
        match all.nodes.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(node);
            }
            Entry::Occupied(entry) => {
                if let Some(report) = difference(entry.key(), entry.get(), &node) {
                    sink.push(report);
                }
            }
        }
    }
}

fn difference(key: &str, first: &FlatNode, second: &FlatNode) -> Option<Report> {
    let is_branch = |node: &FlatNode| is_branch(&node.attributes);
    // The same file twice, or two that say the same.
    if is_branch(first) && is_branch(second) || first.attributes.says_the_same(&second.attributes) {
        return None;
    }
    let message = format!("'{key}' is defined in another types file already; that one counts");
    let report = Report::new(Code::TypeDefinedTwice, message).at(second.span);
    Some(report.label(first.span, "defined here first"))
}

fn is_branch(attributes: &Attributes) -> bool {
    attributes.type_name() == Some("branch")
}

/// What types are held to beyond the rules of a model.
fn check_nodes(tree: &Tree, extended: &HashSet<&str>, sink: &mut Sink) {
    let root = tree.node(tree.root);
    if root.attributes.type_name() == Some("struct") {
        let message =
            format!("the struct '{0}' is the root; a struct stands in a branch", root.name);
        let help = format!("name it 'Types.{0}', and add 'Types: {{type: branch}}'", root.name);
        sink.push(Report::new(Code::BadParent, message).at(root.span).help(help));
    }
    let mut open = vec![tree.root];
    while let Some(id) = open.pop() {
        let node = tree.node(id);
        for (name, key) in check::unknown(&node.attributes, extended) {
            sink.push(strict::unknown_attribute(name, key, "struct types take none"));
        }
        for (name, span) in idle(&node.attributes) {
            let message = format!("'{name}' does nothing in struct types");
            sink.push(Report::new(Code::NoEffectInTypes, message).at(span));
        }
        open.extend(node.children.iter().rev());
    }
}

/// Attributes that change a model and leave types as they are.
fn idle(attributes: &Attributes) -> impl Iterator<Item = (&'static str, Span)> {
    const IDLE: [(&str, Name); 4] = [
        ("delete", Name::Delete),
        ("instantiate", Name::Instantiate),
        ("instances", Name::Instances),
        ("instances_relation", Name::InstancesRelation),
    ];
    IDLE.iter().filter_map(|(text, name)| {
        attributes.value(name)?;
        // Elsewhere it is wrong in any case.
        let is_of_branches = text.starts_with("instances");
        let attribute = attributes.get(name)?;
        (!is_of_branches || is_branch(attributes)).then_some((*text, attribute.key))
    })
}
