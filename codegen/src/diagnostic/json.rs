//! The form for programs: one JSON object per report, each on a line of its own. Its shape
//! is a promise, written down in `codegen/schema/message.json`: keys may come, none goes.

use serde::Serialize;

use super::{Code, Diagnostic, Inclusion, Label};

/// The JSON schema of a message.
pub const SCHEMA: &str = include_str!("../../schema/message.json");

#[derive(Serialize)]
struct Message<'d> {
    code: String,
    severity: &'static str,
    message: &'d str,
    labels: Vec<Place<'d>>,
    included_by: Vec<Include<'d>>,
    help: Option<&'d str>,
    explain: String,
}

#[derive(Serialize)]
struct Place<'d> {
    role: &'static str,
    file: &'d str,
    line: usize,
    column: usize,
    end_column: usize,
    text: &'d str,
    source: &'d str,
    /// Characters of the line that stand before `source`.
    source_offset: usize,
}

#[derive(Serialize)]
struct Include<'d> {
    file: &'d str,
    line: usize,
    column: usize,
    prefix: &'d str,
}

/// The object and a line end. Control characters of a model are escaped, as JSON wants it.
pub(super) fn render(diagnostic: &Diagnostic) -> String {
    let message = Message {
        code: diagnostic.code.to_string(),
        severity: diagnostic.severity.name(),
        message: &diagnostic.message,
        labels: diagnostic.labels.iter().enumerate().map(place).collect(),
        included_by: diagnostic.included_by.iter().map(include).collect(),
        help: diagnostic.help.as_deref(),
        explain: explain(diagnostic.code),
    };
    // Text and numbers under fixed names: writing them cannot fail.
    let mut line = serde_json::to_string(&message).unwrap_or_default();
    line.push('\n');
    line
}

/// What shows the page of a code.
pub(super) fn explain(code: Code) -> String {
    format!("vssc explain {code}")
}

fn place((rank, label): (usize, &Label)) -> Place<'_> {
    Place {
        role: if rank == 0 { "primary" } else { "related" },
        file: &label.file,
        line: label.line,
        column: label.column,
        end_column: label.column + label.length,
        text: &label.text,
        source: &label.source_line,
        source_offset: label.skipped,
    }
}

fn include(include: &Inclusion) -> Include<'_> {
    let Inclusion { file, line, column, prefix } = include;
    Include { file, line: *line, column: *column, prefix }
}
