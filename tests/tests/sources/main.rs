//! Where models come from: addresses, archives, folders.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod archives;
mod cache;
mod credentials;
mod folders;
mod http;
mod server;
mod tls;

use vehicle_edge_tests::root;
use vss_codegen::{
    Diagnostic, Request, compile,
    diagnostic::Code,
    model::Catalog,
    source::{Access, HostLoader, Input},
};

/// What comes of a model: its catalog, and the diagnostics as they are shown. Nothing in the
/// environment of the tests counts.
fn compiled(model: &str) -> (Option<Catalog>, String) {
    compiled_with(Access::default(), model)
}

fn compiled_with(access: Access, model: &str) -> (Option<Catalog>, String) {
    let request = Request { model: Some(Input::parse(model)), ..Request::default() };
    compiled_by(&HostLoader::with(access), request)
}

fn compiled_by(loader: &HostLoader, request: Request) -> (Option<Catalog>, String) {
    let (catalog, diagnostics) = compile(&request, loader);
    (catalog, diagnostics.iter().map(|diagnostic| diagnostic.render(false)).collect())
}

/// The files of a small model with includes and units of its own.
fn spec_tree() -> Vec<(&'static str, String)> {
    [
        (
            "spec/Car.vspec",
            "Car:\n  type: branch\n  description: A car\n#include Body/Doors.vspec Car\n",
        ),
        (
            "spec/Body/Doors.vspec",
            "#include ../Shared/open Doors\nDoors:\n  type: branch\n  description: Doors\n",
        ),
        (
            "spec/Shared/open.vspec",
            "Gap:\n  type: sensor\n  datatype: float\n  unit: cm\n  description: How far\n",
        ),
        ("spec/units.yaml", "cm: {definition: Hundredth, unit: centimeter, quantity: length, allowed-datatypes: [numeric]}\n"),
        ("spec/quantities.yaml", "length: {definition: Extent in space}\n"),
        ("README.md", "A car\n"),
    ]
    .map(|(name, text)| (name, text.to_owned()))
    .to_vec()
}

fn paths(catalog: &Catalog) -> Vec<String> {
    catalog.leaves().map(|(node, _)| node.path.clone()).collect()
}

/// The golden files of a code that no text alone can give, beside those of all others.
/// `here` is what is another text each time.
fn assert_golden(code: Code, diagnostics: &[Diagnostic], here: &str) {
    assert!(diagnostics.iter().all(|diagnostic| diagnostic.code == code), "{diagnostics:?}");
    let human: Vec<String> = diagnostics.iter().map(|d| d.render(false)).collect();
    let json: String = diagnostics.iter().map(Diagnostic::json).collect();
    insta::with_settings!({
        snapshot_path => root().join(format!("tests/cases/codes/{code}")),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("human", human.join("\n").replace(here, ""));
        insta::assert_snapshot!("json", json.replace(here, ""));
    });
}
