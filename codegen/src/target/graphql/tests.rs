//! What the schema looks like, and that a parser of GraphQL accepts it.

use std::collections::{HashMap, HashSet};

use apollo_parser::{
    Parser,
    cst::{CstNode, Definition},
};

use super::{Options, to_string};
use crate::{
    Templates,
    model::Catalog,
    target::fixture::{self, catalog, unexpanded, without_version},
};

const READING: Options = Options { mutations: false };
pub(in crate::target) const WRITING: Options = Options { mutations: true };

pub(in crate::target) fn schema(catalog: &Catalog, options: Options) -> String {
    to_string(catalog, options, &Templates::embedded()).unwrap()
}

/// The fields or values of each type; whatever a parser or a reader of the schema would
/// stumble over fails the test.
pub(in crate::target) fn parsed(text: &str) -> HashMap<String, HashSet<String>> {
    let tree = Parser::new(text).parse();
    let errors: Vec<String> = tree.errors().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    let mut types = HashMap::new();
    let mut used = HashSet::new();
    for definition in tree.document().definitions() {
        let (name, members) = match &definition {
            Definition::ObjectTypeDefinition(object) => {
                let fields = object.fields_definition().unwrap();
                used.extend(fields.field_definitions().map(|f| f.ty().unwrap().source_string()));
                let arguments = fields.field_definitions().filter_map(|f| f.arguments_definition());
                used.extend(arguments.flat_map(|list| {
                    list.input_value_definitions().map(|v| v.ty().unwrap().source_string())
                }));
                (object.name(), names(fields.field_definitions().map(|f| f.name())))
            }
            Definition::InputObjectTypeDefinition(object) => {
                let fields = object.input_fields_definition().unwrap();
                let fields = || fields.input_value_definitions();
                used.extend(fields().map(|f| f.ty().unwrap().source_string()));
                (object.name(), names(fields().map(|f| f.name())))
            }
            Definition::EnumTypeDefinition(choice) => {
                let values = choice.enum_values_definition().unwrap();
                let values = values.enum_value_definitions().map(|v| v.enum_value()?.name());
                (choice.name(), names(values))
            }
            Definition::ScalarTypeDefinition(scalar) => (scalar.name(), HashSet::new()),
            _ => continue,
        };
        let name = name.unwrap().text().to_string();
        assert!(types.insert(name.clone(), members).is_none(), "{name} is there twice");
    }
    for name in used {
        let name = name.trim_matches(['[', ']', '!', ' ', '\n']);
        let is_known =
            ["Boolean", "Float", "Int", "String"].contains(&name) || types.contains_key(name);
        assert!(is_known, "no type {name}\n{text}");
    }
    types
}

fn names(names: impl Iterator<Item = Option<apollo_parser::cst::Name>>) -> HashSet<String> {
    let mut all = HashSet::new();
    for name in names {
        let name = name.unwrap().text().to_string();
        assert!(!name.starts_with("__") && all.insert(name.clone()), "{name}");
    }
    assert!(!all.is_empty());
    all
}

#[test]
fn a_small_model() {
    let text = schema(&catalog(fixture::EVERYTHING), WRITING);
    insta::assert_snapshot!(without_version(&text));
    let types = parsed(&text);
    assert!(types["VehicleSeatRowInstance"].contains("position"), "{types:?}");
    assert!(types["Mutation"].contains("setVehicleSeatRow2RightMode"), "{types:?}");
}

#[test]
fn without_mutations_there_is_neither_a_setter_nor_an_input() {
    let text = schema(&catalog(fixture::EVERYTHING), READING);
    assert!(!text.contains("Mutation") && !text.contains("input "), "{text}");
    parsed(&text);
}

#[test]
fn instances_that_differ_have_types_of_their_own() {
    let model = "
Car: {type: branch}
Car.Door: {type: branch, instances: ['Row[1,3]', [Left, Right]]}
Car.Door.X: {type: sensor, datatype: uint8}
Car.Door.Row2.Left.X: {type: sensor, datatype: uint8, max: 7}
";
    let text = schema(&catalog(model), READING);
    let types = parsed(&text);
    let mut names: Vec<&String> = types.keys().filter(|name| name.starts_with("CarDoor")).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "CarDoor",
            "CarDoorRow",
            "CarDoorRow2",
            "CarDoorRow2Left",
            "CarDoorRow2Right",
            "CarDoorRowInstance"
        ]
    );
    assert!(text.contains("row1: CarDoorRow ") && text.contains("row3: CarDoorRow "), "{text}");
}

#[test]
fn a_branch_without_signals_is_left_out() {
    let model = "
Car: {type: branch}
Car.Speed: {type: sensor, datatype: float}
Car.Empty: {type: branch}
Car.Empty.Too: {type: branch}
";
    let types = parsed(&schema(&catalog(model), READING));
    assert_eq!(types["Car"].iter().collect::<Vec<_>>(), ["speed"]);
}

#[test]
fn all_that_cannot_be_a_type_is_named_at_once() {
    let model = "
Car: {type: branch}
Car.Empty: {type: branch}
Car.None: {type: struct}
Car.Outer: {type: struct}
Car.Outer.Inner: {type: struct}
Car.Outer.Inner.X: {type: property, datatype: uint8}
";
    let catalog = catalog(model);
    let error = to_string(&catalog, READING, &Templates::embedded()).unwrap_err();
    insta::assert_snapshot!(error, @r"
    GraphQL cannot hold everything in this model:
      Car: it has no signals, and no type can be without fields
      Car.None: it has no properties, and no type can be without fields
      Car.Outer: it has no properties, and no type can be without fields
    ");
}

#[test]
fn instances_must_be_expanded() {
    let catalog = unexpanded(fixture::EVERYTHING);
    let error = to_string(&catalog, READING, &Templates::embedded()).unwrap_err();
    assert!(error.to_string().starts_with("the instances of Vehicle.Seat are not expanded"));
}

#[test]
fn ugly_and_real_models_parse() {
    for (name, catalog) in fixture::models() {
        assert!(parsed(&schema(&catalog, WRITING)).contains_key("Query"), "{name}");
    }
}
