//! Typed model in, generated files out.
//!
//! A language (Python, GraphQL, Mermaid) is a folder: it decides everything (names,
//! literals, imports, documentation) and puts it into plain view structs; its templates in
//! `templates/` only print what the views hold. A form of data (JSON, CSV, JSON Schema) is
//! written without one. Names of a language are made in its `names.rs`; the schema
//! languages share `identifier`, and the words of their comments in `facts`.
//! In: a [`Catalog`], which holds every rule of the language already.
//! Out: [`GeneratedFile`]s from [`generate`], one text from the `to_string` of a format;
//! complete and reproducible: the same model and the same program give the same bytes, so
//! no dates and no machine's names in them.
//! Must not know: sources, spans, the file system, the command line.

pub mod csv;
pub mod diagram;
mod facts;
mod fields;
#[cfg(test)]
mod fixture;
pub mod graphql;
pub mod id;
mod identifier;
pub mod json;
pub mod jsonschema;
pub mod manifest;
#[cfg(test)]
mod properties;
pub mod protobuf;
mod python;
mod pythonic;
mod rust;
mod safe;
mod share;
pub mod static_id;
pub mod view;
pub mod yaml;

pub(crate) use safe::is_header;
use std::{collections::HashSet, fmt};

use crate::{
    model::{Catalog, Element, Kind, Leaf, Literal, Node},
    render::{TemplateError, Templates},
};

/// What to make from a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The typed Python package `vehicle_signal_model`.
    Python,
    /// A Rust crate, with the client that it needs.
    Rust,
    /// `manifest.json`, which the runtime reads.
    Manifest,
}

/// One file to be written below the folder that the user names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Relative, with `/` on every system.
    pub path: String,
    pub contents: String,
}

#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("cannot write the model as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error(
        "the instances of {0} are not expanded, and only expanded ones are signals: compile \
         without --no-expand"
    )]
    Unexpanded(String),
    #[error("{format} cannot hold everything in this model:{}", Lines(problems))]
    Unsupported {
        format: &'static str,
        /// Each names its node.
        problems: Vec<String>,
    },
}

impl GenerateError {
    fn unsupported(format: &'static str, problems: Vec<String>) -> GenerateError {
        GenerateError::Unsupported { format, problems }
    }
}

/// Each on a line of its own.
struct Lines<'a>(&'a [String]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// The model as files.
pub fn generate(
    catalog: &Catalog,
    target: Target,
    templates: &Templates,
) -> Result<Vec<GeneratedFile>, GenerateError> {
    expanded(catalog)?;
    match target {
        Target::Python => python::files(catalog, templates),
        Target::Rust => rust::files(catalog, templates),
        Target::Manifest => manifest::files(catalog, templates),
    }
}

/// Only expanded instances are signals.
fn expanded(catalog: &Catalog) -> Result<(), GenerateError> {
    let is_declared =
        |node: &&Node| matches!(&node.kind, Kind::Branch(b) if !b.instances.is_empty());
    match catalog.root.descend().find(is_declared) {
        Some(node) => Err(GenerateError::Unexpanded(node.path.clone())),
        None => Ok(()),
    }
}

/// The structs of the types files and those that stand in the tree itself.
fn structs(catalog: &Catalog) -> impl Iterator<Item = &Node> {
    let roots = catalog.types.iter().chain([&catalog.root]);
    roots.flat_map(Node::descend).filter(|node| matches!(node.kind, Kind::Struct(_)))
}

/// The texts that a signal is one of, each once; none where any text will do.
fn allowed_texts(leaf: &Leaf) -> Vec<&str> {
    if leaf.datatype.element != Element::String {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    leaf.allowed.iter().filter_map(Literal::as_str).filter(|text| seen.insert(*text)).collect()
}

/// A branch that holds structs and no values.
fn is_types_only(node: &Node) -> bool {
    let is_type = |child: &Node| match child.kind {
        Kind::Branch(_) => is_types_only(child),
        Kind::Struct(_) => true,
        Kind::Leaf(_) => false,
    };
    !node.children().is_empty() && node.children().iter().all(is_type)
}

impl GeneratedFile {
    fn new(path: impl Into<String>, contents: String) -> GeneratedFile {
        GeneratedFile { path: path.into(), contents }
    }
}
