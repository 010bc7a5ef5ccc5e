//! Problems as the author of a model reads them.
//!
//! In: a [`Report`] made by a pass: code, message, spans with a word each, a help text.
//! Out: [`Diagnostic`]s with file, line and column, sorted by place, each said once, and
//! their forms: for people, a line each, JSON, SARIF. [`explain`] has a page on each code.
//! The wording of a problem lives in the pass that finds it; the table of codes is
//! [`Code`]. Must not know: what the passes do.

mod code;
pub mod explain;
mod json;
mod place;
mod render;
pub mod sarif;
mod short;
mod sink;

pub use code::{Code, Severity};
pub use json::SCHEMA;
pub(crate) use sink::{Report, Sink};

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    /// The place itself first, then the places that explain it. Empty only where
    /// there is no place, as for a model that cannot be read.
    pub labels: Vec<Label>,
    /// How the file of the first place came into the model, the nearest include first;
    /// empty for a file that was named on its own.
    pub included_by: Vec<Inclusion>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A marked place in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters are marked; at least 1.
    pub length: usize,
    /// The line of source, without its line end; of a very long one, what is around.
    pub source_line: String,
    /// How many characters of the line stand before `source_line`.
    pub skipped: usize,
    /// What the place has to do with the problem; empty where the message says it.
    pub text: String,
}

/// An include on the way to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The whole path below which the file was put; empty where its paths stand as they are.
    pub prefix: String,
}

impl Diagnostic {
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The whole report, ending in a line end.
    pub fn render(&self, color: bool) -> String {
        render::render(self, color)
    }

    /// `file:line:column: error[VSS041]: message`, ending in a line end.
    pub fn short(&self) -> String {
        short::render(self)
    }

    /// A JSON object of the schema `codegen/schema/message.json`, ending in a line end.
    pub fn json(&self) -> String {
        json::render(self)
    }
}
