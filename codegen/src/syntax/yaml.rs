//! YAML text to raw values, from the events of the parser.

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag};

use super::{
    Raw, RawValue,
    raw::{map_of, merge_pairs},
    scalar,
};
use crate::{
    diagnostic::{Code, Report, Sink},
    source::{SourceId, Span},
};

/// How many values aliases may unfold to. Ten lines of YAML can ask for billions.
const MAX_ALIASED: usize = 1_000_000;

/// The one document of the text; `None` where it is empty or broken.
pub(super) fn parse(source: SourceId, text: &str, sink: &mut Sink) -> Option<Raw> {
    let options = granit_parser::options! {
        emit_comments: false,
        block_scalar_eof_without_line_feed: true,
    };
    if let Some((at, character)) = text.char_indices().find(|(_, c)| !is_printable(*c)) {
        let message = format!("broken YAML: the character U+{:04X}", u32::from(character));
        let span = Span::new(source, at, at + character.len_utf8());
        let report = Report::new(Code::Syntax, message).at(span);
        sink.push(report.help("remove it; in double quotes it can be written as an escape"));
        return None;
    }
    let mut builder = Builder::new(sink);
    for event in Parser::new_from_str_with_options(text, options) {
        let step = match event {
            Ok((event, span)) => {
                let bytes = span.byte_range().unwrap_or(0..0);
                builder.event(event, Span::new(source, bytes.start, bytes.end))
            }
            Err(error) => Err(broken(source, text, &error)),
        };
        if let Err(report) = step {
            builder.sink.push(report);
            return None;
        }
    }
    builder.root
}

/// What may stand in YAML as it is.
fn is_printable(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        '\0'..'\u{20}' | '\u{7f}'..'\u{a0}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => true,
    }
}

fn broken(source: SourceId, text: &str, error: &ScanError) -> Report {
    let at = error.marker().byte_offset().unwrap_or(text.len());
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return Report::new(Code::TooDeep, "lists and maps nested more than 255 levels deep")
            .at(Span::new(source, at, at + 1));
    }
    let report = Report::new(Code::Syntax, format!("broken YAML: {}", error.info())).at(Span::new(
        source,
        at,
        at + 1,
    ));
    match remedy(error.kind()) {
        Some(remedy) => report.help(remedy),
        None => report,
    }
}

/// What to do about the slips that are made most.
fn remedy(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::MappingValueNotAllowed => {
            Some("text that holds ': ' goes in quotes; what belongs together is indented alike")
        }
        ErrorKind::ExpectedBlockMappingKey => Some("what belongs together is indented alike"),
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation => {
            Some("indent with blanks, not with tabs")
        }
        ErrorKind::UnexpectedCharacter { .. } => {
            Some("text that begins with this character goes in quotes")
        }
        ErrorKind::UnknownAnchor => {
            Some("text that begins with '*' goes in quotes; an alias needs its '&name' before it")
        }
        _ => None,
    }
}

struct Builder<'s> {
    sink: &'s mut Sink,
    stack: Vec<Open>,
    root: Option<Raw>,
    documents: usize,
    /// Anchored values, each with the number of values it stands for.
    anchors: HashMap<usize, (Raw, usize)>,
    aliased: usize,
}

/// A list or map whose end is not reached yet.
struct Open {
    span: Span,
    anchor: usize,
    /// How many values are inside, aliases unfolded.
    size: usize,
    body: Body,
}

enum Body {
    List(Vec<Raw>),
    Map {
        pairs: Vec<(Raw, Raw)>,
        key: Option<Raw>,
        /// The key is an unquoted `<<`.
        is_merge: bool,
        merged: Vec<(Raw, Raw)>,
    },
}

impl<'s> Builder<'s> {
    fn new(sink: &'s mut Sink) -> Builder<'s> {
        Builder {
            sink,
            stack: Vec::new(),
            root: None,
            documents: 0,
            anchors: HashMap::new(),
            aliased: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Report> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Report::new(Code::Syntax, "a second YAML document in one file")
                        .at(span)
                        .help("split the file; only one document per file is read"));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain && tag.is_none();
                let is_merge = is_plain && text == "<<" && self.wants_key();
                let value = read_scalar(&text, style, tag.as_deref(), span)?;
                if is_merge {
                    self.mark_merge();
                } else if is_plain && matches!(&*text, "=" | "<<") {
                    let message = format!("'{text}' has a meaning of its own in YAML");
                    let report = Report::new(Code::Syntax, message).at(span);
                    return Err(report.help("put it in quotes"));
                } else {
                    self.value(Raw { span, value }, anchor, 1)?;
                }
            }
            Event::SequenceStart(_, anchor, tag) => {
                check_tag(tag.as_deref(), "seq", span)?;
                let body = Body::List(Vec::new());
                self.stack.push(Open { span, anchor, size: 1, body });
            }
            Event::MappingStart(_, anchor, tag) => {
                check_tag(tag.as_deref(), "map", span)?;
                let (pairs, merged) = (Vec::new(), Vec::new());
                let body = Body::Map { pairs, key: None, is_merge: false, merged };
                self.stack.push(Open { span, anchor, size: 1, body });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Alias(anchor) => self.alias(anchor, span)?,
            _ => {}
        }
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(
            self.stack.last(),
            Some(Open { body: Body::Map { key: None, is_merge: false, .. }, .. })
        )
    }

    fn mark_merge(&mut self) {
        if let Some(Open { body: Body::Map { is_merge, .. }, .. }) = self.stack.last_mut() {
            *is_merge = true;
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Report> {
        // An anchor is known once its value is complete, so a value cannot hold itself.
        let Some((raw, size)) = self.anchors.get(&anchor) else {
            return Err(
                Report::new(Code::Syntax, "broken YAML: a value that contains itself").at(span)
            );
        };
        let (raw, size) = (raw.clone(), *size);
        self.aliased += size;
        if self.aliased > MAX_ALIASED {
            return Err(Report::new(
                Code::TooManyAliases,
                format!("the aliases of this file unfold to more than {MAX_ALIASED} values"),
            )
            .at(span));
        }
        self.value(raw, 0, size)
    }

    fn close(&mut self, end: Span) -> Result<(), Report> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let value = match open.body {
            Body::List(items) => RawValue::List(items.into()),
            Body::Map { pairs, merged, .. } => {
                let pairs = map_of(pairs, self.sink);
                let pairs = if merged.is_empty() { pairs } else { over(merged, pairs) };
                RawValue::Map(pairs.into())
            }
        };
        let span = Span { end: end.end, ..open.span };
        self.value(Raw { span, value }, open.anchor, open.size)
    }

    /// Puts a complete value where it belongs.
    fn value(&mut self, raw: Raw, anchor: usize, size: usize) -> Result<(), Report> {
        if anchor != 0 {
            self.anchors.insert(anchor, (raw.clone(), size));
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(raw);
            return Ok(());
        };
        open.size += size;
        match &mut open.body {
            Body::List(items) => items.push(raw),
            Body::Map { is_merge, merged, .. } if *is_merge => {
                *is_merge = false;
                merge_into(merged, raw)?;
            }
            Body::Map { pairs, key, .. } => match key.take() {
                None => *key = Some(raw),
                Some(key) => pairs.push((key, raw)),
            },
        }
        Ok(())
    }
}

/// The value of `<<`: a map, or a list of maps of which the first counts most.
fn merge_into(merged: &mut Vec<(Raw, Raw)>, raw: Raw) -> Result<(), Report> {
    let wrong = |raw: &Raw| {
        Report::new(Code::Syntax, format!("'<<' takes a map or a list of maps, not {}", raw.kind()))
            .at(raw.span)
    };
    let maps = match &raw.value {
        RawValue::Map(_) => std::slice::from_ref(&raw),
        RawValue::List(items) => items,
        _ => return Err(wrong(&raw)),
    };
    for map in maps.iter().rev() {
        let RawValue::Map(pairs) = &map.value else { return Err(wrong(map)) };
        merged.extend_from_slice(pairs);
    }
    Ok(())
}

/// The pairs of a map over all that was merged into it, of which the last counts.
fn over(mut merged: Vec<(Raw, Raw)>, pairs: Vec<(Raw, Raw)>) -> Vec<(Raw, Raw)> {
    merged.extend(pairs);
    merge_pairs(Vec::new(), merged, |_, _| {})
}

fn read_scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: Span,
) -> Result<RawValue, Report> {
    let Some(tag) = tag else {
        return Ok(match style {
            ScalarStyle::Plain => scalar::plain(text),
            _ => RawValue::String(text.into()),
        });
    };
    let value = match tag.core_suffix() {
        Some("str") => Some(RawValue::String(text.into())),
        Some("null") => Some(RawValue::Null),
        Some("bool") => scalar::word(text).filter(|value| matches!(value, RawValue::Bool(_))),
        Some("int") => scalar::integer(text),
        Some("float") => scalar::float(text).or_else(|| text.parse().ok().map(RawValue::Float)),
        // The lone `!`, which says nothing; not even that the value is in quotes.
        None if tag.handle().is_empty() || (tag.handle() == "!" && tag.suffix().is_empty()) => {
            Some(scalar::plain(text))
        }
        _ => return Err(unknown_tag(tag, span)),
    };
    value.ok_or_else(|| {
        let kind = tag.core_suffix().unwrap_or_default();
        Report::new(Code::Syntax, format!("'{text}' is no value of the tag '!!{kind}'")).at(span)
    })
}

fn check_tag(tag: Option<&Tag>, expected: &str, span: Span) -> Result<(), Report> {
    match tag {
        Some(tag) if tag.core_suffix() != Some(expected) => Err(unknown_tag(tag, span)),
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &Tag, span: Span) -> Report {
    Report::new(Code::Syntax, format!("the YAML tag '{tag}' has no meaning here"))
        .at(span)
        .help("remove the tag; a value that must stay text goes in quotes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::Literal,
        source::{Input, SourceMap},
    };

    fn read(text: &str) -> (String, Vec<String>) {
        let mut sources = SourceMap::default();
        let source = sources.add(Input::Path("a.vspec".into()), text.into());
        let mut sink = Sink::default();
        let raw = parse(source, text, &mut sink);
        let value = raw.map_or(Literal::Null, |raw| raw.literal()).to_string();
        let problems = sink.finish(&sources);
        (value, problems.iter().map(|p| format!("{}: {}", p.code, p.message)).collect())
    }

    #[test]
    fn anchors_and_merges_unfold() {
        let (value, problems) = read("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n");
        assert_eq!(value, "{a: {x: 1, y: 2}, b: {x: 1, y: 3}, c: {x: 1, y: 2}}");
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn the_first_map_of_a_merged_list_counts_most() {
        let (value, _) = read("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n");
        assert_eq!(value, "{a: {x: 1}, b: {x: 2, y: 2}, c: {x: 1, y: 2}}");
    }

    #[test]
    fn of_equal_keys_the_last_counts_and_both_are_shown() {
        let (value, problems) = read("a: 1\nb: 2\na: 3\n");
        assert_eq!(value, "{a: 3, b: 2}");
        assert_eq!(problems, ["VSS006: 'a' is defined twice; the last one counts"]);
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}, ", level - 1).repeat(10);
            text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
        }
        let (_, problems) = read(&text);
        assert_eq!(
            problems,
            ["VSS005: the aliases of this file unfold to more than 1000000 values"]
        );
    }

    #[test]
    fn nesting_ends_in_a_report() {
        let (_, problems) = read(&"[".repeat(100_000));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("VSS024"), "{problems:?}");
        let (_, problems) =
            read(&(0..2000).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>());
        assert!(problems[0].starts_with("VSS024"), "{problems:?}");
    }

    #[test]
    fn tags_decide_how_a_scalar_is_read() {
        assert_eq!(read("[!!str 5, !!int '5', !!float 1, ! yes]").0, "[5, 5, 1.0, true]");
        assert_eq!(read("a: !x 5").1, ["VSS003: the YAML tag '!x' has no meaning here"]);
    }

    #[test]
    fn an_empty_text_is_no_value_and_no_problem() {
        assert_eq!(read("\u{feff}# nothing\r\n"), ("null".to_owned(), vec![]));
    }
}
