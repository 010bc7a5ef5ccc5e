//! `vssc search`, `tree`, `dump` and `man` as programs: what they print, and exit codes.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::Output;

use serde_json::Value;
use vehicle_edge_tests::{root, vssc};

fn run(arguments: &[&str]) -> Output {
    vssc().unwrap().args(arguments).current_dir(root()).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    String::from_utf8(run(arguments).stdout).unwrap()
}

fn failure(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(arguments);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_search_prints_columns_with_tabs_where_no_terminal_is() {
    let found = stdout(&["search", "speed", "--limit", "1"]);
    let columns: Vec<&str> = found.trim_end().split('\t').collect();
    assert_eq!(columns[..4], ["Vehicle.Speed", "sensor", "float", "km/h"]);
    let found: Value =
        serde_json::from_str(&stdout(&["search", "speed", "unit:km/h", "--output", "json"]))
            .unwrap();
    assert_eq!(found[0]["path"], "Vehicle.Speed");
    assert!(found.as_array().unwrap().iter().all(|hit| hit["unit"] == "km/h"));
}

#[test]
fn a_search_without_a_hit_fails_and_a_slip_is_mended() {
    let (code, said) = failure(&["search", "sped"]);
    assert_eq!(code, Some(0));
    assert!(said.starts_with("nothing is found with 'sped'; taken for 'speed'\n"), "{said}");
    let (code, said) = failure(&["search", "rhubarbcrumble"]);
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    let (code, said) = failure(&["search", "tpye:sensor"]);
    assert_eq!(code, Some(2));
    assert!(said.ends_with("did you mean 'type:'?\n"), "{said}");
}

#[test]
fn a_model_in_the_place_of_words_is_told_where_it_goes() {
    let help = "to look into a model, name it with --vspec vss/VehicleEdge.vspec\n";
    let (code, said) = failure(&["search", "speed", "vss/VehicleEdge.vspec"]);
    assert_eq!((code, said), (Some(1), format!("nothing is found; {help}")));
    let (code, said) = failure(&["tree", "vss/VehicleEdge.vspec"]);
    let message = format!("error: there is no 'vss/VehicleEdge.vspec' in the model; {help}");
    assert_eq!((code, said), (Some(1), message));
}

#[test]
fn a_tree_begins_where_it_is_told_to() {
    let door = stdout(&["tree", "Vehicle.Cabin.Door", "--depth", "1"]);
    assert_eq!(door, "Vehicle.Cabin.Door\n  Row1  8 signals\n  Row2  8 signals\n");
    assert_eq!(stdout(&["tree", "Cabin.Door", "--depth", "1"]), door);
    let model = "tests/cases/tree/root_only/model.vspec";
    assert_eq!(stdout(&["tree", "-s", model]), "Car\n");
    let (code, said) = failure(&["tree", "Vehicle.Cabin.Dor"]);
    assert_eq!(code, Some(1));
    assert!(said.ends_with("did you mean 'Vehicle.Cabin.Door'?\n"), "{said}");
}

#[test]
fn a_dump_shows_where_a_value_was_written() {
    let model = ["dump", "vss/VehicleEdge.vspec", "--path", "Vehicle.Cabin.DoorCount"];
    let overlaid = [&model[..], &["-l", "vss/overlays/sports-car.vspec"]].concat();
    let before = stdout(&[&overlaid[..], &["--after", "include"]].concat());
    let after = stdout(&[&overlaid[..], &["--after", "overlay"]].concat());
    assert!(before.contains("  default = 4  # vss/Cabin.vspec:"), "{before}");
    assert!(after.contains("  default = 2  # vss/overlays/sports-car.vspec:"), "{after}");
}

#[test]
fn a_dump_shows_struct_types_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("model.vspec"), "Car: {type: branch}\n").unwrap();
    let types =
        "T: {type: branch}\nT.S: {type: struct}\nT.S.A:\n  type: property\n  datatype: float\n";
    std::fs::write(path("types.vspec"), types).unwrap();
    let (model, types) = (path("model.vspec"), path("types.vspec"));
    let shown = stdout(&["dump", &model, "-t", &types, "--after", "types", "--path", "T.S.A"]);
    let expected = format!(
        "T.S.A  # {types}:3\n  type = \"property\"  # {types}:4\n  datatype = \"float\"  # {types}:5\n"
    );
    assert_eq!(shown, expected);
    assert_eq!(stdout(&["dump", &model, "--after", "types"]), "", "there are none");
}

#[test]
fn a_dump_of_a_broken_model_shows_what_there_is() {
    let broken = "tests/cases/values/bad_bounds/model.vspec";
    let output = run(&["dump", broken, "--after", "check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!output.stdout.is_empty());
    let (code, said) = failure(&["dump", broken]);
    assert_eq!(code, Some(1));
    assert!(
        said.ends_with("error: an error ends the compilation before the pass 'lower'\n"),
        "{said}"
    );
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    assert!(stdout(&["man"]).contains(".TH vssc 1"));
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    let output = run(&["man", "--output", pages.to_str().unwrap()]);
    assert!(output.status.success());
    let page = std::fs::read_to_string(pages.join("vssc-diff.1")).unwrap();
    assert!(page.contains("Breaking, a major step"), "{page}");
    assert!(page.contains("\n  vssc diff released.json"), "{page}");
    assert!(pages.join("vssc-export-json.1").is_file());
}
