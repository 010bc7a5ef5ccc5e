//! Every name in generated Python.
//!
//! The rule, for attributes and enum members alike:
//!
//! 1. Each character that is no ASCII letter, digit or underscore becomes `_`: `A-B` is `A_B`.
//! 2. A name that then begins with a digit or an underscore gets an `n` in front: `2WD` is
//!    `n2WD`. So no name is private, and none can meet the SDK's own private names.
//! 3. A keyword, and a name that the SDK itself uses, gets an underscore behind: `class` is
//!    `class_`, `get` is `get_`.
//! 4. Where two names of one branch come out the same, the one that needed no change keeps
//!    it, and the others get `_2`, `_3` and so on in the model's order.
//!
//! A class is named like its path without the dots, each part beginning with a capital:
//! `VehicleCabinDoor`. In place of an instance stands what the instances' names have in
//! common: `VehicleCabinDoorRow` for `Row1` and `Row2`, else `Item`. The enum of a signal is
//! named like its path in the same way, without anything for instances.

use std::collections::HashSet;

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// What generated class bodies say themselves: a property of such a name would stand in for
/// the built-in in every line below it.
const BUILTINS: [&str; 6] = ["bool", "float", "int", "list", "property", "str"];

/// Public attributes of the SDK's branches and signals, those to come included, so that an
/// app's source stays valid when the SDK grows.
const SDK: [&str; 36] = [
    "allowed",
    "attribute",
    "available",
    "batch",
    "between",
    "branches",
    "callback",
    "children",
    "comment",
    "datatype",
    "default",
    "deprecation",
    "description",
    "element",
    "element_at",
    "get",
    "getNode",
    "instances",
    "join",
    "leaves",
    "max",
    "min",
    "name",
    "parent",
    "path",
    "provides",
    "publish",
    "root",
    "set",
    "set_many",
    "signals",
    "stream",
    "subscribe",
    "unit",
    "values",
    "where",
];

/// What the package holds beside the modules of branches; a module of such a name would
/// take its place.
const PACKAGE: [&str; 3] = ["enums", "structs", "vehicle"];

/// Attributes of `str`, `int` and `Enum`, which an enum's members must leave alone.
const ENUM: [&str; 61] = [
    "as_integer_ratio",
    "bit_count",
    "bit_length",
    "capitalize",
    "casefold",
    "center",
    "conjugate",
    "count",
    "denominator",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "from_bytes",
    "imag",
    "index",
    "is_integer",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "mro",
    "name",
    "numerator",
    "partition",
    "real",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "to_bytes",
    "translate",
    "upper",
    "value",
    "zfill",
];

/// The attributes of a branch, in the order of its children.
pub(super) fn attributes(names: &[&str]) -> Vec<String> {
    allot(names, |name| is_in(name, &[&KEYWORDS, &BUILTINS, &SDK]))
}

/// The fields of a struct, in the order of its properties.
pub(super) fn fields(names: &[&str]) -> Vec<String> {
    allot(names, |name| is_in(name, &[&KEYWORDS, &BUILTINS]))
}

/// The members of an enum, in the order of its values.
pub(super) fn members(values: &[&str]) -> Vec<String> {
    allot(values, |name| is_in(name, &[&KEYWORDS, &ENUM]))
}

/// Modules, in the order of the branches they hold.
pub(super) fn modules(names: &[&str]) -> Vec<String> {
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    allot(&lower, |name| is_in(name, &[&KEYWORDS, &PACKAGE]))
}

fn is_in(name: &str, lists: &[&[&str]]) -> bool {
    lists.iter().any(|list| list.contains(&name))
}

fn allot(names: &[&str], is_reserved: impl Fn(&str) -> bool) -> Vec<String> {
    let wanted: Vec<String> = names
        .iter()
        .map(|name| {
            let plain = identifier(name);
            if is_reserved(&plain) { format!("{plain}_") } else { plain }
        })
        .collect();
    let mut taken = Taken::default();
    // First those that keep their name, so that a neighbour never changes it.
    for (name, wanted) in names.iter().zip(&wanted) {
        if name == wanted {
            taken.0.insert(wanted.clone());
        }
    }
    let mut kept: HashSet<&str> = HashSet::new();
    names
        .iter()
        .zip(&wanted)
        .map(|(name, wanted)| {
            let keeps = name == wanted && kept.insert(wanted);
            if keeps { wanted.clone() } else { taken.claim(wanted) }
        })
        .collect()
}

/// Rules 1 and 2.
fn identifier(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("n{plain}") }
}

/// Names in use somewhere.
#[derive(Debug, Default)]
pub(super) struct Taken(HashSet<String>);

impl Taken {
    pub(super) fn reserve(&mut self, names: impl IntoIterator<Item = String>) {
        self.0.extend(names);
    }

    /// `wanted`, or with the first free number behind it.
    pub(super) fn claim(&mut self, wanted: &str) -> String {
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let free = std::iter::once(wanted.to_owned()).chain(numbered).find(|n| !self.0.contains(n));
        let name = free.unwrap_or_default();
        self.0.insert(name.clone());
        name
    }
}

/// A part of a class name: an identifier that begins with a capital.
pub(super) fn class_part(name: &str) -> String {
    let plain = identifier(name);
    let (first, rest) = plain.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}

/// What stands in a class name for several instances: the words their names begin with in
/// common, or else end with, digits left aside.
pub(super) fn common_part(names: &[&str]) -> String {
    let split: Vec<Vec<&str>> = names.iter().map(|name| words(name)).collect();
    let Some((first, others)) = split.split_first() else { return "Item".to_owned() };
    let shared = |get: fn(&[&str], usize) -> Option<String>| {
        let same = |i: &usize| {
            let word = get(first, *i);
            word.is_some() && others.iter().all(|other| get(other, *i) == word)
        };
        (0..).take_while(same).count()
    };
    let front = shared(|words, i| words.get(i).map(|w| (*w).to_owned()));
    let back = shared(|words, i| words.iter().rev().nth(i).map(|w| (*w).to_owned()));
    match (front, back) {
        (0, 0) => "Item".to_owned(),
        (0, back) => class_part(&first[first.len() - back..].concat()),
        (front, _) => class_part(&first[..front].concat()),
    }
}

/// `DriverSide` is Driver and Side; digits and other signs only separate.
fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = None;
    let mut previous = ' ';
    for (index, c) in name.char_indices() {
        let begins = c.is_alphabetic() && (start.is_none() || starts_word(previous, c));
        if let Some(from) = start
            && (begins || !c.is_alphabetic())
        {
            words.push(&name[from..index]);
            start = None;
        }
        if begins {
            start = Some(index);
        }
        previous = c;
    }
    words.extend(start.map(|from| &name[from..]));
    words
}

fn starts_word(previous: char, c: char) -> bool {
    previous.is_lowercase() && c.is_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_keep_their_name_where_python_and_the_sdk_allow_it() {
        let table = [
            ("Speed", "Speed"),
            ("isOpen", "isOpen"),
            ("A-B", "A_B"),
            ("Größe", "Gr__e"),
            ("2WD", "n2WD"),
            ("_path", "n_path"),
            ("__init__", "n__init__"),
            ("class", "class_"),
            ("None", "None_"),
            ("match", "match"),
            ("get", "get_"),
            ("name", "name_"),
            ("parent", "parent_"),
            ("property", "property_"),
            ("Sensor", "Sensor"),
            ("", "n"),
        ];
        for (name, expected) in table {
            assert_eq!(attributes(&[name]), [expected], "{name:?}");
        }
    }

    #[test]
    fn names_that_come_out_the_same_are_numbered_and_the_exact_one_stays() {
        assert_eq!(attributes(&["A-B", "A.B", "A_B"]), ["A_B_2", "A_B_3", "A_B"]);
        assert_eq!(attributes(&["get", "get_"]), ["get__2", "get_"]);
        assert_eq!(attributes(&["A_B", "A-B", "A_B_2"]), ["A_B", "A_B_3", "A_B_2"]);
        assert_eq!(attributes(&["A", "A"]), ["A", "A_2"]);
    }

    #[test]
    fn members_leave_the_attributes_of_str_and_enum_alone() {
        let values = ["ON", "title", "name", "mro", "2ND", "", "a b", "a-b", "SAE_0", "None"];
        let expected =
            ["ON", "title_", "name_", "mro_", "n2ND", "n", "a_b", "a_b_2", "SAE_0", "None_"];
        assert_eq!(members(&values), expected);
    }

    #[test]
    fn modules_are_lower_case_and_never_the_enums() {
        let names = ["Cabin", "OBD", "Enums", "Import", "CABIN", "Vehicle"];
        assert_eq!(modules(&names), ["cabin", "obd", "enums_", "import_", "cabin_2", "vehicle_"]);
    }

    #[test]
    fn instances_share_the_words_they_have_in_common() {
        let table: [(&[&str], &str); 7] = [
            (&["Row1", "Row2"], "Row"),
            (&["DriverSide", "PassengerSide"], "Side"),
            (&["FrontLeft", "FrontRight"], "Front"),
            (&["Left", "Right"], "Item"),
            (&["1", "2"], "Item"),
            (&["row1", "row2"], "Row"),
            (&["Sensor_1", "Sensor_2"], "Sensor"),
        ];
        for (names, expected) in table {
            assert_eq!(common_part(names), expected, "{names:?}");
        }
    }
}
