//! For the tests of targets: models in a string, and generated files as one text.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    GeneratedFile, Request, compile,
    model::Catalog,
    source::{HostLoader, Input, LoadError, Loader},
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

/// A model that has something of everything.
pub(crate) const EVERYTHING: &str = "
Vehicle: {type: branch, description: A car., comment: With four wheels.}
Vehicle.VersionVSS: {type: branch, description: The version.}
Vehicle.VersionVSS.Major: {type: attribute, datatype: uint32, default: 1, description: First number.}
Vehicle.VersionVSS.Minor: {type: attribute, datatype: uint32, default: 2, description: Second number.}
Vehicle.VersionVSS.Patch: {type: attribute, datatype: uint32, default: 3, description: Third number.}
Vehicle.Speed: {type: sensor, datatype: float, unit: km/h, min: 0, max: 250, description: How fast., comment: Always.}
Vehicle.Total: {type: sensor, datatype: uint64, unit: mm, description: Distance so far., source: wheels}
Vehicle.Offset: {type: actuator, datatype: int64, description: A large number.}
Vehicle.Gear: {type: actuator, datatype: int8, enum: {PARK: 0, REVERSE: -1}, default: 0, description: A gear.}
Vehicle.Levels: {type: attribute, datatype: 'uint8[]', arraysize: 3, allowed: [1, 2], default: [2, 1, 1], description: Levels.}
Vehicle.Plate: {type: attribute, datatype: string, pattern: '[A-Z]+-[0-9]', default: 'A-1', description: What is written on it.}
Vehicle.Names: {type: attribute, datatype: 'string[]', allowed: ['a b', 'a-b', 'true'], description: Several of a list.}
Vehicle.IsOld: {type: sensor, datatype: boolean, deprecation: 'v2, see \"Vehicle.Age\"', description: \"Whether it is old.\\n\\nSays nothing of its age.\"}
Vehicle.Seat: {type: branch, instances: ['Row[1,2]', [Left, Right]], description: A seat.}
Vehicle.Seat.Position: {type: actuator, datatype: uint16, unit: mm, min: 0, max: 500, description: Where.}
Vehicle.Seat.Mode: {type: actuator, datatype: string, allowed: ['OFF', 'ON'], default: 'OFF', description: How.}
Vehicle.Types: {type: branch, description: Types of values.}
Vehicle.Types.Point: {type: struct, description: A point.}
Vehicle.Types.Point.X: {type: property, datatype: double, unit: mm, description: Across.}
Vehicle.Types.Point.Kind: {type: property, datatype: string, allowed: ['A', 'B'], description: Which.}
Vehicle.Route: {type: actuator, datatype: 'Vehicle.Types.Point[]', description: Points.}
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
    compiled(&request("model.vspec", true), &Strings { model })
}

/// With its instances as they are declared.
pub(crate) fn unexpanded(model: &str) -> Catalog {
    compiled(&request("model.vspec", false), &Strings { model })
}

/// The models that are valid and hard to write code for, our own, and the real catalogue
/// where it stands beside the checkout; each with its name.
pub(crate) fn models() -> impl Iterator<Item = (String, Catalog)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let ugly = fs::read_dir(root.join("tests/cases/ugly")).unwrap();
    let mut models: Vec<PathBuf> = ugly.map(|entry| entry.unwrap().path()).collect();
    models.retain(|path| path.extension().is_some_and(|extension| extension == "vspec"));
    models.push(root.join("vss/VehicleEdge.vspec"));
    let mut requests: Vec<(String, Request)> = models
        .into_iter()
        .map(|path| (path.display().to_string(), Input::Path(path)))
        .map(|(name, model)| (name, Request { model: Some(model), ..Request::default() }))
        .collect();
    let released = root.join("../shared/vss");
    if released.is_dir() {
        let file = |name: &str| Input::Path(released.join(name));
        let request = Request {
            model: Some(file("v6.0/expanded.json")),
            units: vec![file("units/units.yaml")],
            quantities: vec![file("units/quantities.yaml")],
            ..Request::default()
        };
        requests.push(("v6.0".to_owned(), request));
    }
    requests.into_iter().map(|(name, request)| (name, compiled(&request, &HostLoader::new())))
}

fn request(model: &str, expand: bool) -> Request {
    let named = |name: &str| Input::Path(name.into());
    Request {
        model: Some(named(model)),
        units: vec![named("units.yaml")],
        quantities: vec![named("quantities.yaml")],
        expand,
        ..Request::default()
    }
}

fn compiled(request: &Request, loader: &dyn Loader) -> Catalog {
    let (catalog, diagnostics) = compile(request, loader);
    let shown: Vec<String> = diagnostics.iter().map(|d| d.render(false)).collect();
    catalog.unwrap_or_else(|| panic!("the model has errors\n{}", shown.join("\n")))
}

/// The files that `wanted` picks, each under its path. The program's version is left out,
/// so that a release does not change every snapshot.
pub(crate) fn shown(files: &[GeneratedFile], wanted: impl Fn(&str) -> bool) -> String {
    let files = files
        .iter()
        .filter(|file| wanted(&file.path))
        .map(|file| format!("==> {} <==\n{}", file.path, file.contents))
        .collect::<Vec<_>>()
        .join("\n");
    without_version(&files)
}

pub(crate) fn without_version(text: &str) -> String {
    text.replace(concat!("vssc ", env!("CARGO_PKG_VERSION")), "vssc VERSION")
}
