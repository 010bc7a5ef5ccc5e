//! Our own model in `vss/`: clean, in use, and true to the catalogue it is taken from.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::{collections::BTreeMap, fs};

use serde_json::Value;
use vehicle_edge_tests::{catalogue, root, vssc};

/// Every signal of the exported model by its path.
fn signals(arguments: &[&str]) -> BTreeMap<String, Value> {
    let mut command = vssc().unwrap();
    let output = command.args(["export", "json"]).args(arguments).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "no warning");
    flat(&serde_json::from_slice(&output.stdout).unwrap())
}

fn flat(model: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut rest: Vec<(String, &Value)> =
        model.as_object().unwrap().iter().map(|(name, node)| (name.clone(), node)).collect();
    while let Some((path, node)) = rest.pop() {
        match node.get("children").and_then(Value::as_object) {
            Some(below) => {
                rest.extend(below.iter().map(|(name, node)| (format!("{path}.{name}"), node)));
            }
            None if node["type"] == "branch" => {}
            None => {
                found.insert(path, node.clone());
            }
        }
    }
    found
}

#[test]
fn it_compiles_without_a_warning_embedded_and_from_its_files() {
    let file = root().join("vss/VehicleEdge.vspec");
    let embedded = signals(&[]);
    assert_eq!(embedded, signals(&[file.to_str().unwrap()]));
    assert_eq!(embedded.len(), 158);
    let documented = |(path, node): (&String, &Value)| {
        assert!(node["description"].as_str().is_some_and(|text| text.len() > 5), "{path}");
    };
    embedded.iter().for_each(documented);
}

#[test]
fn each_branch_says_what_it_is() {
    let output = vssc().unwrap().args(["export", "json"]).output().unwrap();
    let model: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut rest: Vec<(String, Value)> = model.as_object().unwrap().clone().into_iter().collect();
    while let Some((path, node)) = rest.pop() {
        let Some(below) = node.get("children").and_then(Value::as_object) else { continue };
        rest.extend(below.iter().map(|(name, node)| (format!("{path}.{name}"), node.clone())));
        assert!(node["description"].as_str().is_some_and(|text| text.len() > 5), "{path}");
    }
}

#[test]
fn each_unit_and_quantity_is_in_use() {
    let units = fs::read_to_string(root().join("vss/units.yaml")).unwrap();
    let quantities = fs::read_to_string(root().join("vss/quantities.yaml")).unwrap();
    let keys = |text: &str| -> Vec<String> {
        let key =
            |line: &str| line.strip_suffix(':').filter(|k| !k.contains(' ')).map(str::to_owned);
        text.lines().filter_map(key).collect()
    };
    let signals = signals(&[]);
    for unit in keys(&units) {
        assert!(signals.values().any(|node| node["unit"] == *unit), "{unit}");
    }
    for quantity in keys(&quantities) {
        assert!(units.contains(&format!("quantity: {quantity}\n")), "{quantity}");
    }
}

#[test]
fn its_example_overlay_applies() {
    let file = |name: &str| root().join("vss").join(name).to_str().unwrap().to_owned();
    let changed = signals(&[&file("VehicleEdge.vspec"), "-l", &file("overlays/sports-car.vspec")]);
    assert!(changed.contains_key("Vehicle.Body.RearMainSpoilerPosition"));
    assert!(changed.contains_key("Vehicle.Cabin.Seat.Row1.DriverSide.Position"));
    assert!(!changed.keys().any(|path| path.starts_with("Vehicle.Cabin.Seat.Row2")));
}

#[test]
fn paths_types_and_bounds_are_those_of_the_catalogue_and_texts_are_our_own() {
    let Some(vss) = catalogue("v6.0") else { return };
    let text = fs::read_to_string(vss.join("v6.0/expanded.json")).unwrap();
    let catalogue = flat(&serde_json::from_str(&text).unwrap());
    let outside = ["Vehicle.Steering.", "Vehicle.Engine.", "Vehicle.OBD."];
    for (path, ours) in signals(&[]) {
        let Some(theirs) = catalogue.get(&path) else {
            assert!(outside.iter().any(|prefix| path.starts_with(prefix)), "{path}");
            continue;
        };
        for key in ["type", "datatype", "unit", "min", "max", "allowed", "pattern"] {
            assert_eq!(ours.get(key), theirs.get(key), "{key} of {path}");
        }
        assert_ne!(ours["description"], theirs["description"], "{path}");
    }
}
