//! What changed between two models, seen by the people whose apps run on them.
//!
//! ```text
//! pair    which node of the old model is which of the new one: by path, or by `fka`
//! rules   what a change of an attribute means
//! group   one change in an authored branch shows once, not once per instance
//! hint    a signal that went and one that came, equal but for the path
//! render  the human form and the Markdown form; the JSON form is [`Diff`] itself
//! ```
//!
//! In: two catalogs. Out: a [`Diff`], in the order of the models. The work is linear in
//! their size.
//! Must not know: files, spans, the command line.

mod group;
mod hint;
mod pair;
mod render;
mod rules;

use serde::Serialize;

use crate::model::{Catalog, Literal};

/// The JSON form of `vssc diff`. Fields are only ever added.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    pub old: ModelName,
    pub new: ModelName,
    /// The largest step of any change.
    pub step: Step,
    /// The old version one step on, where the old model carries a version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_version: Option<String>,
    /// Removed, renamed, changed, added; each in the order of its model.
    pub changes: Vec<Change>,
    pub hints: Vec<Hint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelName {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A step of semantic versioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    None,
    Patch,
    Minor,
    Major,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    Removed,
    Renamed,
    Changed,
    Added,
}

/// A change of a node, or the same change of several instances of one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub kind: ChangeKind,
    /// The node's path; with `*` where the paths of several differ.
    pub path: String,
    /// The same in the old model, where the node was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `branch`, `sensor`, …; of what is there after the change, where something is.
    #[serde(rename = "type")]
    pub node: String,
    pub breaking: bool,
    pub step: Step,
    /// The nodes that `path` stands for.
    pub paths: Vec<String>,
    /// How many nodes of the model have this place in its instances, changed or not.
    #[serde(skip)]
    pub(crate) of: usize,
    /// The signals among these nodes and, where a branch came, went or moved, below them.
    pub signals: Vec<String>,
    pub attributes: Vec<AttributeChange>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttributeChange {
    pub name: String,
    pub old: Option<Literal>,
    pub new: Option<Literal>,
    pub breaking: bool,
    pub step: Step,
    /// What it means for an app, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A probable rename that no `fka` declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hint {
    pub old: String,
    pub new: String,
    pub signals: usize,
}

/// Which changes break apps, for the help of `vssc diff`. What decides is [`rules`].
pub const RULES: &str = rules::TABLE;

pub fn diff(old: &Catalog, new: &Catalog) -> Diff {
    let (before, after) = (pair::Index::new(old), pair::Index::new(new));
    let pairs = pair::pair(&before, &after);
    let hints = hint::hints(&before, &after, &pairs);
    let changes = group::group(&before, &after, &pairs);
    let step = changes.iter().map(|change| change.step).max().unwrap_or(Step::None);
    let name = |catalog: &Catalog| ModelName {
        name: catalog.root.name.clone(),
        version: catalog.version(),
    };
    let (old, new) = (name(old), name(new));
    let next_version = old.version.as_deref().and_then(|version| next_version(version, step));
    Diff { old, new, step, next_version, changes, hints }
}

/// `None` where the version is not three numbers. A label (`-dev`) is dropped.
fn next_version(version: &str, step: Step) -> Option<String> {
    let numbers = version.split('-').next()?.split('.').map(|part| part.parse::<u64>().ok());
    let numbers: Vec<u64> = numbers.collect::<Option<_>>()?;
    let [major, minor, patch] = numbers[..] else { return None };
    Some(match step {
        Step::None => return None,
        Step::Patch => format!("{major}.{minor}.{}", patch + 1),
        Step::Minor => format!("{major}.{}.0", minor + 1),
        Step::Major => format!("{}.0.0", major + 1),
    })
}

impl Diff {
    pub fn is_breaking(&self) -> bool {
        self.step == Step::Major
    }

    /// For people; `color` for a terminal.
    pub fn to_text(&self, color: bool) -> String {
        render::text(self, color)
    }

    /// For release notes.
    pub fn to_markdown(&self) -> String {
        render::markdown(self)
    }
}

impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Step::None => "none",
            Step::Patch => "patch",
            Step::Minor => "minor",
            Step::Major => "major",
        }
    }
}

#[cfg(test)]
mod tests;
