//! `vssc diff` as a program: its exit codes and its forms.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::Path, process::Output};

use serde_json::Value;
use vehicle_edge_tests::vssc;

const OLD: &str = "Car: {type: branch}\nCar.Speed: {type: sensor, datatype: float}\n";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    vssc().unwrap().arg("diff").args(arguments).current_dir(folder).output().unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write("old.vspec", OLD.to_owned());
    write("more.vspec", format!("{OLD}Car.Doors: {{type: attribute, datatype: uint8}}\n"));
    write("less.vspec", "Car: {type: branch}\n".to_owned());
    write("broken.vspec", "Car: {type: branhc}\n".to_owned());
    write("texts.vspec", "Car.Speed: {description: How fast.}\n".to_owned());
    folder
}

#[test]
fn the_exit_code_tells_what_breaks() {
    let folder = folder();
    let code = |arguments: &[&str]| run(folder.path(), arguments).status.code();
    assert_eq!(code(&["old.vspec", "old.vspec"]), Some(0));
    assert_eq!(code(&["old.vspec", "more.vspec"]), Some(0));
    assert_eq!(code(&["old.vspec", "less.vspec"]), Some(1));
    assert_eq!(code(&["old.vspec", "less.vspec", "--exit-zero"]), Some(0));
    assert_eq!(code(&["old.vspec", "broken.vspec", "--exit-zero"]), Some(1));
    assert_eq!(code(&["broken.vspec", "old.vspec"]), Some(1));
    assert_eq!(code(&["old.vspec"]), Some(2), "nothing to compare with");
    assert_eq!(code(&["old.vspec", "old.vspec", "--output", "rhubarb"]), Some(2));
    assert_eq!(code(&["-", "-"]), Some(2), "standard input is one model");
}

#[test]
fn overlays_are_laid_over_the_new_model_alone() {
    let folder = folder();
    let shown =
        |arguments: &[&str]| String::from_utf8(run(folder.path(), arguments).stdout).unwrap();
    let over = ["old.vspec", "old.vspec", "-l", "texts.vspec"];
    assert!(shown(&over).contains("      description: none -> How fast.\n"), "{}", shown(&over));
    let both = [&over[..], &["--old-overlays", "texts.vspec"]].concat();
    assert_eq!(shown(&both), "no changes\n");
}

#[test]
fn the_json_form_has_everything() {
    let folder = folder();
    let output = run(folder.path(), &["more.vspec", "less.vspec", "--output", "json"]);
    let diff: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(diff["step"], "major");
    assert_eq!(diff["old"]["name"], "Car");
    let change = &diff["changes"][0];
    assert_eq!(change["kind"], "removed");
    assert_eq!(change["path"], "Car.Speed");
    assert_eq!(change["type"], "sensor");
    assert_eq!(change["breaking"], true);
    assert_eq!(change["signals"][0], "Car.Speed");
    let output =
        run(folder.path(), &["old.vspec", "old.vspec", "-l", "texts.vspec", "--output", "json"]);
    let diff: Value = serde_json::from_slice(&output.stdout).unwrap();
    let attribute = &diff["changes"][0]["attributes"][0];
    assert_eq!(attribute["name"], "description");
    assert_eq!((&attribute["old"], &attribute["new"]), (&Value::Null, &"How fast.".into()));
    assert_eq!((&attribute["step"], &attribute["breaking"]), (&"patch".into(), &false.into()));
}

#[test]
fn what_is_wrong_with_both_models_is_one_log_and_said_once() {
    let folder = folder();
    let run = |words: &[&str], format| {
        let options = ["--message-format", format];
        let output = run(folder.path(), &[words, &options].concat());
        String::from_utf8(output.stderr).unwrap()
    };
    let both = ["broken.vspec", "broken.vspec"];
    let short = run(&both, "short");
    assert!(short.ends_with("\n1 error\n") && short.lines().count() == 2, "{short}");
    assert!(short.starts_with("broken.vspec:1:"), "{short}");
    let log: Value = serde_json::from_str(&run(&both, "sarif")).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 1);
    let log: Value = serde_json::from_str(&run(&["old.vspec", "more.vspec"], "sarif")).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 0);
}
