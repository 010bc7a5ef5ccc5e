//! Schemas of any good model are ones that the tools of their language accept, whatever
//! its names become.

use std::fmt::Write;

use proptest::prelude::*;

use super::{fixture::catalog, graphql, jsonschema, protobuf};

/// Many of these meet once they are names of another language.
const NAMES: &[&str] = &[
    "A",
    "a",
    "A-B",
    "A_B",
    "AB",
    "ab",
    "aB",
    "A_B_2",
    "AB2",
    "ab2_2",
    "1",
    "_1",
    "N1",
    "n1",
    "速",
    "度",
    "Node",
    "Signal",
    "signal2",
    "Mode",
    "mode",
    "ModeX",
    "MODE_X",
    "Unspecified",
    "Value",
    "Row1",
    "Row_1",
    "Row2",
    "Query",
    "Int64",
    "Input",
    "true",
    "Car",
    "CarA",
    "message",
    "__typename",
];

const LEAVES: &[&str] = &[
    "type: sensor, datatype: uint8, min: 0, max: 9",
    "type: actuator, datatype: uint64",
    "type: actuator, datatype: string, allowed: ['', 'a b', 'a-b', A_B, a, A, '1', '_1', 'true']",
    "type: attribute, datatype: 'string[]', allowed: [UNSPECIFIED, Unspecified, VALUE, '+', '速']",
    "type: sensor, datatype: int64, enum: {A: -1, B_: 5000000000, B: 0}",
    "type: actuator, datatype: int8, enum: {A: 1, A_: 2, UNSPECIFIED: 3}",
    "type: actuator, datatype: 'Car.Kinds.Mode[]'",
    "type: sensor, datatype: Car.Kinds.A, constUID: '0x00000007'",
    "type: sensor, datatype: float, constUID: '0x00000007', deprecation: \"\\\"\\\"\\\" \\\\\"",
    "type: attribute, datatype: string, pattern: '[\\]\"]+', description: \"\\\"\\\"\\\"\\\\\\n*/ \\u2028 # '\"",
];

const STRUCTS: &str = "
Car.Kinds: {type: branch}
Car.Kinds.A: {type: struct}
Car.Kinds.A.A-B: {type: property, datatype: string, allowed: [A]}
Car.Kinds.A.A_B: {type: property, datatype: uint32}
Car.Kinds.Mode: {type: struct}
Car.Kinds.Mode.Inner: {type: property, datatype: 'Car.Kinds.A[]'}
";

#[derive(Clone, Debug)]
enum Tree {
    Leaf(&'static str),
    Branch(Vec<(&'static str, Tree)>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop::sample::select(LEAVES).prop_map(Tree::Leaf);
    leaf.prop_recursive(3, 40, 8, |child| {
        let named = (prop::sample::select(NAMES), child);
        prop::collection::vec(named, 0..8).prop_map(Tree::Branch)
    })
}

fn write(path: &str, tree: &Tree, text: &mut String) {
    match tree {
        Tree::Leaf(attributes) => {
            let _ = writeln!(text, "{path}: {{{attributes}}}");
        }
        Tree::Branch(children) => {
            let _ = writeln!(text, "{path}: {{type: branch}}");
            for (at, (name, child)) in children.iter().enumerate() {
                if !children[..at].iter().any(|(earlier, _)| earlier == name) {
                    write(&format!("{path}.{name}"), child, text);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn schemas_of_any_names_are_valid(children in prop::collection::vec((prop::sample::select(NAMES), tree()), 0..8)) {
        let mut model = format!("{STRUCTS}Car.Speed: {{type: sensor, datatype: float}}\n");
        write("Car", &Tree::Branch(children), &mut model);
        let catalog = catalog(&model);
        protobuf::tests::compiled(&protobuf::tests::proto(&catalog));
        graphql::tests::parsed(&graphql::tests::schema(&catalog, graphql::tests::WRITING));
        jsonschema::tests::schema(&catalog, jsonschema::tests::STRICT);
    }
}
