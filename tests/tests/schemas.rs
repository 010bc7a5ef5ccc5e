//! `vssc export` into schema languages and diagrams, as the built program: what it says
//! where it cannot, and templates of the user.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, process::Output};

use vehicle_edge_tests::{root, vssc};

/// `vssc export OPTIONS` in the repository's root.
fn export(options: &str) -> Output {
    let mut command = vssc().unwrap();
    command.arg("export").args(options.split(' ')).current_dir(root());
    command.output().unwrap()
}

/// What is said where it fails, and the exit code.
fn refused(options: &str) -> (String, i32) {
    let output = export(options);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{options}");
    let said = String::from_utf8(output.stderr).unwrap();
    (said, output.status.code().unwrap())
}

#[test]
fn only_diagrams_show_instances_that_are_not_expanded() {
    for format in ["jsonschema", "protobuf", "graphql"] {
        let (said, code) = refused(&format!("{format} --no-expand"));
        assert!(said.starts_with("error: the instances of Vehicle."), "{said}");
        assert!(said.ends_with("compile without --no-expand\n"), "{said}");
        assert_eq!(code, 1);
    }
    for format in ["plantuml", "mermaid"] {
        let output = export(&format!("{format} --no-expand --no-signals"));
        assert!(output.status.success());
    }
}

#[test]
fn all_that_a_format_cannot_hold_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.vspec");
    let text = "
Car: {type: branch}
Car.Name: {type: attribute, datatype: string, pattern: '(?i)[a-z]+'}
Car.Code: {type: attribute, datatype: string, pattern: '(?#four)[0-9]{4}'}
";
    fs::write(&model, text).unwrap();
    let (said, code) = refused(&format!("jsonschema {}", model.display()));
    let expected = "\
error: JSON Schema cannot hold everything in this model:
  Car.Name: the pattern '(?i)[a-z]+' has inline flags, which JSON Schema's patterns lack
  Car.Code: the pattern '(?#four)[0-9]{4}' has a comment, which JSON Schema's patterns lack
";
    assert!(said.ends_with(expected), "{said}");
    assert_eq!(code, 1);
}

#[test]
fn a_diagram_of_a_branch_that_is_not_there_suggests_one_that_is() {
    let (said, code) = refused("mermaid --root Vehicle.Cabn");
    let expected =
        "error: there is no 'Vehicle.Cabn' in the model; did you mean 'Vehicle.Cabin'?\n";
    assert_eq!((&*said, code), (expected, 1));
}

#[test]
fn what_the_reference_tool_is_called_with_is_understood() {
    for (format, options) in [
        ("protobuf", "--static-uid --add-optional --include-comments"),
        ("jsonschema", "--expand --no-pretty --no-extend-all-attributes"),
    ] {
        let output = export(&format!("{format} -s vss/VehicleEdge.vspec --no-strict {options}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, export(&format!("{format} -s vss/VehicleEdge.vspec")).stdout);
    }
}

#[test]
fn a_package_that_is_no_name_is_refused() {
    let (said, code) = refused("protobuf --package acme.1st");
    assert!(said.contains("it is names with dots between them, as acme.vehicle.v1"), "{said}");
    assert_eq!(code, 2);
}

#[test]
fn a_template_of_the_user_is_printed_instead() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("protobuf")).unwrap();
    let template = "{{ package }} has {{ messages[0].name }}\n";
    fs::write(folder.path().join("protobuf/model.proto.j2"), template).unwrap();
    let output = export(&format!("protobuf --templates {}", folder.path().display()));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "vehicle has Vehicle\n");
}
