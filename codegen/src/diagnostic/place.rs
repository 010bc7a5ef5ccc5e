//! From bytes in a source to line, column and the text around.

use std::collections::HashMap;

use super::{Inclusion, Label};
use crate::source::{self, SourceId, SourceMap, Span};

/// Lines up to this many bytes are kept whole; an exported model is one line of megabytes.
const WHOLE: usize = 1000;
/// How much of a longer line is kept before and after a place, in bytes.
const BEFORE: usize = 300;
const AFTER: usize = 600;

/// What is deeper is no help to anyone.
const MAX_CHAIN: usize = 20;

/// Finds places. With thousands of reports in one source, counting lines or columns from
/// the top each time would be quadratic; places come in order, so most counts go on from
/// the one before.
pub(super) struct Places<'s> {
    sources: &'s SourceMap,
    /// Where the lines of a source begin.
    lines: HashMap<SourceId, Vec<usize>>,
    /// The last place by rank: a problem's own place, and those that explain it.
    last: [Option<Counted>; 2],
    /// The includes that led to a source.
    chains: HashMap<SourceId, Vec<Inclusion>>,
}

/// A place whose column is known.
#[derive(Clone, Copy)]
struct Counted {
    source: SourceId,
    line_start: usize,
    offset: usize,
    /// Characters of the line before it.
    characters: usize,
}

impl<'s> Places<'s> {
    pub(super) fn new(sources: &'s SourceMap) -> Places<'s> {
        Places { sources, lines: HashMap::new(), last: [None; 2], chains: HashMap::new() }
    }

    pub(super) fn label(&mut self, rank: usize, span: Span, text: String) -> Label {
        let source = self.sources.get(span.source);
        let body: &str = &source.text;
        let start = floor(body, span.start as usize);
        let lines = self.lines.entry(span.source).or_insert_with(|| line_starts(body));
        let line = lines.partition_point(|begin| *begin <= start);
        let line_start = lines[line - 1];
        let line_end = lines.get(line).map_or(body.len(), |next| next - 1);
        let before = self.count(rank.min(1), span.source, body, line_start, start);

        let is_whole = line_end - line_start <= WHOLE;
        let (from, to) = if is_whole {
            (line_start, line_end)
        } else {
            let from = floor(body, start.saturating_sub(BEFORE).max(line_start));
            (from, floor(body, (start + AFTER).min(line_end)))
        };
        let end = floor(body, span.end as usize).clamp(start, to.max(start));
        Label {
            file: source.input.to_string(),
            line,
            column: before + 1,
            length: body[start..end].trim_end().chars().count().max(1),
            source_line: body[from..to].trim_end_matches('\r').to_owned(),
            skipped: before - body[from..start].chars().count(),
            text,
        }
    }

    /// The includes that led to a source, the nearest first.
    pub(super) fn included_by(&mut self, source: SourceId) -> Vec<Inclusion> {
        if let Some(chain) = self.chains.get(&source) {
            return chain.clone();
        }
        let sources = self.sources;
        let next = |id: &SourceId| sources.get(*id).inclusion.as_ref().map(|i| i.span.source);
        let files = std::iter::successors(Some(source), next).take(MAX_CHAIN);
        let includes = files.map_while(|id| sources.get(id).inclusion.as_ref());
        let chain: Vec<_> = includes.map(|include| self.inclusion(include)).collect();
        self.chains.insert(source, chain.clone());
        chain
    }

    fn inclusion(&mut self, include: &source::Inclusion) -> Inclusion {
        let label = self.label(1, include.span, String::new());
        let Label { file, line, column, .. } = label;
        Inclusion { file, line, column, prefix: include.prefix.to_string() }
    }

    /// The characters of the line before `offset`.
    fn count(
        &mut self,
        rank: usize,
        source: SourceId,
        body: &str,
        line_start: usize,
        offset: usize,
    ) -> usize {
        let last = self.last[rank].filter(|last| {
            last.source == source && last.line_start == line_start && last.offset <= offset
        });
        let (from, before) = last.map_or((line_start, 0), |last| (last.offset, last.characters));
        let characters = before + body[from..offset].chars().count();
        self.last[rank] = Some(Counted { source, line_start, offset, characters });
        characters
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Input;

    fn labels(text: &str, ranges: &[(usize, usize)]) -> Vec<Label> {
        let mut sources = SourceMap::default();
        let source = sources.add(Input::Path("a".into()), text.into());
        let mut places = Places::new(&sources);
        let span = |(start, end): &(usize, usize)| Span::new(source, *start, *end);
        ranges.iter().map(|range| places.label(0, span(range), String::new())).collect()
    }

    #[test]
    fn columns_count_characters_and_lines_end_with_either_mark() {
        let labels = labels("\u{fc}a\r\nb\u{fc}c\n", &[(2, 3), (8, 9), (0, 1), (10, 99)]);
        let places: Vec<_> = labels
            .iter()
            .map(|label| (label.line, label.column, label.source_line.as_str()))
            .collect();
        assert_eq!(places, [(1, 2, "\u{fc}a"), (2, 3, "b\u{fc}c"), (1, 1, "\u{fc}a"), (3, 1, "")]);
    }

    #[test]
    fn of_a_long_line_only_the_surroundings_are_kept() {
        let text = "\u{fc}".repeat(5000);
        let label = labels(&text, &[(4000, 4004)]).remove(0);
        assert_eq!((label.column, label.length), (2001, 2));
        assert_eq!(label.skipped, 2000 - 150);
        assert!(label.source_line.len() <= BEFORE + AFTER);
    }
}
