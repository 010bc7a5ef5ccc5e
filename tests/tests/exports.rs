//! What `vssc export` writes in text formats, as the built program.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::PathBuf};

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
