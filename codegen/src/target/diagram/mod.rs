//! The tree as a class diagram: a box for each branch with its signals, a line to each
//! branch below it.
//!
//! Siblings that are the same but for their name (instances, mostly) share a box, which
//! names them all; instances that were not expanded are named as they are declared. Structs
//! are boxes, too, with a dotted line from each branch that has values of them.
//!
//! `view` decides what is shown, `text` makes it harmless for each language.

#[cfg(test)]
mod tests;
mod text;
mod view;

use super::GenerateError;
use crate::{
    model::{Catalog, Node, nearest},
    render::{Renderer, Templates},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Mermaid,
    PlantUml,
}

/// How much of the model is shown.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Path of the branch to begin with; the root, and all structs, without one.
    pub root: Option<String>,
    /// Levels of branches below the first.
    pub depth: Option<usize>,
    /// Branches alone.
    pub no_signals: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum DiagramError {
    #[error("there is no '{path}' in the model{}", Hint(nearest))]
    NoSuchNode { path: String, nearest: Option<String> },
    #[error("'{0}' is a signal: a diagram begins with a branch")]
    Signal(String),
    #[error(transparent)]
    Generate(#[from] GenerateError),
}

struct Hint<'a>(&'a Option<String>);

impl std::fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |name| write!(f, "; did you mean '{name}'?"))
    }
}

pub fn to_string(
    catalog: &Catalog,
    language: Language,
    options: &Options,
    templates: &Templates,
) -> Result<String, DiagramError> {
    let roots = match &options.root {
        Some(path) => vec![find(catalog, path)?],
        None => std::iter::once(&catalog.root).chain(&catalog.types).collect(),
    };
    let diagram = view::diagram(catalog, &roots, language, options);
    let template = match language {
        Language::Mermaid => "model.mmd.j2",
        Language::PlantUml => "model.puml.j2",
    };
    let text = Renderer::new(templates, "diagram").and_then(|r| r.render(template, &diagram));
    Ok(text.map_err(GenerateError::from)?)
}

fn find<'m>(catalog: &'m Catalog, path: &str) -> Result<&'m Node, DiagramError> {
    let nodes = || [&catalog.root].into_iter().chain(&catalog.types).flat_map(Node::descend);
    match nodes().find(|node| node.path == path) {
        Some(node) if node.leaf().is_some() => Err(DiagramError::Signal(path.to_owned())),
        Some(node) => Ok(node),
        None => {
            let branches = nodes().filter(|node| node.leaf().is_none()).map(|node| &*node.path);
            let nearest = nearest(path, branches).map(str::to_owned);
            Err(DiagramError::NoSuchNode { path: path.to_owned(), nearest })
        }
    }
}
