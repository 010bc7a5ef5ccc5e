//! The released catalogues give the JSON that the reference tool makes of them, byte for
//! byte. Their data lives beside the repository; without it these tests say so and pass.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::Path};

use vehicle_edge_tests::catalogue as data;
use vss_codegen::{
    Diagnostic, Request, VssVersion, compile,
    diagnostic::Severity,
    model::Catalog,
    source::{HostLoader, Input},
    target::{
        csv::{self, Columns},
        id, json,
        static_id::{self, Case},
        yaml::{self, Extras},
    },
};

fn catalogue(data: &Path, version: &str, expand: bool) -> Catalog {
    compiled(&request(data, version, expand))
}

fn request(data: &Path, version: &str, expand: bool) -> Request {
    let spec = data.join(version).join("spec/VehicleSignalSpecification.vspec");
    let mut request = Request { model: Some(Input::Path(spec)), expand, ..Request::default() };
    if version == "v6.0" {
        request.units.push(Input::Path(data.join("units/units.yaml")));
        request.quantities.push(Input::Path(data.join("units/quantities.yaml")));
    }
    request
}

fn compiled(request: &Request) -> Catalog {
    let (catalog, diagnostics) = compile(request, &HostLoader::new());
    let rendered: Vec<String> = diagnostics.iter().map(|d| d.render(false)).collect();
    catalog.unwrap_or_else(|| panic!("{}", rendered.join("\n")))
}

fn assert_same_json(catalog: &Catalog, expected: &Path) {
    assert_same(&json::to_string(catalog, false), expected);
}

fn assert_same(actual: &str, expected: &Path) {
    let expected = fs::read_to_string(expected).unwrap();
    // A mismatch of a megabyte of text is of no use in a message.
    let difference = actual.bytes().zip(expected.bytes()).position(|(a, b)| a != b);
    let around = |text: &str, at: usize| {
        String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(60)..(at + 60).min(text.len())])
            .into_owned()
    };
    if let Some(at) = difference {
        panic!(
            "at byte {at}\nours:     {}\nexpected: {}",
            around(actual, at),
            around(&expected, at)
        );
    }
    assert_eq!(actual.len(), expected.len());
}

#[test]
fn v6_0_expanded() {
    let Some(data) = data("v6.0") else { return };
    let catalog = catalogue(&data, "v6.0", true);
    assert_same_json(&catalog, &data.join("v6.0/expanded.json"));
    assert_eq!(catalog.leaves().count(), 1267);
}

#[test]
fn v6_0_with_its_instances_as_declared() {
    let Some(data) = data("v6.0") else { return };
    assert_same_json(&catalogue(&data, "v6.0", false), &data.join("v6.0/unexpanded.json"));
}

#[test]
fn v5_0_expanded() {
    let Some(data) = data("v5.0") else { return };
    assert_same_json(&catalogue(&data, "v5.0", true), &data.join("v5.0/expanded.json"));
}

#[test]
fn the_catalogues_give_no_lint() {
    for version in ["v5.0", "v6.0"] {
        let Some(data) = data(version) else { return };
        let (_, diagnostics) = compile(&request(&data, version, true), &HostLoader::new());
        assert_eq!(diagnostics, [], "{version}");
    }
}

#[test]
fn v6_0_with_its_own_units_is_taken_by_its_own_rules() {
    let Some(data) = data("v6.0") else { return };
    let mut request = request(&data, "v6.0", true);
    request.units.clear();
    request.quantities.clear();
    let codes = |diagnostics: &[Diagnostic]| -> Vec<(Severity, String)> {
        diagnostics.iter().map(|d| (d.severity, d.code.to_string())).collect()
    };
    let (none, diagnostics) = compile(&request, &HostLoader::new());
    assert!(none.is_none());
    assert_eq!(codes(&diagnostics), [(Severity::Error, "VSS054".to_owned())]);

    request.vss_version = VssVersion::Auto;
    let (catalog, diagnostics) = compile(&request, &HostLoader::new());
    assert_eq!(codes(&diagnostics), [(Severity::Warning, "VSS054".to_owned())]);
    assert_same_json(&catalog.unwrap(), &data.join("v6.0/expanded.json"));
}

#[test]
fn an_export_is_a_model_with_the_same_export() {
    let Some(data) = data("v6.0") else { return };
    for (file, expand) in [("v6.0/expanded.json", true), ("v6.0/unexpanded.json", false)] {
        let path = data.join(file);
        let model = Some(Input::Path(path.clone()));
        assert_same_json(&compiled(&Request { model, expand, ..Request::default() }), &path);
    }
    let model = Some(Input::Path(data.join("v6.0/unexpanded.json")));
    let expanded = compiled(&Request { model, ..Request::default() });
    assert_same_json(&expanded, &data.join("v6.0/expanded.json"));
}

#[test]
fn instances_know_where_they_come_from() {
    let Some(data) = data("v6.0") else { return };
    let catalog = catalogue(&data, "v6.0", true);
    let node = catalog.root.descend().find(|n| n.path == "Vehicle.Cabin.Seat.Row1.DriverSide");
    let instance = node.and_then(|node| node.instance.clone()).unwrap();
    assert_eq!((instance.of.as_str(), instance.level), ("Vehicle.Cabin.Seat", 1));
}

fn digest(text: &str) -> (usize, u32) {
    (text.len(), static_id::fnv1(text.as_bytes()))
}

#[test]
fn yaml_and_csv_are_those_of_the_reference() {
    let Some(data) = data("v6.0") else { return };
    let catalog = catalogue(&data, "v6.0", true);
    let yaml = yaml::to_string(&catalog, Extras::Named(&[]));
    assert_same(&yaml, &data.join("v6.0/expanded.yaml"));
    let csv = csv::to_string(&catalog, Columns::default());
    assert_same(&csv, &data.join("v6.0/expanded.csv"));
}

/// What the reference makes of these is kept as a length and a digest.
#[test]
fn text_exports_of_other_forms_are_those_of_the_reference() {
    for (version, expand, yaml_digest, csv_digest) in [
        ("v6.0", false, (167_286, 0xcd8b_2b67), (140_636, 0x5f53_db32)),
        ("v5.0", true, (305_953, 0xf4d6_3f14), (256_142, 0xfc17_0b21)),
        ("v5.0", false, (154_558, 0xad3b_d285), (127_720, 0x6f3e_0f4f)),
    ] {
        let Some(data) = data(version) else { return };
        let catalog = catalogue(&data, version, expand);
        let columns = Columns { instances: !expand, ..Columns::default() };
        assert_eq!(digest(&yaml::to_string(&catalog, Extras::Named(&[]))), yaml_digest);
        assert_eq!(digest(&csv::to_string(&catalog, columns)), csv_digest);
    }
}

/// The reference's ids are kept as a digest of lines `PATH ID`.
#[test]
fn static_ids_are_those_of_the_reference() {
    let Some(data) = data("v6.0") else { return };
    let catalog = catalogue(&data, "v6.0", true);
    for (case, expected) in [(Case::Insensitive, 0x26f7_0384), (Case::Sensitive, 0x44eb_9573)] {
        let ids = static_id::assign(&catalog.root, case).unwrap();
        assert_eq!(ids.len(), 1607);
        let lines: Vec<_> = ids.iter().map(|(node, id)| format!("{} {id}\n", node.path)).collect();
        assert_eq!(static_id::fnv1(lines.concat().as_bytes()), expected);
        if case == Case::Insensitive {
            assert_eq!(digest(&id::to_string(&ids)), (353_656, 0xb3f8_bbfb));
        }
    }
}

/// The exported tree has no instances any more; they are found by what they look like.
#[test]
fn instances_are_recognised_in_an_expanded_export() {
    for version in ["v5.0", "v6.0"] {
        let Some(data) = data(version) else { return };
        let authored = catalogue(&data, version, true);
        let json = Input::Path(data.join(version).join("expanded.json"));
        let read = compiled(&Request { model: Some(json), ..Request::default() });
        let instances = |catalog: &Catalog| -> Vec<_> {
            let mut found: Vec<_> = catalog
                .root
                .descend()
                .filter_map(|node| Some((node.path.clone(), node.instance.clone()?)))
                .collect();
            found.sort_by(|a, b| a.0.cmp(&b.0));
            found
        };
        let expected = instances(&authored);
        assert!(expected.len() > 20, "{version} has {} instances", expected.len());
        assert_eq!(instances(&read), expected);
    }
}
