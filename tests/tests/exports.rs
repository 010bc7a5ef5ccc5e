//! What `vssc export` writes in text formats, as the built program.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use vehicle_edge_tests::{root, vssc};

fn folder() -> PathBuf {
    root().join("tests/exports")
}

/// What the program prints for the model of this folder, without its warnings.
fn exported(options: &str) -> String {
    let mut command = vssc().unwrap();
    command.args(["export"]).args(options.split(' ')).current_dir(folder());
    command.args(["-s", "everything.vspec"]);
    command.args(["-u", "../cases/units.yaml", "-q", "../cases/quantities.yaml"]);
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{options}:\n{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn text_formats_are_the_reference_tools_to_the_byte() {
    for (options, file) in [
        ("yaml -e x-owner", "everything.yaml"),
        ("yaml --no-expand", "declared.yaml"),
        ("csv", "everything.csv"),
        ("csv --no-expand -e x-owner", "declared.csv"),
        ("id", "ids.yaml"),
        ("id --case-sensitive", "ids-case-sensitive.yaml"),
    ] {
        let expected = fs::read_to_string(folder().join(file)).unwrap();
        // Lines one by one, since that shows where they part.
        let actual = exported(options);
        for (number, (ours, theirs)) in actual.lines().zip(expected.lines()).enumerate() {
            assert_eq!(ours, theirs, "{file}:{}", number + 1);
        }
        assert_eq!(actual, expected, "{file}");
    }
}

/// Standard error and whether it went well.
fn checked(model: &str, older: &Path, options: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.vspec"), model).unwrap();
    let mut command = vssc().unwrap();
    command.args(["export", "id", "model.vspec", "--validate-static-uid"]).arg(older);
    let output = command.args(options).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success() || output.stdout.is_empty());
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn ids_are_checked_against_an_older_file() {
    let folder = tempfile::tempdir().unwrap();
    let older = folder.path().join("ids.yaml");
    let ids = "A: {staticUID: '0x5B38F4AC', type: branch, description: null}\n\
               A.B: {staticUID: '0x00000001', type: sensor, datatype: uint8}\n";
    fs::write(&older, ids).unwrap();
    let shown = older.display().to_string();

    let same = "A: {type: branch}\nA.B: {type: sensor, datatype: uint8, constUID: '0x00000001'}\n";
    let renamed = same.replace("A.B", "A.C");
    let other = "A: {type: branch}\nA.B: {type: sensor, datatype: int8, constUID: '0x00000002'}\n";
    for (model, went_well, expected) in [
        (same, true, format!("no change since {shown}\n")),
        (
            &*renamed,
            true,
            format!(
                "note: 'A.B' is now 'A.C'; its id stays\nno id changed since {shown}, 1 other change\n"
            ),
        ),
        (
            other,
            false,
            format!(
                "error: 'A.B' has another static id, 0x00000002 instead of 0x00000001: \
                 datatype was uint8 and is int8\n1 id lost since {shown}, 0 other changes\n"
            ),
        ),
    ] {
        assert_eq!(checked(model, &older, &["--validate-only"]), (went_well, expected));
    }
    let twice = same.replace("branch", "branch, constUID: '0x00000001'");
    let (went_well, errors) = checked(&twice, &older, &[]);
    let expected =
        "error: 'A' and 'A.B' have the same static id 0x00000001: give one of them a 'constUID'\n";
    assert_eq!((went_well, &*errors), (false, expected));
}

/// Reads a node as the broker's loader does; counts the signals.
fn load_as_kuksa(path: &str, node: &Value) -> usize {
    assert!(node["description"].is_string(), "{path}");
    let children = node.get("children").and_then(Value::as_object);
    if node["type"] == "branch" {
        let children = children.unwrap_or_else(|| panic!("{path} has no children"));
        return children
            .iter()
            .map(|(name, child)| load_as_kuksa(&format!("{path}.{name}"), child))
            .sum();
    }
    assert!(["sensor", "actuator", "attribute"].contains(&node["type"].as_str().unwrap()));
    let datatype = node["datatype"].as_str().unwrap();
    let is_element = |value: &Value| match datatype.trim_end_matches("[]") {
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "float" | "double" => value.is_number(),
        element if element.starts_with("uint") => value.is_u64(),
        element => element.starts_with("int") && value.is_i64(),
    };
    for key in ["min", "max", "default", "allowed"] {
        let values = match &node[key] {
            Value::Null => continue,
            Value::Array(items) => items.as_slice(),
            value => std::slice::from_ref(value),
        };
        assert!(values.iter().all(is_element), "{path}: {key} is {}", node[key]);
    }
    1
}

#[test]
fn a_kuksa_broker_loads_what_is_made_for_it() {
    let json = exported("json --for kuksa -e x-owner");
    let model: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(load_as_kuksa("Car", &model["Car"]), 11);
    assert_eq!(model["Car"]["children"]["Door"]["children"]["Lock"]["description"], "");
    // Without the option the same node has none.
    assert!(!exported("json").contains(r#""description": """#));
}
