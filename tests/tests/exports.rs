//! What `vssc export` writes in text formats, as the built program.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
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

/// What the program prints for these words, below the folder of this file's models.
fn printed(words: &[&str]) -> String {
    let output = vssc().unwrap().args(words).current_dir(folder()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_models_shape_is_the_one_that_is_printed() {
    let schema = printed(&["schema", "model"]);
    let kept = fs::read_to_string(root().join("codegen/schema/model.json")).unwrap();
    assert_eq!(
        schema, kept,
        "put it into codegen/schema/model.json, and raise VERSION where templates break"
    );
    let schema = serde_json::from_str(&schema).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{error}"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for text in [printed(&["export", "model"]), exported("model"), exported("model --no-expand")] {
        let model = serde_json::from_str(&text).unwrap();
        let errors: Vec<_> = validator.iter_errors(&model).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
    assert!(!validator.is_valid(&serde_json::json!({"version": 1})));
}

#[test]
fn the_example_templates_print_a_table_and_a_header() {
    let examples = root().join("templates/examples");
    for file in ["signals.md", "signals.h"] {
        let template = examples.join(format!("{file}.j2"));
        let text = exported(&format!("template {} -e x-owner", template.display()));
        insta::with_settings!({
            snapshot_path => folder(),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(file, text);
        });
    }
    // A C compiler takes the header, that of the default model too.
    let header = examples.join("signals.h.j2").display().to_string();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("own.h", exported(&format!("template {header}"))),
        ("default.h", printed(&["export", "template", &header])),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let compiler = ["-fsyntax-only", "-Wall", "-Werror", "-xc"];
        let output = Command::new("cc").args(compiler).arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_fault_in_a_template_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("t.j2");
    fs::write(&template, "{{ name }}\n{% for s in signals %}{{ s.descripton }}{% endfor %}")
        .unwrap();
    let output = vssc().unwrap().args(["export", "template"]).arg(&template).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let expected = format!(
        "error: {}:2: undefined value 's.descripton': did you mean 'description'?\n",
        template.display()
    );
    assert_eq!((output.status.code(), errors), (Some(1), expected));

    let missing = folder.path().join("none.j2");
    let output = vssc().unwrap().args(["export", "template"]).arg(&missing).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with(&format!("error: cannot read {}: ", missing.display())), "{errors}");
}
