//! What the schema looks like, that it is one, and what it accepts.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{Options, to_string};
use crate::{model::Catalog, target::fixture};

pub(in crate::target) const STRICT: Options = Options {
    no_additional_properties: true,
    require_all_properties: false,
    extend_all_attributes: false,
};

pub(in crate::target) fn schema(catalog: &Catalog, options: Options) -> Value {
    let text = to_string(catalog, options, false).unwrap();
    let schema = serde_json::from_str(&text).unwrap();
    if let Err(error) = jsonschema::meta::validate(&schema) {
        panic!("{error}\n{text}");
    }
    schema
}

fn validator(model: &str, options: Options) -> Validator {
    jsonschema::validator_for(&schema(&fixture::catalog(model), options)).unwrap()
}

#[test]
fn a_small_model() {
    let catalog = fixture::catalog(fixture::EVERYTHING);
    schema(&catalog, Options::default());
    insta::assert_snapshot!(to_string(&catalog, Options::default(), true).unwrap());
}

#[test]
fn a_small_model_with_every_option() {
    let options = Options {
        no_additional_properties: true,
        require_all_properties: true,
        extend_all_attributes: true,
    };
    let catalog = fixture::catalog(fixture::EVERYTHING);
    schema(&catalog, options);
    insta::assert_snapshot!(to_string(&catalog, options, true).unwrap());
}

#[test]
fn documents_are_accepted_and_refused_as_the_model_says() {
    let validator = validator(fixture::EVERYTHING, STRICT);
    for accepted in [
        json!({}),
        json!({"Speed": 250, "Gear": -1}),
        json!({"Seat": {"Row1": {"Left": {"Mode": "ON"}}}}),
        json!({"Route": [{"X": 1.5, "Kind": "A"}, {}]}),
        json!({"Levels": [1, 2, 1], "Total": u64::MAX, "Plate": "AB-1 or more"}),
    ] {
        assert!(validator.is_valid(&accepted), "{accepted}");
    }
    for refused in [
        json!([]),
        json!({"Speed": 250.1}),
        json!({"Speed": "fast"}),
        json!({"Gear": 2}),
        json!({"Seat": {"Row1": {"Left": {"Mode": "on"}}}}),
        json!({"Seat": {"Row3": {}}}),
        json!({"Route": {"X": 1.5}}),
        json!({"Route": [{"Kind": "C"}]}),
        json!({"Levels": [1, 2]}),
        json!({"Levels": [1, 2, 3]}),
        json!({"Total": -1}),
        json!({"Plate": "an AB-1"}),
    ] {
        assert!(!validator.is_valid(&refused), "{refused}");
    }
}

#[test]
fn every_property_can_be_required() {
    let model = "
Car: {type: branch}
Car.Body: {type: branch}
Car.Body.Weight: {type: attribute, datatype: float}
";
    let options = Options { require_all_properties: true, ..Options::default() };
    let validator = validator(model, options);
    assert!(validator.is_valid(&json!({"Body": {"Weight": 1, "More": 2}})));
    assert!(!validator.is_valid(&json!({"Body": {}})));
    assert!(!validator.is_valid(&json!({})));
}

#[test]
fn a_branch_of_types_alone_is_no_property() {
    let model = "
Car: {type: branch}
Car.Types: {type: branch}
Car.Types.Point: {type: struct}
Car.Types.Point.X: {type: property, datatype: double}
Car.Here: {type: sensor, datatype: Car.Types.Point}
Car.Later: {type: branch}
";
    let options = Options { require_all_properties: true, ..STRICT };
    let validator = validator(model, options);
    assert!(validator.is_valid(&json!({"Here": {"X": 1}, "Later": {}})));
    assert!(!validator.is_valid(&json!({"Here": {}, "Later": {}})));
    assert!(!validator.is_valid(&json!({"Here": {"X": 1}, "Later": {}, "Types": {}})));
}

#[test]
fn all_that_a_schema_cannot_say_is_named_at_once() {
    let model = r"
Car: {type: branch}
Car.Name: {type: attribute, datatype: string, pattern: '(?i)[a-z]+'}
Car.Other: {type: attribute, datatype: float, note: [1, .nan]}
Car.Seat: {type: branch, instances: ['Row[1,2]', [Left, Right]], note: .inf}
Car.Seat.Name: {type: attribute, datatype: string, pattern: '(?i)[a-z]+'}
";
    let error = to_string(&fixture::catalog(model), STRICT, false).unwrap_err();
    insta::assert_snapshot!(error, @r"
    JSON Schema cannot hold everything in this model:
      Car.Name: the pattern '(?i)[a-z]+' has inline flags, which JSON Schema's patterns lack
      Car.Other: 'note' is NaN, and JSON has no such number
      Car.Seat.Row1.Left.Name and 3 more: the pattern '(?i)[a-z]+' has inline flags, which JSON Schema's patterns lack
      Car.Seat.Row1.Left and 6 more: 'note' is inf, and JSON has no such number
    ");
}

#[test]
fn instances_must_be_expanded() {
    let error = to_string(&fixture::unexpanded(fixture::EVERYTHING), STRICT, false).unwrap_err();
    assert!(error.to_string().starts_with("the instances of Vehicle.Seat are not expanded"));
}

#[test]
fn ugly_and_real_models_have_a_schema() {
    for (name, catalog) in fixture::models() {
        let schema = schema(&catalog, STRICT);
        let validator = jsonschema::validator_for(&schema);
        assert!(validator.is_ok_and(|validator| validator.is_valid(&json!({}))), "{name}");
    }
}
