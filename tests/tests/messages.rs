//! How `vssc` prints what is wrong with a model: forms, streams, colours, pages.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{path::Path, process::Output};

use serde_json::Value;
use vehicle_edge_tests::{root, vssc};

const BAD: &str = "\
Car: {type: branch}
Car.Speed: {type: sensor, datatype: unit8}
Car.Speed: {type: sensor, datatype: unit8, unit: furlong}
";

fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = vssc().unwrap();
    command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR");
    command.args(arguments).current_dir(folder).output().unwrap()
}

/// Exit code, standard output and standard error of a run beside the model `BAD`.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.vspec"), BAD).unwrap();
    let warns = BAD.lines().take(1).collect::<String>() + "\nCar.A: {type: branch, x: 1}\n";
    std::fs::write(folder.path().join("warns.vspec"), warns).unwrap();
    let output = run_in(folder.path(), arguments);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn short_is_a_line_each_and_the_count() {
    let (code, out, err) = run(&["check", "bad.vspec", "--message-format", "short"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert_eq!(
        err,
        "bad.vspec:3:1: warning[VSS006]: 'Car.Speed' is defined twice; the last one counts
bad.vspec:3:37: error[VSS041]: unknown datatype 'unit8'
bad.vspec:3:50: error[VSS050]: unknown unit 'furlong'
2 errors, 1 warning
"
    );
}

#[test]
fn a_check_gives_json_alone_on_standard_output() {
    let (code, out, err) = run(&["check", "bad.vspec", "--message-format", "json"]);
    assert_eq!((code, err.as_str()), (Some(1), ""));
    let codes: Vec<Value> = out.lines().map(|line| json(line)["code"].clone()).collect();
    assert_eq!(codes, ["VSS006", "VSS041", "VSS050"]);

    let (code, out, err) = run(&["check", "--message-format", "json"]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "", ""), "nothing is wrong");
}

#[test]
fn an_export_keeps_standard_output_for_the_model() {
    for format in ["json", "sarif"] {
        let arguments = ["export", "json", "warns.vspec", "--message-format", format];
        let (code, out, err) = run(&arguments);
        assert_eq!(code, Some(0));
        assert!(out.starts_with("{\"Car\": {"), "{out}");
        assert_eq!(err.lines().count(), 1, "{err}");
        json(&err);
    }
}

#[test]
fn what_is_written_is_not_told_to_a_program() {
    let arguments = ["generate", "manifest", "warns.vspec", "-o", "out"];
    let (code, _, err) = run(&arguments);
    assert_eq!(code, Some(0));
    assert!(err.contains("\n1 warning\nwrote 1 file to out"), "{err}");
    let (code, _, err) = run(&[&arguments[..], &["--message-format", "json"]].concat());
    assert_eq!((code, err.lines().count()), (Some(0), 1), "{err}");
}

#[test]
fn a_sarif_log_has_rules_and_places() {
    let (code, out, err) = run(&["check", "bad.vspec", "--message-format", "sarif"]);
    assert_eq!((code, err.as_str()), (Some(1), ""));
    let log = json(&out);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!((rules.len(), results.len()), (3, 3));
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let twice = &results[0];
    let place = |location: &Value| {
        let place = &location["physicalLocation"];
        (place["artifactLocation"]["uri"].clone(), place["region"]["startLine"].clone())
    };
    assert_eq!(place(&twice["locations"][0]), ("bad.vspec".into(), 3.into()));
    assert_eq!(place(&twice["relatedLocations"][0]), ("bad.vspec".into(), 2.into()));
    assert_eq!(twice["relatedLocations"][0]["message"]["text"], "first defined here");
}

#[test]
fn a_sarif_log_of_a_good_model_has_no_results() {
    let (code, out, _) = run(&["check", "--message-format", "sarif"]);
    assert_eq!((code, &json(&out)["runs"][0]["results"]), (Some(0), &Value::Array(Vec::new())));
}

#[test]
fn a_model_that_is_not_there_has_a_place_for_code_scanning() {
    let (_, out, _) = run(&["check", "no where.vspec", "--message-format", "sarif"]);
    let place = &json(&out)["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "no%20where.vspec");
    assert_eq!(place["region"]["startLine"], 1);
}

#[test]
fn colours_come_when_asked_for() {
    let (_, _, err) = run(&["check", "bad.vspec", "--color", "always"]);
    assert!(err.contains("\x1b[1;31merror[VSS041]"), "{err}");
    let (_, _, err) = run(&["check", "bad.vspec"]);
    assert!(!err.contains('\x1b'), "{err}");
    let (_, out, _) = run(&["explain", "41", "--color", "always"]);
    assert!(out.starts_with("\x1b[1mVSS041: an unknown datatype\x1b[0m\n"), "{out}");
}

#[test]
fn a_page_is_found_by_its_code_in_any_case_or_its_number() {
    let (code, page, _) = run(&["explain", "VSS012"]);
    assert_eq!(code, Some(0));
    assert!(page.starts_with("VSS012: a malformed include\n"), "{page}");
    for name in ["vss012", "12", "012"] {
        assert_eq!(run(&["explain", name]).1, page);
    }
}

#[test]
fn without_a_code_all_are_listed() {
    let (code, list, _) = run(&["explain"]);
    let pages = std::fs::read_dir(root().join("codegen/explain")).unwrap().count();
    assert_eq!((code, list.lines().count()), (Some(0), pages));
    assert!(list.contains("\nVSS006  warning  the same key twice in one map\n"), "{list}");
}

#[test]
fn a_code_that_is_none_is_refused_with_what_is_near() {
    let (code, _, err) = run(&["explain", "VSS037"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("there is no such code; near is VSS036 (an unquoted word"), "{err}");
    let (_, _, err) = run(&["explain", "arraysize"]);
    assert!(err.contains("near is VSS048"), "{err}");
    let (_, _, err) = run(&["explain", "rhubarb"]);
    assert!(err.contains("there is no such code; vssc explain lists them all"), "{err}");
}
