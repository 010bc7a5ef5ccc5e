//! What the parser knows of a text that its lines alone do not show.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

pub(super) struct Scan {
    /// The text with the mends made. It has the lines that it had.
    pub(super) text: String,
    /// For each line, whether it goes on with a value of a line above.
    pub(super) continues: Vec<Option<Continues>>,
    /// For each line, whether an alias stands in it.
    pub(super) has_alias: Vec<bool>,
    /// Every comment without the blanks around, sorted.
    pub(super) comments: Vec<String>,
}

/// What a line goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Continues {
    /// A list or map in brackets.
    Flow,
    /// Text in which blanks at the begin of a line mean nothing. `own_line` where it begins
    /// on a line of its own, below its key.
    Text { own_line: bool },
    /// A block of text in which they do.
    Block,
}

/// `None` where the text is broken.
pub(super) fn scan(text: &str) -> Option<Scan> {
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut scanner = Scanner {
        text,
        continues: vec![None; starts.len()],
        has_alias: vec![false; starts.len()],
        starts,
        comments: Vec::new(),
        mends: Vec::new(),
        flows: Vec::new(),
        last_in_flow: None,
    };
    let options = granit_parser::options! {
        emit_comments: true,
        block_scalar_eof_without_line_feed: true,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        scanner.event(&event, span.byte_range().unwrap_or(0..0));
    }
    Some(scanner.finish())
}

struct Scanner<'t> {
    text: &'t str,
    /// Where the lines begin.
    starts: Vec<usize>,
    continues: Vec<Option<Continues>>,
    has_alias: Vec<bool>,
    comments: Vec<String>,
    /// What stands for a range of bytes.
    mends: Vec<(Range<usize>, &'static str)>,
    /// Where each open list or map begins, and whether it has brackets.
    flows: Vec<(usize, bool)>,
    /// Where the value before ends, inside brackets.
    last_in_flow: Option<usize>,
}

impl Scanner<'_> {
    fn event(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Comment(comment, _) => self.comments.push(comment.trim().to_owned()),
            Event::Alias(_) => {
                let line = self.line(range.start);
                self.has_alias[line] = true;
                self.in_flow(&range);
            }
            Event::Scalar(_, style, ..) => {
                self.in_flow(&range);
                self.scalar(*style, range);
            }
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                let is_flow = *style == StructureStyle::Flow;
                if is_flow {
                    self.in_flow(&(range.start..range.start));
                }
                self.flows.push((range.start, is_flow));
                self.last_in_flow = None;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((start, true)) = self.flows.pop() else { return };
                self.mark(start..range.end, Continues::Flow);
                self.last_in_flow = Some(range.end);
            }
            _ => {}
        }
    }

    /// Puts a blank after a comma in brackets.
    fn in_flow(&mut self, range: &Range<usize>) {
        if !self.flows.last().is_some_and(|(_, is_flow)| *is_flow) {
            return;
        }
        if let Some(last) = self.last_in_flow
            && self.text.get(last..range.start) == Some(",")
        {
            self.mends.push((last..range.start, ", "));
        }
        self.last_in_flow = Some(range.end);
    }

    fn scalar(&mut self, style: ScalarStyle, range: Range<usize>) {
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let header = self.header(range.start);
                // With `+` the empty lines behind the text are part of it.
                let is_kept = self.text[header..].lines().next().is_some_and(|l| l.contains('+'));
                let end =
                    if is_kept { self.whole_lines(range.end) } else { self.trimmed(range).end };
                self.mark(header..end.max(header), Continues::Block);
            }
            _ => {
                let line = self.line(range.start);
                let before = &self.text[self.starts[line]..range.start];
                let own_line = before.trim().is_empty();
                if style == ScalarStyle::DoubleQuoted {
                    self.mend_quotes(&range);
                }
                self.mark(self.trimmed(range), Continues::Text { own_line });
            }
        }
    }

    /// Where the line with the `|` or `>` of a block of text begins. The parser's own range
    /// begins with the text.
    fn header(&self, text_start: usize) -> usize {
        let line_start = self.starts[self.line(text_start)];
        if !self.text[line_start..text_start].trim().is_empty() {
            return line_start;
        }
        self.starts[self.line(self.text[..line_start].trim_end().len())]
    }

    /// Without the indent of the line behind.
    fn whole_lines(&self, end: usize) -> usize {
        let line_start = self.starts[self.line(end)];
        if self.text[line_start..end].trim().is_empty() { line_start } else { end }
    }

    /// Double quotes become single ones where both mean the same.
    fn mend_quotes(&mut self, range: &Range<usize>) {
        let is_plain = |inner: &str| !inner.contains(['\\', '\'', '\n']);
        let quoted = self.text.get(range.clone()).unwrap_or_default();
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        if inner.is_some_and(is_plain) {
            self.mends.push((range.start..range.start + 1, "'"));
            self.mends.push((range.end - 1..range.end, "'"));
        }
    }

    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let length = self.text[range.clone()].trim_end().len();
        range.start..range.start + length
    }

    /// The lines behind the first.
    fn mark(&mut self, range: Range<usize>, continues: Continues) {
        let (first, last) = (self.line(range.start), self.line(range.end));
        // A range that ends with a line ends before the next one.
        let last = if self.starts[last] == range.end { last.saturating_sub(1) } else { last };
        for line in first + 1..=last {
            // What is inside was marked before.
            self.continues[line].get_or_insert(continues);
        }
    }

    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn finish(mut self) -> Scan {
        self.mends.sort_by_key(|(range, _)| range.start);
        let mut text = String::with_capacity(self.text.len() + self.mends.len());
        let mut done = 0;
        for (range, mend) in &self.mends {
            text.push_str(&self.text[done..range.start]);
            text.push_str(mend);
            done = range.end;
        }
        text.push_str(&self.text[done..]);
        self.comments.sort();
        let Scanner { continues, has_alias, comments, .. } = self;
        Scan { text, continues, has_alias, comments }
    }
}
