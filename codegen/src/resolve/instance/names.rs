//! The value of `instances`: names, ranges, lists of them, by level.

use std::{
    collections::{HashMap, hash_map::Entry},
    rc::Rc,
};

use crate::{
    diagnostic::{Code, Report, Sink},
    model::Literal,
    source::Span,
    syntax::{Raw, RawValue},
};

/// More levels than this are a mistake; each makes the tree deeper.
const MAX_LEVELS: usize = 20;
const MAX_RANGE: u64 = 100_000;

/// One item of `instances`.
#[derive(Debug)]
pub(super) struct Level {
    /// Each with the place of the item that it was made of.
    pub(super) names: Vec<(Rc<str>, Span)>,
    /// Whether the next item goes below these instances, and not beside them.
    pub(super) descends: bool,
}

/// The levels in order; `None` where the value is malformed, which is reported.
pub(super) fn levels(instances: &Raw, sink: &mut Sink) -> Option<Vec<Level>> {
    let items = match &instances.value {
        RawValue::List(items) => items,
        RawValue::String(_) => std::slice::from_ref(instances),
        _ => {
            let message = format!(
                "'instances' takes a name, a range or a list of them, not {}",
                instances.kind()
            );
            sink.push(Report::new(Code::BadInstances, message).at(instances.span));
            return None;
        }
    };
    let mut levels = Vec::with_capacity(items.len());
    // Those of the present level; items that do not descend share one.
    let mut named = HashMap::new();
    for item in items.iter() {
        let mut names = Vec::new();
        let is_list = match &item.value {
            RawValue::List(inner) => {
                for name in inner.iter() {
                    expand_name(name, &mut names, sink)?;
                }
                true
            }
            _ => {
                expand_name(item, &mut names, sink)?;
                false
            }
        };
        for (name, span) in &names {
            match named.entry(name.clone()) {
                Entry::Vacant(entry) => _ = entry.insert(*span),
                Entry::Occupied(first) => sink.push(twice(name, *span, *first.get())),
            }
        }
        let descends = is_list || names.len() > 1;
        if descends {
            named.clear();
        }
        levels.push(Level { names, descends });
    }
    if levels.iter().filter(|level| level.descends).count() > MAX_LEVELS {
        let message = format!("more than {MAX_LEVELS} levels of instances");
        sink.push(Report::new(Code::BadInstances, message).at(instances.span));
        return None;
    }
    Some(levels)
}

/// An instance is made once, however often it is named.
fn twice(name: &str, span: Span, first: Span) -> Report {
    let report = Report::new(Code::InstanceTwice, format!("the instance '{name}' is named twice"));
    report.at(span).label(first, "and here")
}

/// The value as a list, for exports that do not expand it.
pub(in crate::resolve) fn instance_literals(instances: &Raw) -> Vec<Literal> {
    match instances.literal() {
        Literal::Null => Vec::new(),
        Literal::List(items) => items,
        one => vec![one],
    }
}

fn expand_name(raw: &Raw, names: &mut Vec<(Rc<str>, Span)>, sink: &mut Sink) -> Option<()> {
    let text = name_of(raw, sink)?;
    // A dot parts names in a path.
    if text.is_empty() || text.contains('.') {
        let message = format!("'{text}' is no name for an instance");
        sink.push(Report::new(Code::BadInstances, message).at(raw.span));
        return None;
    }
    let Some(range) = Range::find(&text) else {
        names.push((text, raw.span));
        return Some(());
    };
    if let Some(report) = range.problem(&text, raw.span) {
        sink.push(report);
        return None;
    }
    // The same bracket elsewhere in the name counts along.
    let bracket = range.bracket;
    let name = |number: u64| (text.replace(bracket, &number.to_string()).into(), raw.span);
    names.extend((range.low..=range.high).map(name));
    Some(())
}

fn name_of(raw: &Raw, sink: &mut Sink) -> Option<Rc<str>> {
    let word = match &raw.value {
        RawValue::String(text) | RawValue::Timestamp(text) => return Some(text.clone()),
        RawValue::Int(_) | RawValue::Float(_) => return raw.key_text(),
        // As the language has always spelled them.
        RawValue::Bool(true) => "True",
        RawValue::Bool(false) => "False",
        RawValue::Null => "None",
        RawValue::List(_) | RawValue::Map(_) => {
            let message = format!("an instance is a name or a range, not {}", raw.kind());
            sink.push(Report::new(Code::BadInstances, message).at(raw.span));
            return None;
        }
    };
    sink.push(
        Report::new(
            Code::UnquotedWord,
            format!("this reads as {}, so the instance is named '{word}'", raw.kind()),
        )
        .at(raw.span)
        .help("put the name in quotes"),
    );
    Some(word.into())
}

/// `Row[1,4]`; of several brackets the last one counts.
#[derive(Debug)]
struct Range<'t> {
    /// `[1,4]` as written.
    bracket: &'t str,
    low: u64,
    high: u64,
}

impl<'t> Range<'t> {
    fn find(text: &'t str) -> Option<Range<'t>> {
        text.rmatch_indices('[').find_map(|(open, _)| {
            let (inside, _) = text[open + 1..].split_once(']')?;
            let (low, high) = inside.split_once(',')?;
            let number = |digits: &str| {
                let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                // A number beyond all bounds is caught as too far.
                is_number.then(|| digits.parse().unwrap_or(u64::MAX))
            };
            let bracket = &text[open..open + inside.len() + 2];
            Some(Range { bracket, low: number(low)?, high: number(high)? })
        })
    }

    fn problem(&self, text: &str, span: Span) -> Option<Report> {
        let Range { bracket, low, high } = self;
        if low > high {
            return Some(
                Report::new(Code::BadRange, format!("the range in '{text}' counts backwards"))
                    .at(span)
                    .help(format!("write '{}'", text.replace(bracket, &format!("[{high},{low}]")))),
            );
        }
        (high - low >= MAX_RANGE).then(|| {
            let message = format!("the range in '{text}' makes more than {MAX_RANGE} instances");
            Report::new(Code::BadRange, message).at(span)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Input, SourceMap};

    fn read(yaml: &str) -> Result<Vec<(String, bool)>, Vec<String>> {
        let mut sources = SourceMap::default();
        let input = Input::Path("a.yaml".into());
        let source = sources.add(input.clone(), yaml.into());
        let mut sink = Sink::default();
        let raw = crate::syntax::parse_raw(source, &input, yaml, &mut sink).unwrap();
        match levels(&raw, &mut sink) {
            Some(levels) => {
                let names = |level: &Level| -> Vec<String> {
                    level.names.iter().map(|(name, _)| name.to_string()).collect()
                };
                Ok(levels.iter().map(|l| (names(l).join(" "), l.descends)).collect())
            }
            None => Err(sink.finish(&sources).into_iter().map(|d| d.message).collect()),
        }
    }

    fn level(names: &str, descends: bool) -> (String, bool) {
        (names.to_owned(), descends)
    }

    #[test]
    fn names_ranges_and_lists_make_levels() {
        assert_eq!(read("L"), Ok(vec![level("L", false)]));
        assert_eq!(read("Row[1,3]"), Ok(vec![level("Row1 Row2 Row3", true)]));
        assert_eq!(read("[L, R]"), Ok(vec![level("L", false), level("R", false)]));
        assert_eq!(
            read("['Row[1,2]', [L, R]]"),
            Ok(vec![level("Row1 Row2", true), level("L R", true)])
        );
        assert_eq!(read("['Row[1,1]']"), Ok(vec![level("Row1", false)]));
        assert_eq!(read("[[L], 2]"), Ok(vec![level("L", true), level("2", false)]));
    }

    #[test]
    fn only_the_last_bracket_counts_and_padding_is_lost() {
        assert_eq!(read("'R[1,2]ow[03,4]x'"), Ok(vec![level("R[1,2]ow3x R[1,2]ow4x", true)]));
        assert_eq!(read("'R[1,2]o[1,2]w'"), Ok(vec![level("R1o1w R2o2w", true)]));
        assert_eq!(read("'Row[1, 2]'"), Ok(vec![level("Row[1, 2]", false)]));
    }

    #[test]
    fn bad_ranges_are_refused() {
        assert_eq!(
            read("'Row[4,1]'"),
            Err(vec!["the range in 'Row[4,1]' counts backwards".to_owned()])
        );
        assert_eq!(
            read("'Row[1,99999999999999999999999]'").unwrap_err()[0],
            "the range in 'Row[1,99999999999999999999999]' makes more than 100000 instances"
        );
        assert_eq!(read("{a: 1}").unwrap_err().len(), 1);
        assert_eq!(read("[[[a]]]").unwrap_err(), ["an instance is a name or a range, not a list"]);
    }
}
