//! For the tests of targets: models in a string, and generated files as one text.

use crate::{
    GeneratedFile, Request, compile,
    model::Catalog,
    source::{Input, LoadError, Loader},
};

const UNITS: &str = "
km/h: {definition: Speed, unit: kilometer per hour, quantity: velocity, allowed-datatypes: [numeric]}
mm: {definition: Length, unit: millimeter, quantity: length, allowed-datatypes: [numeric]}
percent: {definition: Share, unit: percent, quantity: relation, allowed-datatypes: [numeric]}
";

const QUANTITIES: &str = "
velocity: {definition: Distance in a time}
length: {definition: Distance}
relation: {definition: Share}
";

/// Serves the model and the units above.
#[derive(Debug)]
struct Strings<'a> {
    model: &'a str,
}

impl Loader for Strings<'_> {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        let Input::Path(path) = input else { return Err(LoadError::NotFound) };
        let text = match path.to_str() {
            Some("model.vspec") => self.model,
            Some("units.yaml") => UNITS,
            Some("quantities.yaml") => QUANTITIES,
            _ => return Err(LoadError::NotFound),
        };
        Ok(text.as_bytes().to_vec())
    }
}

pub(crate) fn catalog(model: &str) -> Catalog {
    let named = |name: &str| Input::Path(name.into());
    let request = Request {
        model: Some(named("model.vspec")),
        units: vec![named("units.yaml")],
        quantities: vec![named("quantities.yaml")],
        ..Request::default()
    };
    let (catalog, diagnostics) = compile(&request, &Strings { model });
    let shown: Vec<String> = diagnostics.iter().map(|d| d.render(false)).collect();
    catalog.unwrap_or_else(|| panic!("the model has errors\n{}", shown.join("\n")))
}

/// The files that `wanted` picks, each under its path. The program's version is left out,
/// so that a release does not change every snapshot.
pub(crate) fn shown(files: &[GeneratedFile], wanted: impl Fn(&str) -> bool) -> String {
    let program = concat!("vssc ", env!("CARGO_PKG_VERSION"));
    files
        .iter()
        .filter(|file| wanted(&file.path))
        .map(|file| format!("==> {} <==\n{}", file.path, file.contents))
        .collect::<Vec<_>>()
        .join("\n")
        .replace(program, "vssc VERSION")
}
