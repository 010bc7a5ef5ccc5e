//! A vspec file in its canonical layout, with the same meaning and the same comments.
//!
//! ```text
//! scan    what the parser sees: which lines continue a value, and small mends in a line
//! lines   the lines of the text, each with the indent it gets
//! layout  nodes and their attributes in order, blank lines between
//! same    whether two texts mean the same
//! ```
//!
//! The layout is that of the published catalogue: two blanks of indent, a blank line
//! between nodes (nodes of one line each may stand together), attributes in the order of
//! [`layout::ORDER`] with unknown ones behind, single quotes where a text needs quotes and
//! holds none. Values are moved, never written anew, so blocks of text, anchors and maps in
//! braces stay as they are. A line of comment moves with what is below it.
//!
//! In: the text of one file. Out: the text as it should be, or why there is none. What
//! would not mean the same is never given out.
//! Must not know: other files, the language beyond names of attributes, the file system.

mod layout;
mod lines;
mod same;
mod scan;
#[cfg(test)]
mod tests;

use crate::{
    Diagnostic,
    diagnostic::Sink,
    source::{Input, SourceMap},
    syntax,
};

/// A file as it should be.
#[derive(Debug)]
pub struct Formatted {
    pub text: String,
    /// Where it differs from the file as it is, in order.
    pub hunks: Vec<Hunk>,
}

/// Lines of the file and what stands for them in the formatted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The first of the lines, counted from 1.
    pub line: usize,
    /// With their line ends.
    pub old: Vec<String>,
    pub new: Vec<String>,
}

#[derive(Debug)]
pub enum FormatError {
    /// Broken YAML; what is wrong with it.
    Broken(Vec<Diagnostic>),
    /// Only vspec and YAML have a layout.
    Json,
    /// Formatted it would mean something else, or not stay as it is: forms of YAML that no
    /// model needs.
    NoSafeLayout,
}

/// `input` names the text in diagnostics and tells which kind of file it is.
pub fn format(input: &Input, text: &str) -> Result<Formatted, FormatError> {
    if syntax::is_json(input, text) {
        return Err(FormatError::Json);
    }
    let mut sources = SourceMap::default();
    let source = sources.add(input.clone(), text.into());
    let mut sink = Sink::default();
    let before = syntax::parse_raw(source, input, text, &mut sink);
    if sink.has_error() {
        return Err(FormatError::Broken(sink.finish(&sources)));
    }
    let scan = scan::scan(text).ok_or(FormatError::NoSafeLayout)?;
    // Unit files are YAML too, but their attributes are not those of nodes.
    let is_model = matches!(input.extension().as_deref(), Some("vspec") | None);
    let (formatted, hunks) = layout::lay_out(text, lines::lines(&scan), is_model);
    if !same::same(input, text, &formatted, before.as_ref(), &scan.comments)
        || !is_settled(&formatted, is_model)
    {
        return Err(FormatError::NoSafeLayout);
    }
    Ok(Formatted { text: formatted, hunks })
}

/// Whether nothing is left to change.
fn is_settled(text: &str, is_model: bool) -> bool {
    scan::scan(text).is_some_and(|scan| {
        let (_, hunks) = layout::lay_out(text, lines::lines(&scan), is_model);
        hunks.is_empty()
    })
}
