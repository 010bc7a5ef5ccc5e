//! The form for editors and grep, a line each:
//!
//! ```text
//! spec/Cabin.vspec:12:13: error[VSS041]: unknown datatype 'unit8'
//! ```

use super::{Diagnostic, render::clean};

pub(super) fn render(diagnostic: &Diagnostic) -> String {
    let Diagnostic { code, severity, message, labels, .. } = diagnostic;
    let place = match labels.first() {
        Some(place) => format!("{}:{}:{}: ", place.file, place.line, place.column),
        None => String::new(),
    };
    let line = clean(&format!("{place}{}[{code}]: {message}", severity.name()));
    format!("{}\n", line.replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Label, Severity};

    #[test]
    fn a_report_is_one_line_whatever_it_quotes() {
        let mut diagnostic = Diagnostic {
            code: Code::UnknownDatatype,
            severity: Severity::Warning,
            message: "unknown datatype 'a\nb\x1b'".to_owned(),
            labels: Vec::new(),
            included_by: Vec::new(),
            help: Some("h".to_owned()),
        };
        assert_eq!(render(&diagnostic), "warning[VSS041]: unknown datatype 'a b\u{fffd}'\n");
        diagnostic.labels.push(Label {
            file: "a b.vspec".to_owned(),
            line: 12,
            column: 13,
            length: 5,
            source_line: String::new(),
            skipped: 0,
            text: String::new(),
        });
        assert!(render(&diagnostic).starts_with("a b.vspec:12:13: warning[VSS041]: unknown"));
    }
}
