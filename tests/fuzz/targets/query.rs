//! Any text as a query over the signals of the default model.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use vss_codegen::{
    Request, compile,
    model::Catalog,
    search::{Query, search},
    source::HostLoader,
};

static CATALOG: OnceLock<Catalog> = OnceLock::new();

fuzz_target!(|text: &str| {
    let catalog = CATALOG.get_or_init(|| {
        let (catalog, diagnostics) = compile(&Request::default(), &HostLoader::new());
        catalog.unwrap_or_else(|| panic!("{diagnostics:?}"))
    });
    if let Ok(query) = text.parse::<Query>() {
        let found = search(catalog, &query);
        assert!(found.hits.len() <= catalog.root.descend().count());
    }
});
