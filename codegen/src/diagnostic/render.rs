//! The human form:
//!
//! ```text
//! error[VSS041]: unknown datatype 'unit8'
//!   --> spec/Cabin.vspec:12:13
//!    |
//! 12 |   datatype: unit8
//!    |             ^^^^^
//!    = help: did you mean 'uint8'?
//! ```

use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

use super::{Diagnostic, Inclusion, Label, Severity};

/// Lines longer than this are cut around the mark: a JSON export is one line.
const MAX_WIDTH: usize = 120;

/// Styles on a terminal, nothing elsewhere.
pub(super) struct Paint {
    pub(super) color: bool,
}

impl Paint {
    fn wrap(&self, style: &str, text: &str) -> String {
        if self.color { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn severity(&self, severity: Severity, text: &str) -> String {
        self.wrap(if severity == Severity::Error { "1;31" } else { "1;33" }, text)
    }

    pub(super) fn frame(&self, text: &str) -> String {
        if text.is_empty() { String::new() } else { self.wrap("34", text) }
    }

    pub(super) fn strong(&self, text: &str) -> String {
        self.wrap("1", text)
    }
}

pub(super) fn render(diagnostic: &Diagnostic, color: bool) -> String {
    let paint = Paint { color };
    let head = format!("{}[{}]", diagnostic.severity.name(), diagnostic.code);
    let head = paint.severity(diagnostic.severity, &head);
    let mut out = format!("{head}: {}\n", paint.strong(&clean(&diagnostic.message)));
    let widest = diagnostic.labels.iter().map(|label| label.line).max().unwrap_or(1);
    let width = widest.to_string().len();
    for (index, label) in diagnostic.labels.iter().enumerate() {
        render_label(&mut out, label, index == 0, diagnostic.severity, width, &paint);
    }
    for include in &diagnostic.included_by {
        let Inclusion { file, line, column, prefix } = include;
        let prefix = if prefix.is_empty() { String::new() } else { format!(" as {prefix}") };
        let text = clean(&format!("included by {file}:{line}:{column}{prefix}"));
        push(&mut out, format_args!("{:width$} {} {text}", "", paint.frame("=")));
    }
    if let Some(help) = &diagnostic.help {
        let help = clean(help);
        let mut lines = help.lines();
        let first = lines.next().unwrap_or_default();
        push(&mut out, format_args!("{:width$} {} help: {first}", "", paint.frame("=")));
        for line in lines {
            push(&mut out, format_args!("{:width$}         {line}", ""));
        }
    }
    out
}

fn render_label(
    out: &mut String,
    label: &Label,
    is_primary: bool,
    severity: Severity,
    width: usize,
    paint: &Paint,
) {
    let arrow = paint.frame(if is_primary { "-->" } else { ":::" });
    let Label { line, column, .. } = label;
    let file = clean(&label.file);
    let bar = paint.frame("|");
    push(out, format_args!("{:width$}{arrow} {file}:{line}:{column}", ""));
    push(out, format_args!("{:width$} {bar}", ""));
    let (text, before, length) = excerpt(label);
    push(out, format_args!("{} {bar} {text}", paint.frame(&format!("{line:width$}"))));
    let mark = if is_primary { "^" } else { "-" }.repeat(length);
    let mark = if label.text.is_empty() { mark } else { format!("{mark} {}", clean(&label.text)) };
    let mark = if is_primary { paint.severity(severity, &mark) } else { paint.frame(&mark) };
    push(out, format_args!("{:width$} {bar} {}{mark}", "", " ".repeat(before)));
}

fn push(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{line}");
}

/// The source line to show, the blanks before the mark, and the length of the mark; both as
/// a terminal counts, where some characters are two cells wide and some none.
fn excerpt(label: &Label) -> (String, usize, usize) {
    let (text, before, length) = cut(label);
    let cells = |characters: &mut dyn Iterator<Item = char>| -> usize {
        characters.map(|character| character.width().unwrap_or(0)).sum()
    };
    let blanks = cells(&mut text.chars().take(before));
    let marked = cells(&mut text.chars().skip(before).take(length));
    // A mark behind the end of the line has nothing above it.
    let beyond = (before + length).saturating_sub(text.chars().count().max(before));
    (text, blanks, (marked + beyond).max(1))
}

/// The same in characters.
fn cut(label: &Label) -> (String, usize, usize) {
    let characters: Vec<char> = label.source_line.chars().map(visible).collect();
    let before = (label.column - 1).saturating_sub(label.skipped);
    if characters.len() <= MAX_WIDTH && label.skipped == 0 {
        let length = label.length.min(characters.len().saturating_sub(before).max(1));
        return (characters.into_iter().collect(), before, length);
    }
    let from = before.saturating_sub(MAX_WIDTH / 3);
    let to = (from + MAX_WIDTH).min(characters.len());
    let head = if from + label.skipped > 0 { "..." } else { "" };
    let tail = if to < characters.len() { "..." } else { "" };
    let middle: String = characters[from.min(to)..to].iter().collect();
    let length = label.length.min(to.saturating_sub(before).max(1));
    (format!("{head}{middle}{tail}"), before - from + head.len(), length)
}

/// Control characters of a model must not reach the terminal.
fn visible(character: char) -> char {
    match character {
        '\t' => ' ',
        other if other.is_control() => '\u{fffd}',
        other => other,
    }
}

pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { visible(c) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    fn label(line: usize, column: usize, length: usize, source_line: &str, text: &str) -> Label {
        Label {
            file: "a.vspec".to_owned(),
            line,
            column,
            length,
            source_line: source_line.to_owned(),
            skipped: 0,
            text: text.to_owned(),
        }
    }

    fn diagnostic(labels: Vec<Label>, help: Option<&str>) -> Diagnostic {
        Diagnostic {
            code: Code::UnknownDatatype,
            severity: Severity::Error,
            message: "unknown datatype 'unit8'".to_owned(),
            labels,
            included_by: Vec::new(),
            help: help.map(str::to_owned),
        }
    }

    #[test]
    fn a_report_shows_every_place_and_the_help() {
        let labels = vec![
            label(12, 13, 5, "  datatype: unit8", ""),
            label(3, 1, 7, "Vehicle:", "multiplied by these instances"),
        ];
        let text = diagnostic(labels, Some("did you mean 'uint8'?")).render(false);
        assert_eq!(
            text,
            "error[VSS041]: unknown datatype 'unit8'
  --> a.vspec:12:13
   |
12 |   datatype: unit8
   |             ^^^^^
  ::: a.vspec:3:1
   |
 3 | Vehicle:
   | ------- multiplied by these instances
   = help: did you mean 'uint8'?
"
        );
    }

    #[test]
    fn the_way_to_an_included_file_is_a_line_for_each_include() {
        let hop = |line, prefix: &str| Inclusion {
            file: "b.vspec".to_owned(),
            line,
            column: 1,
            prefix: prefix.to_owned(),
        };
        let labels = vec![label(2, 1, 1, "x", "")];
        let included_by = vec![hop(20, "A.B"), hop(3, "")];
        let text = Diagnostic { included_by, ..diagnostic(labels, Some("h")) }.render(false);
        assert_eq!(
            text.lines().skip(5).collect::<Vec<_>>(),
            ["  = included by b.vspec:20:1 as A.B", "  = included by b.vspec:3:1", "  = help: h"]
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let line = format!("{}unit8{}", "x".repeat(500), "y".repeat(500));
        let text = diagnostic(vec![label(1, 501, 5, &line, "")], None).render(false);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[3].starts_with("1 | ...xxx") && lines[3].ends_with("yyy..."), "{text}");
        let at = lines[4].find('^').unwrap();
        assert_eq!(&lines[3][at..at + 5], "unit8");
    }

    #[test]
    fn the_mark_stands_below_the_value_where_characters_are_wide() {
        let line = "d: \"\u{65e5}\u{672c}\", e: \u{8eca}";
        for (column, blanks, mark) in [(10, 11, "^"), (13, 14, "^^"), (14, 16, "^")] {
            let text = diagnostic(vec![label(1, column, 1, line, "")], None).render(false);
            assert_eq!(text.lines().nth(4), Some(&*format!("  | {:blanks$}{mark}", "")));
        }
    }

    #[test]
    fn escape_sequences_of_a_model_do_not_reach_the_terminal() {
        let text = diagnostic(vec![label(1, 1, 1, "\x1b[2J", "")], None).render(false);
        assert!(!text.contains('\x1b'));
        let colored = diagnostic(vec![], None).render(true);
        assert!(colored.starts_with("\x1b[1;31merror[VSS041]\x1b[0m"));
    }
}
