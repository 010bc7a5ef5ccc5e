//! Identifiers for the schema languages, whose names are ASCII, and in any language the
//! name that instances have together.
//!
//! Words are split as `heck` does, and whatever is no ASCII letter or digit separates
//! them. Two names of one scope are the same where they differ only in case and
//! underscores: the tools of these languages turn names into those of others, where such
//! names meet. The first keeps its name, later ones are numbered from 2, in the order of
//! the model.

use std::collections::{HashMap, HashSet};

use heck::{ToLowerCamelCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// `is_open`; a name of which nothing is left is `signal`.
pub(super) fn snake(name: &str) -> String {
    begun(ascii(name).to_snake_case(), "signal", "n")
}

/// `isOpen`
pub(super) fn lower_camel(name: &str) -> String {
    begun(ascii(name).to_lower_camel_case(), "signal", "n")
}

/// `IS_OPEN`, perhaps with a digit in front; a name of which nothing is left is `VALUE`.
pub(super) fn shouty(name: &str) -> String {
    let name = ascii(name).to_shouty_snake_case();
    if name.is_empty() { "VALUE".to_owned() } else { name }
}

/// `VehicleCabinDoor` for `Vehicle.Cabin.Door`.
pub(super) fn type_name(path: &str) -> String {
    let parts = path.split('.').map(|part| match ascii(part).to_upper_camel_case() {
        part if part.is_empty() => "Node".to_owned(),
        part => part,
    });
    begun(parts.collect(), "Node", "N")
}

fn ascii(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn begun(name: String, empty: &str, letter: &str) -> String {
    match name.chars().next() {
        None => empty.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{letter}{name}"),
        Some(_) => name,
    }
}

/// The name for what several siblings share: the word that all of them have.
pub(super) fn common(names: &[&str]) -> String {
    let words: Vec<Vec<String>> = names
        .iter()
        .map(|name| {
            let name = latin(name).to_snake_case();
            let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
            name.split('_').map(str::to_owned).collect()
        })
        .collect();
    let shared = |at: &dyn Fn(&[String], usize) -> Option<String>| {
        let matching = |index: usize| {
            let word = at(&words[0], index)?;
            words.iter().all(|other| at(other, index).as_ref() == Some(&word)).then_some(word)
        };
        (0..).map_while(matching).collect::<Vec<_>>()
    };
    let mut last = shared(&|words, index| words.iter().rev().nth(index).cloned());
    last.reverse();
    let first = shared(&|words, index| words.get(index).cloned());
    let found =
        [last, first].into_iter().map(|words| words.join("_")).find(|name| !name.is_empty());
    found.unwrap_or_else(|| "instance".to_owned())
}

/// Letters of the Latin scripts and digits; everything else separates words.
pub(super) fn latin(name: &str) -> String {
    let keep = |c: char| {
        c.is_ascii_alphanumeric() || (('\u{c0}'..='\u{24f}').contains(&c) && c.is_alphabetic())
    };
    name.chars().map(|c| if keep(c) { c } else { '_' }).collect()
}

/// The names of one scope, each given once.
#[derive(Debug, Default)]
pub(super) struct Scope {
    taken: HashSet<String>,
    /// The number to try next behind a name that is taken.
    next: HashMap<String, usize>,
}

impl Scope {
    pub(super) fn with<'n>(names: impl IntoIterator<Item = &'n str>) -> Scope {
        Scope { taken: names.into_iter().map(sameness).collect(), next: HashMap::new() }
    }

    /// `name`, or with a number behind it.
    pub(super) fn claim(&mut self, name: String) -> String {
        let key = sameness(&name);
        if self.taken.insert(key.clone()) {
            return name;
        }
        let joint = if name.ends_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
        let next = self.next.entry(key).or_insert(2);
        loop {
            let numbered = format!("{name}{joint}{next}");
            *next += 1;
            if self.taken.insert(sameness(&numbered)) {
                return numbered;
            }
        }
    }
}

/// Whether two names differ in nothing but case and underscores.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    sameness(a) == sameness(b)
}

fn sameness(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_an_identifier() {
        let table = [
            ("IsOpen", "is_open", "isOpen", "IS_OPEN", "IsOpen"),
            ("DTCList", "dtc_list", "dtcList", "DTC_LIST", "DtcList"),
            ("Row1", "row1", "row1", "ROW1", "Row1"),
            ("A-B", "a_b", "aB", "A_B", "AB"),
            ("1st", "n1st", "n1st", "1ST", "N1st"),
            ("__init__", "init", "init", "INIT", "Init"),
            ("Größe", "gr_e", "grE", "GR_E", "GrE"),
            ("速度", "signal", "signal", "VALUE", "Node"),
            ("", "signal", "signal", "VALUE", "Node"),
            ("A.速.b", "a_b", "aB", "A_B", "ANodeB"),
        ];
        for (name, a, b, c, d) in table {
            let made = (snake(name), lower_camel(name), shouty(name), type_name(name));
            let made = (&*made.0, &*made.1, &*made.2, &*made.3);
            assert_eq!(made, (a, b, c, d), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_taken_is_numbered() {
        let mut scope = Scope::with(["Int64"]);
        let names = ["a_b", "AB", "ab2", "ab", "int64", "ab"].map(|n| scope.claim(n.to_owned()));
        assert_eq!(names, ["a_b", "AB2", "ab2_2", "ab3", "int64_2", "ab4"]);
    }

    #[test]
    fn siblings_share_the_word_that_all_of_them_have() {
        assert_eq!(common(&["Row1", "Row2"]), "row");
        assert_eq!(common(&["DriverSide", "PassengerSide"]), "side");
        assert_eq!(common(&["FrontLeft", "FrontRight"]), "front");
        assert_eq!(common(&["Left", "Right"]), "instance");
        assert_eq!(common(&["1", "2"]), "instance");
    }
}
