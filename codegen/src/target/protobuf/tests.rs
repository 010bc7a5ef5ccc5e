//! What the file looks like, and that a compiler of Protocol Buffers accepts it.

use super::{Options, is_package, to_string};
use crate::{
    Templates,
    model::Catalog,
    target::fixture::{self, catalog, unexpanded, without_version},
};

const OPTIONS: Options = Options { package: None, optional: true };

pub(in crate::target) fn proto(catalog: &Catalog) -> String {
    to_string(catalog, &OPTIONS, &Templates::embedded()).unwrap()
}

/// The messages that a compiler finds in the file.
pub(in crate::target) fn compiled(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.proto");
    std::fs::write(&file, text).unwrap();
    let set = protox::compile([&file], [folder.path()])
        .unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let messages = set.file.into_iter().flat_map(|file| file.message_type);
    messages.map(|message| message.name.unwrap()).collect()
}

#[test]
fn a_small_model() {
    let text = proto(&catalog(fixture::EVERYTHING));
    insta::assert_snapshot!(without_version(&text));
    let messages = compiled(&text);
    assert_eq!(messages[..2], ["Vehicle", "VehicleVersionVss"]);
    assert_eq!(messages.last().unwrap(), "VehicleTypesPoint");
}

#[test]
fn a_package_and_no_presence() {
    let options = Options { package: Some("acme.car.v1".to_owned()), optional: false };
    let text = to_string(&catalog(fixture::EVERYTHING), &options, &Templates::embedded()).unwrap();
    compiled(&text);
    assert!(text.contains("\npackage acme.car.v1;\n"), "{text}");
    assert!(!text.contains("optional"), "{text}");
}

#[test]
fn a_package_is_identifiers_with_dots() {
    let table = [("a", true), ("acme.car_2.v1", true), ("", false), ("a.", false), ("1a", false)];
    for (text, expected) in table {
        assert_eq!(is_package(text), expected, "{text}");
    }
}

#[test]
fn an_enum_never_stands_in_for_a_message() {
    let model = "
Car: {type: branch}
Car.CarSeat: {type: sensor, datatype: string, allowed: [A]}
Car.Seat: {type: branch}
Car.Seat.X: {type: sensor, datatype: uint8}
Car.Mode: {type: sensor, datatype: string, allowed: [X_Y, X-Y, UNSPECIFIED]}
Car.ModeX: {type: sensor, datatype: string, allowed: [Y]}
Car.Wide: {type: sensor, datatype: int64, enum: {A: 1, B: 5000000000}}
Car.Late: {type: sensor, datatype: 'int8[]', enum: {A: 1, ZERO: 0}}
";
    let text = proto(&catalog(model));
    compiled(&text);
    insta::assert_snapshot!(without_version(&text));
}

#[test]
fn a_number_that_gave_way_says_so() {
    let model = r#"
Car: {type: branch}
Car.A: {type: sensor, datatype: uint8, constUID: "0x00000038"}
Car.B: {type: sensor, datatype: uint8, constUID: "0x00000038"}
"#;
    let text = proto(&catalog(model));
    let expected = "
  // The number of Car.A is the same: this one gave way. A constUID would fix it.
  optional uint32 b = 8;
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn instances_must_be_expanded() {
    let catalog = unexpanded(fixture::EVERYTHING);
    let error = to_string(&catalog, &OPTIONS, &Templates::embedded()).unwrap_err();
    assert!(error.to_string().starts_with("the instances of Vehicle.Seat are not expanded"));
}

#[test]
fn ugly_and_real_models_compile() {
    for (name, catalog) in fixture::models() {
        assert!(!compiled(&proto(&catalog)).is_empty(), "{name}");
    }
}
