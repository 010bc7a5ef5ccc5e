use std::collections::HashSet;

use super::{Code, Diagnostic, Severity, place::Places};
use crate::{
    model,
    source::{SourceMap, Span},
};

/// In characters.
const MAX_MESSAGE: usize = 400;

/// With how many names problems are compared, all together. Nobody reads thousands of
/// suggestions, and each may look through thousands of names.
const MAX_COMPARED: usize = 200_000;

/// A problem as a pass sees it: places are spans.
#[derive(Debug)]
pub(crate) struct Report {
    code: Code,
    severity: Severity,
    message: String,
    places: Vec<(Span, String)>,
    help: Option<String>,
}

impl Report {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Report {
        let mut message = message.into();
        // A message that quotes a value is not the place to print a whole file.
        if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE) {
            message.replace_range(end.., "...");
        }
        Report { code, severity: code.severity(), message, places: Vec::new(), help: None }
    }

    /// Marks a place. The first one is where the problem is.
    pub(crate) fn at(self, span: Span) -> Report {
        self.label(span, "")
    }

    /// Marks a place and says what it has to do with the problem.
    pub(crate) fn label(mut self, span: Span, text: impl Into<String>) -> Report {
        self.places.push((span, text.into()));
        self
    }

    /// Another severity than the code's own: an older release of the language took it without
    /// a word, or only a strict run refuses it.
    pub(crate) fn graded(mut self, severity: Severity) -> Report {
        self.severity = severity;
        self
    }

    /// Where the problem is.
    pub(crate) fn place(&self) -> Option<Span> {
        self.places.first().map(|(span, _)| *span)
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Report {
        self.help = Some(text.into());
        self
    }

    /// Adds a line to the help.
    pub(crate) fn and_help(mut self, text: impl Into<String>) -> Report {
        let help = self.help.get_or_insert_default();
        if !help.is_empty() {
            help.push('\n');
        }
        help.push_str(&text.into());
        self
    }

    /// `help: did you mean '…'?`, when something is near.
    pub(crate) fn did_you_mean(self, near: Option<&str>) -> Report {
        match near {
            Some(near) => self.help(format!("did you mean '{near}'?")),
            None => self,
        }
    }
}

/// Takes what the passes report. An authored place is reported once per code, however
/// often includes and instances multiply it.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    reports: Vec<Report>,
    seen: HashSet<(Code, Span)>,
    errors: usize,
    /// Values that replaced others: the new one, and the old.
    replaced: Vec<(Span, Span)>,
    /// How many names were compared for suggestions.
    compared: usize,
}

impl Sink {
    pub(crate) fn push(&mut self, report: Report) {
        if let Some((span, _)) = report.places.first()
            && !self.seen.insert((report.code, *span))
        {
            return;
        }
        self.errors += usize::from(report.severity == Severity::Error);
        self.reports.push(report);
    }

    /// As [`model::nearest`], for names that are as many as the model has: after too many
    /// comparisons nothing is near any more.
    pub(crate) fn nearest<'a>(
        &mut self,
        wanted: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if self.compared >= MAX_COMPARED {
            return None;
        }
        let compared = &mut self.compared;
        model::nearest(wanted, candidates.into_iter().inspect(|_| *compared += 1))
    }

    pub(crate) fn has_error(&self) -> bool {
        self.errors > 0
    }

    /// How many there are, to tell whether a step added one.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// Notes that a value of one file replaced another's. A problem with the new value will
    /// show the old one.
    pub(crate) fn replaces(&mut self, new: Span, old: Span) {
        self.replaced.push((new, old));
    }

    /// In the order of files as they were read, then by place.
    pub(crate) fn finish(self, sources: &SourceMap) -> Vec<Diagnostic> {
        let mut reports = self.reports;
        if !reports.is_empty() {
            show_replaced(&mut reports, self.replaced);
        }
        reports.sort_by_key(|report| {
            report.places.first().map(|(span, _)| (span.source.index(), span.start))
        });
        let mut places = Places::new(sources);
        reports.into_iter().map(|report| resolve(report, &mut places)).collect()
    }
}

fn show_replaced(reports: &mut [Report], mut replaced: Vec<(Span, Span)>) {
    let key = |span: &Span| (span.source.index(), span.start);
    replaced.sort_by_key(|(new, _)| key(new));
    for report in reports {
        // This one is about nothing else, and shows the other value itself.
        let Some(place) = report.place().filter(|_| report.code != Code::IncludeOverrides) else {
            continue;
        };
        // The value itself, or the list or map that the place is in.
        let upto = replaced.partition_point(|(new, _)| key(new) <= key(&place));
        let Some((new, _)) = replaced[..upto].last() else { continue };
        if new.source != place.source || place.end > new.end {
            continue;
        }
        // One value of a pattern replaces many: the first stands for all.
        let first = replaced.partition_point(|(other, _)| key(other) < key(new));
        let old = replaced[first].1;
        if !report.places.iter().any(|(span, _)| *span == old) {
            report.places.push((old, "it replaces this".to_owned()));
        }
    }
}

fn resolve(report: Report, places: &mut Places<'_>) -> Diagnostic {
    let first = report.places.first().map(|(span, _)| span.source);
    let labels = report.places.into_iter().enumerate();
    Diagnostic {
        code: report.code,
        severity: report.severity,
        message: report.message,
        labels: labels.map(|(rank, (span, text))| places.label(rank, span, text)).collect(),
        included_by: first.map_or_else(Vec::new, |source| places.included_by(source)),
        help: report.help,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_end_where_they_would_take_long() {
        let mut sink = Sink::default();
        assert_eq!(sink.nearest("unit8", ["uint8"]), Some("uint8"));
        assert_eq!(sink.nearest("unit8", std::iter::repeat_n("", MAX_COMPARED)), None);
        assert_eq!(sink.nearest("unit8", ["uint8"]), None);
    }
}
