//! Where models come from: addresses, archives, folders.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod archives;
mod folders;
mod http;

use vss_codegen::{
    Request, compile,
    model::Catalog,
    source::{HostLoader, Input},
};

/// What comes of a model: its catalog, and the diagnostics as they are shown.
fn compiled(model: &str) -> (Option<Catalog>, String) {
    compiled_request(Request { model: Some(Input::parse(model)), ..Request::default() })
}

fn compiled_request(request: Request) -> (Option<Catalog>, String) {
    let (catalog, diagnostics) = compile(&request, &HostLoader::new());
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
