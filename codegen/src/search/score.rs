//! How well a node matches.

use indexmap::IndexMap;

use super::query::{Query, Term};
use crate::model::{Node, Unit};

/// What a word is worth by where it stands, as a whole word and as part of one.
const NAME: (u32, u32) = (60, 40);
const PATH: (u32, u32) = (30, 20);
const UNIT: (u32, u32) = (15, 0);
const DESCRIPTION: (u32, u32) = (10, 6);
const COMMENT: (u32, u32) = (4, 2);
/// The name is the word, with nothing beside it.
const EXACT: u32 = 100;

/// A node in lower case, for comparing.
pub(super) struct Folded {
    path: String,
    name_starts: usize,
    /// The words of the path's names, and how many of them are those of the last name.
    words: Vec<String>,
    own_words: usize,
    kind: &'static str,
    datatype: String,
    /// Key and label.
    units: Vec<String>,
    description: String,
    comment: String,
}

impl Folded {
    pub(super) fn new(node: &Node, units: &IndexMap<String, Unit>) -> Folded {
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().to_lowercase();
        let words: Vec<String> = node.path.split('.').flat_map(words_of).collect();
        let own_words = words_of(&node.name).len().min(words.len());
        let path = node.path.to_lowercase();
        let unit = node.leaf().and_then(|leaf| leaf.unit.as_ref());
        let label = unit.and_then(|key| units.get(key)?.label.as_ref());
        Folded {
            name_starts: path.rfind('.').map_or(0, |dot| dot + 1),
            path,
            words,
            own_words,
            kind: node.type_name(),
            datatype: node.leaf().map(|leaf| leaf.datatype.to_string()).unwrap_or_default(),
            units: unit.into_iter().chain(label).map(|name| name.to_lowercase()).collect(),
            description: text(&node.description),
            comment: text(&node.comment),
        }
    }

    /// Every word of the path's names, in lower case.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Every word of the node, in lower case.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        let texts = [&self.description, &self.comment];
        let texts = texts.into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
        let texts = texts.filter(|word| word.chars().count() > 2);
        self.names().chain(texts)
    }

    pub(super) fn holds(&self, word: &str) -> bool {
        self.word(word) > 0
    }

    /// `None` where a term does not match.
    pub(super) fn score(&self, query: &Query) -> Option<u32> {
        query.terms.iter().try_fold(0, |sum, term| {
            let score = self.term(term);
            (score > 0).then_some(sum + score)
        })
    }

    fn term(&self, term: &Term) -> u32 {
        let is = |matches: bool| u32::from(matches);
        match term {
            Term::Word(word) => self.word(word),
            Term::Path(part) => is(self.path.contains(part.as_str())),
            Term::PathPattern(pattern) => is(matches_end(pattern, &self.path)),
            Term::Type(kind) => is(self.kind == kind),
            Term::Datatype(name) => is(self.datatype.to_lowercase() == *name),
            Term::Unit(unit) => is(self.units.contains(unit)),
            Term::Text(text) => {
                is(self.description.contains(text.as_str()) || self.comment.contains(text.as_str()))
            }
        }
    }

    fn word(&self, word: &str) -> u32 {
        let name = &self.path[self.name_starts..];
        if name == word {
            return EXACT;
        }
        let (above, own) = self.words.split_at(self.words.len() - self.own_words);
        // A phrase may be words of a name in camel case.
        let has = |words: &[String]| match word.contains(' ') {
            true => words.join(" ").contains(word),
            false => words.iter().any(|other| other == word),
        };
        let places = [
            (NAME, has(own), name.contains(word)),
            (PATH, has(above), self.path.contains(word)),
            (UNIT, self.units.iter().any(|unit| unit == word), false),
            (DESCRIPTION, has_word(&self.description, word), self.description.contains(word)),
            (COMMENT, has_word(&self.comment, word), self.comment.contains(word)),
        ];
        let worth = |((whole, part), is_whole, is_part): ((u32, u32), bool, bool)| {
            if is_whole {
                whole
            } else if is_part {
                part
            } else {
                0
            }
        };
        places.into_iter().map(worth).max().unwrap_or_default()
    }
}

/// The words of a name in camel case, in lower case: `HVACFanSpeed2` is hvac, fan, speed2.
fn words_of(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (at, character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(at + 1);
        let begins = match before {
            None => true,
            Some(before) if !before.is_uppercase() => character.is_uppercase(),
            // The last capital of several begins the next word.
            Some(_) => character.is_uppercase() && after.is_some_and(|c| c.is_lowercase()),
        };
        if begins || words.is_empty() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
    }
    words
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        is_edge(text[..at].chars().next_back()) && is_edge(text[at + word.len()..].chars().next())
    })
}

/// Whether a pattern with `*` matches the path, or its end from one of its names on.
fn matches_end(pattern: &str, path: &str) -> bool {
    let mut starts = std::iter::once(0).chain(path.match_indices('.').map(|(dot, _)| dot + 1));
    starts.any(|start| matches(pattern, &path[start..]))
}

/// `*` stands for any text. What is between the stars is found from left to right.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_camel_case_have_words() {
        for (name, expected) in [
            ("IsChildLockActive", "is child lock active"),
            ("HVAC", "hvac"),
            ("HVACFanSpeed2", "hvac fan speed2"),
            ("Row1", "row1"),
            ("speed", "speed"),
            ("DTCList", "dtc list"),
        ] {
            assert_eq!(words_of(name).join(" "), expected);
        }
    }

    #[test]
    fn a_pattern_matches_the_path_or_its_end() {
        for (pattern, path, expected) in [
            ("cabin.*", "vehicle.cabin.door", true),
            ("cabin.*", "vehicle.cabinet.door", false),
            ("*.door", "vehicle.cabin.door", true),
            ("vehicle.*.door", "vehicle.cabin.door", true),
            ("v*c*d*r", "vehicle.cabin.door", true),
            ("cabin*", "vehicle.cabin", true),
            ("door*x", "vehicle.door", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches_end(pattern, path), expected, "{pattern} on {path}");
        }
    }
}
