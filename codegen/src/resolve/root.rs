//! Pass: finds the root file of a folder or an archive.
//!
//! That is `VehicleSignalSpecification.vspec`, as the catalogue names it; without one, the
//! only vspec file that has a root, holds no struct types and is included by no other.

use std::collections::HashSet;

use super::{
    include,
    reader::{Reader, unreadable},
};
use crate::{
    diagnostic::{Code, Report, Sink},
    source::{Input, Loader},
    syntax::{Document, DocumentNode},
};

const EXTENSION: &str = "vspec";
const USUAL_NAME: &str = "VehicleSignalSpecification.vspec";

/// As many as an error lists.
const MAX_LISTED: usize = 10;

/// The input itself, where it is no folder.
pub(super) fn find(
    model: Input,
    include_dirs: &[Input],
    reader: &Reader<'_>,
    sink: &mut Sink,
) -> Option<Input> {
    let files = match reader.loader.list(&model, EXTENSION) {
        Ok(None) => return Some(model),
        Ok(Some(files)) => files,
        Err(error) => {
            sink.push(unreadable(&model, &error));
            return None;
        }
    };
    let usual = files.iter().filter(|file| file.file_name() == USUAL_NAME).cloned();
    let mut candidates: Vec<Input> = usual.collect();
    if candidates.is_empty() {
        candidates = roots(&files, include_dirs, reader.loader);
    }
    if candidates.len() > 1 {
        sink.push(many(&model, &candidates));
        return None;
    }
    let root = candidates.pop();
    if root.is_none() {
        sink.push(none(&model, &files));
    }
    root
}

/// The files that can be a root and that no other includes.
fn roots(files: &[Input], include_dirs: &[Input], loader: &dyn Loader) -> Vec<Input> {
    // What is wrong with files that may be no part of the model is of no interest yet.
    let mut silent = Sink::default();
    let mut reader = Reader::new(loader);
    let mut included = HashSet::new();
    let mut candidates = Vec::new();
    for file in files {
        let Ok(Some(id)) = reader.find(file) else { continue };
        let document = reader.document(id, &mut silent);
        included.extend(includes(file, &document, include_dirs));
        if has_root(&document) {
            candidates.push(file);
        }
    }
    candidates.into_iter().filter(|file| !included.contains(*file)).cloned().collect()
}

/// Every place where the files that this one includes may be, itself aside. The root file,
/// from whose folder they are looked for, is in a folder above it.
fn includes(file: &Input, document: &Document, include_dirs: &[Input]) -> Vec<Input> {
    let mut folders = include_dirs.to_vec();
    let mut folder = file.parent();
    loop {
        let above = folder.parent();
        let is_last = above == folder;
        folders.push(folder);
        if is_last {
            break;
        }
        folder = above;
    }
    let names = document.includes.iter().flat_map(|include| include::names(&include.file));
    let places =
        names.flat_map(|name| folders.iter().map(|folder| folder.join(&name)).collect::<Vec<_>>());
    places.filter(|place| place != file).collect()
}

fn has_root(document: &Document) -> bool {
    let is_root = |node: &DocumentNode| !node.key.contains('.');
    let is_struct = |node: &DocumentNode| node.attributes.type_name() == Some("struct");
    document.nodes.iter().any(is_root) && !document.nodes.iter().any(is_struct)
}

fn many(model: &Input, candidates: &[Input]) -> Report {
    let message = format!("'{model}' has {} files that can be its root", candidates.len());
    let mut lines: Vec<String> =
        candidates.iter().take(MAX_LISTED).map(ToString::to_string).collect();
    if candidates.len() > MAX_LISTED {
        lines.push("...".to_owned());
    }
    Report::new(Code::NoRootFile, message).help(format!("name one of them:\n{}", lines.join("\n")))
}

fn none(model: &Input, files: &[Input]) -> Report {
    let (message, help) = if files.is_empty() {
        (format!("'{model}' holds no .{EXTENSION} file"), "name the model's root file itself")
    } else {
        let message = format!("no .{EXTENSION} file of '{model}' is a root");
        (message, "a root has a node without a dot, no structs, and is included by no other file")
    };
    Report::new(Code::NoRootFile, message).help(help)
}
