//! Identifiers for the schema languages, whose names are ASCII.
//!
//! Words are split as `heck` does, and whatever is no ASCII letter or digit separates
//! them. Two names of one scope are the same where they differ only in case and
//! underscores: the tools of these languages turn names into those of others, where such
//! names meet. The first keeps its name, later ones are numbered from 2, in the order of
//! the model.

use std::collections::{HashMap, HashSet};

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// `is_open`; a name of which nothing is left is `signal`.
pub(super) fn snake(name: &str) -> String {
    begun(ascii(name).to_snake_case(), "signal", "n")
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
            ("IsOpen", "is_open", "IS_OPEN", "IsOpen"),
            ("DTCList", "dtc_list", "DTC_LIST", "DtcList"),
            ("Row1", "row1", "ROW1", "Row1"),
            ("A-B", "a_b", "A_B", "AB"),
            ("1st", "n1st", "1ST", "N1st"),
            ("__init__", "init", "INIT", "Init"),
            ("Größe", "gr_e", "GR_E", "GrE"),
            ("速度", "signal", "VALUE", "Node"),
            ("", "signal", "VALUE", "Node"),
            ("A.速.b", "a_b", "A_B", "ANodeB"),
        ];
        for (name, a, b, c) in table {
            let made = (snake(name), shouty(name), type_name(name));
            assert_eq!((&*made.0, &*made.1, &*made.2), (a, b, c), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_taken_is_numbered() {
        let mut scope = Scope::with(["Int64"]);
        let names = ["a_b", "AB", "ab2", "ab", "int64", "ab"].map(|n| scope.claim(n.to_owned()));
        assert_eq!(names, ["a_b", "AB2", "ab2_2", "ab3", "int64_2", "ab4"]);
    }
}
