//! Names of the model as names of Rust.
//!
//! The rule: words are split as `heck` does (`DTCList` is `dtc_list`), whatever is no
//! letter or digit separates words, a leading digit gets `_` in front, a keyword or a
//! name that the generated code needs itself gets `_` behind it. Where two names of one
//! scope become the same, the first keeps it and later ones are numbered from 2, in the
//! order of the model.

use std::collections::HashSet;

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

use crate::target::identifier::latin;

const KEYWORDS: [&str; 53] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "Self",
];

/// Types that the templates name without a path, and the one keyword in capitals.
const TYPES_IN_USE: [&str; 14] = [
    "About",
    "Actuator",
    "Attribute",
    "Branch",
    "Choice",
    "Instances",
    "None",
    "Option",
    "Self",
    "Sensor",
    "Some",
    "String",
    "Value",
    "Vec",
];

/// Files that cargo, or Windows, takes for something else.
const FILES_IN_USE: [&str; 7] = ["aux", "bin", "con", "lib", "main", "nul", "prn"];

/// A field, a function or an accessor.
pub(super) fn function(name: &str) -> String {
    guarded(latin(name).to_snake_case(), "signal", &KEYWORDS)
}

/// In ASCII alone: cargo finds no file for a module of another name.
pub(super) fn module(name: &str) -> String {
    let ascii: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let name = function(&ascii);
    if FILES_IN_USE.contains(&name.as_str()) { name + "_" } else { name }
}

pub(super) fn constant(name: &str) -> String {
    guarded(latin(name).to_shouty_snake_case(), "SIGNAL", &[])
}

pub(super) fn type_name(name: &str) -> String {
    guarded(latin(name).to_upper_camel_case(), "Type", &TYPES_IN_USE)
}

/// A variant of an enum. An allowed value without any letter or digit is `Value`. The
/// constants of every enum keep their names.
pub(super) fn variant(name: &str) -> String {
    guarded(latin(name).to_upper_camel_case(), "Value", &["Self", "ALL", "RAW"])
}

fn guarded(name: String, empty: &str, reserved: &[&str]) -> String {
    if name.is_empty() {
        return empty.to_owned();
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("_{name}");
    }
    if reserved.contains(&name.as_str()) {
        return name + "_";
    }
    name
}

/// The names of one scope, each given once.
#[derive(Debug, Default)]
pub(super) struct Scope {
    taken: HashSet<String>,
}

impl Scope {
    pub(super) fn with(names: &[&str]) -> Scope {
        Scope { taken: names.iter().map(|name| (*name).to_owned()).collect() }
    }

    /// For functions, modules and constants, whose words are joined by `_`.
    pub(super) fn snake(&mut self, name: String) -> String {
        self.claim(name, "_")
    }

    /// For types and variants.
    pub(super) fn camel(&mut self, name: String) -> String {
        self.claim(name, "")
    }

    fn claim(&mut self, name: String, joint: &str) -> String {
        let joint = if name.ends_with('_') { "" } else { joint };
        let numbered = (2..).map(|number| format!("{name}{joint}{number}"));
        let free = std::iter::once(name.clone())
            .chain(numbered)
            .find(|candidate| !self.taken.contains(candidate))
            .unwrap_or(name);
        self.taken.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_one_that_rust_accepts() {
        let table = [
            ("IsOpen", "is_open", "IsOpen", "IS_OPEN"),
            ("DTCList", "dtc_list", "DtcList", "DTC_LIST"),
            ("Row1", "row1", "Row1", "ROW1"),
            ("A-B", "a_b", "AB", "A_B"),
            ("1st", "_1st", "_1st", "_1ST"),
            ("Type", "type_", "Type", "TYPE"),
            ("self", "self_", "Self_", "SELF"),
            ("Gen", "gen_", "Gen", "GEN"),
            ("None", "none", "None_", "NONE"),
            ("Option", "option", "Option_", "OPTION"),
            ("Tür", "tür", "Tür", "TÜR"),
            ("速度", "signal", "Type", "SIGNAL"),
            ("_", "signal", "Type", "SIGNAL"),
        ];
        for (name, snake, camel, shouty) in table {
            assert_eq!(
                (&*function(name), &*type_name(name), &*constant(name)),
                (snake, camel, shouty)
            );
        }
        assert_eq!((module("Main"), module("Aux")), ("main_".to_owned(), "aux_".to_owned()));
        assert_eq!((module("Tür"), module("é")), ("t_r".to_owned(), "signal".to_owned()));
        assert_eq!((variant("None"), variant("+")), ("None".to_owned(), "Value".to_owned()));
        assert_eq!((variant("RAW"), variant("A l l")), ("Raw".to_owned(), "ALL_".to_owned()));
    }

    #[test]
    fn a_name_that_is_taken_is_numbered() {
        let mut scope = Scope::with(&["paths"]);
        let names = ["a_b", "a_b", "a_b_2", "paths", "a_b"].map(|n| scope.snake(n.to_owned()));
        assert_eq!(names, ["a_b", "a_b_2", "a_b_2_2", "paths_2", "a_b_3"]);
        assert_eq!(["self_", "self_"].map(|n| scope.snake(n.to_owned())), ["self_", "self_2"]);
        assert_eq!(["AB", "AB"].map(|n| scope.camel(n.to_owned())), ["AB", "AB2"]);
    }
}
