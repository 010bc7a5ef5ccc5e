//! Pass: lays overlays over the model, in order.

use std::rc::Rc;

use indexmap::IndexMap;

use super::{
    flat::Flat,
    include::{Globs, gather},
    reader::Reader,
};
use crate::{
    diagnostic::{Code, Report, Sink},
    source::{Input, Span},
    syntax::Attributes,
};

pub(super) fn lay(
    flat: &mut Flat,
    overlays: &[Input],
    include_dirs: &[Input],
    reader: &mut Reader<'_>,
    sink: &mut Sink,
) {
    for overlay in overlays {
        if let Some(id) = reader.require(overlay, sink) {
            gather(flat, id, Globs::Everywhere, include_dirs, reader, sink);
        }
    }
}

/// A node as a file has it: its full name, where it stands, and its attributes.
pub(super) type Keyed<'n> = (Rc<str>, Span, &'n Rc<Attributes>);

/// The nodes of one file as if it had spelled them out. A key with `*` stands for every key
/// that it matches among those there before the file; of several entries for one key the
/// last counts alone.
pub(super) fn spell_out<'n>(
    flat: &Flat,
    nodes: impl Iterator<Item = Keyed<'n>>,
    sink: &mut Sink,
) -> Vec<Keyed<'n>> {
    let mut spelled: IndexMap<Rc<str>, (Span, &Rc<Attributes>)> = IndexMap::new();
    for (key, span, attributes) in nodes {
        if !key.contains('*') {
            spelled.insert(key, (span, attributes));
            continue;
        }
        let pattern = Pattern::new(&key);
        let matched: Vec<_> = flat.nodes.keys().filter(|k| pattern.matches(k)).cloned().collect();
        if matched.is_empty() {
            let report = lost(&key, span, flat, sink);
            sink.push(report);
        }
        spelled.extend(matched.into_iter().map(|key| (key, (span, attributes))));
    }
    spelled.into_iter().map(|(key, (span, attributes))| (key, span, attributes)).collect()
}

fn lost(pattern: &str, span: Span, flat: &Flat, sink: &mut Sink) -> Report {
    let near = sink.nearest(pattern, flat.nodes.keys().map(|key| &**key));
    Report::new(Code::GlobMatchesNothing, format!("'{pattern}' matches no node"))
        .at(span)
        .did_you_mean(near)
}

/// A pattern and the plain text that it begins and ends with, by which most names are out.
struct Pattern<'p> {
    prefix: &'p str,
    suffix: &'p str,
    characters: Vec<char>,
}

impl<'p> Pattern<'p> {
    fn new(text: &'p str) -> Pattern<'p> {
        const SPECIAL: [char; 4] = ['*', '?', '[', ']'];
        let prefix = text.split(SPECIAL).next().unwrap_or_default();
        let suffix = text.rsplit(SPECIAL).next().unwrap_or_default();
        Pattern { prefix, suffix, characters: text.chars().collect() }
    }

    fn matches(&self, text: &str) -> bool {
        text.starts_with(self.prefix)
            && text.ends_with(self.suffix)
            && matches(&self.characters, text)
    }
}

/// Shell patterns: `*` crosses dots, `?` is one character, `[ab]`, `[a-c]` and `[!a]` are sets.
fn matches(pattern: &[char], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last star took one character more.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => match set(&pattern[p..], text[t]) {
                Some((true, length)) => Some(length),
                Some((false, _)) => None,
                None => (text[t] == '[').then_some(1),
            },
            Some(character) => (*character == text[t]).then_some(1),
            None => None,
        };
        match (step, retry) {
            (Some(step), _) => (p, t) = (p + step, t + 1),
            (None, Some((after, from))) => {
                retry = Some((after, from + 1));
                (p, t) = (after, from + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|character| *character == '*')
}

/// Whether the set that begins here has the character, and how long it is; `None` where
/// the bracket is never closed and stands for itself.
fn set(pattern: &[char], character: char) -> Option<(bool, usize)> {
    let negated = pattern.get(1) == Some(&'!');
    let first = if negated { 2 } else { 1 };
    // A bracket in the first place is a member.
    let close = (first + 1..pattern.len()).find(|at| pattern[*at] == ']')?;
    let members = &pattern[first..close];
    let mut found = false;
    let mut at = 0;
    while at < members.len() {
        if members.get(at + 1) == Some(&'-') && at + 2 < members.len() {
            found |= (members[at]..=members[at + 2]).contains(&character);
            at += 3;
        } else {
            found |= members[at] == character;
            at += 1;
        }
    }
    Some((found != negated, close + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, text, expected) in [
            ("A.*", "A.B.C", true),
            ("*.C", "A.B.C", true),
            ("A.*.C", "A.C", false),
            ("*B*", "A.B.C", true),
            ("*", "", true),
            ("a.*", "A.B", false),
            ("*.?", "A.B", true),
            ("*.?", "A.BC", false),
            ("*.Row[12]", "A.Row2", true),
            ("*.Row[!12]", "A.Row2", false),
            ("*.Row[1-3]", "A.Row2", true),
            ("*.[", "A.[", true),
            ("*.[]]", "A.]", true),
            ("*.[a]]", "A.a]", true),
            ("A.B*B.A", "A.B.A", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern:?} on {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        let pattern: Vec<char> = "*a*a*a*a*a*a*a*a*a*b".chars().collect();
        assert!(!matches(&pattern, &"a".repeat(2000)));
    }
}
