use std::collections::HashSet;

use super::{Code, Diagnostic, Label, Severity};
use crate::source::{SourceId, SourceMap, Span};

/// A problem as a pass sees it: places are spans.
#[derive(Debug)]
pub(crate) struct Report {
    code: Code,
    message: String,
    places: Vec<(Span, String)>,
    help: Option<String>,
}

impl Report {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Report {
        Report { code, message: message.into(), places: Vec::new(), help: None }
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

    pub(crate) fn help(mut self, text: impl Into<String>) -> Report {
        self.help = Some(text.into());
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
    has_error: bool,
}

impl Sink {
    pub(crate) fn push(&mut self, report: Report) {
        if let Some((span, _)) = report.places.first()
            && !self.seen.insert((report.code, *span))
        {
            return;
        }
        self.has_error |= report.code.severity() == Severity::Error;
        self.reports.push(report);
    }

    pub(crate) fn has_error(&self) -> bool {
        self.has_error
    }

    /// In the order of files as they were read, then by line.
    pub(crate) fn finish(self, sources: &SourceMap) -> Vec<Diagnostic> {
        let mut reports = self.reports;
        reports.sort_by_key(|report| {
            report.places.first().map(|(span, _)| (span.source.index(), span.start))
        });
        let mut lines = LineCache::default();
        reports.into_iter().map(|report| resolve(report, sources, &mut lines)).collect()
    }
}

fn resolve(report: Report, sources: &SourceMap, lines: &mut LineCache) -> Diagnostic {
    let labels = report.places.into_iter();
    Diagnostic {
        code: report.code,
        severity: report.code.severity(),
        message: report.message,
        labels: labels.map(|(span, text)| label(span, text, sources, lines)).collect(),
        help: report.help,
    }
}

fn label(span: Span, text: String, sources: &SourceMap, lines: &mut LineCache) -> Label {
    let source = sources.get(span.source);
    let body: &str = &source.text;
    let start = floor(body, span.start as usize);
    let line = lines.line_of(span.source, body, start);
    let line_start = body[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = body[start..].find('\n').map_or(body.len(), |at| start + at);
    let end = floor(body, span.end as usize).clamp(start, line_end);
    Label {
        file: source.input.to_string(),
        line,
        column: body[line_start..start].chars().count() + 1,
        length: body[start..end].trim_end().chars().count().max(1),
        source_line: body[line_start..line_end].trim_end_matches('\r').to_owned(),
        text,
    }
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Counts lines from the last place asked for: with thousands of reports in one file,
/// counting from the top each time would be quadratic.
#[derive(Debug, Default)]
struct LineCache {
    last: Option<(SourceId, usize, usize)>,
}

impl LineCache {
    fn line_of(&mut self, source: SourceId, text: &str, offset: usize) -> usize {
        let (from, line) = match self.last {
            Some((last, from, line)) if last == source && from <= offset => (from, line),
            _ => (0, 1),
        };
        let breaks = text.as_bytes()[from..offset].iter().filter(|byte| **byte == b'\n').count();
        self.last = Some((source, offset, line + breaks));
        line + breaks
    }
}
