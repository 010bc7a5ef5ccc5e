//! `manifest.json`: the model as the runtime reads it, one signal to a line, so that
//! a change of one signal is a change of one line.

mod version;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{GenerateError, GeneratedFile, json};
use crate::{
    model::{Catalog, Manifest, SdkInfo},
    render::{Renderer, Templates},
};

pub use version::package_version;

/// The Python package that `vssc generate python` makes of any model.
pub const SDK_NAME: &str = "vehicle_signal_model";

pub fn manifest(catalog: &Catalog) -> Manifest {
    let version = package_version(catalog.version().as_deref());
    let sdk = SdkInfo { name: SDK_NAME.to_owned(), version };
    Manifest::new(catalog, hash(catalog), sdk)
}

/// Names a model by its content: two models with the same signals share it.
fn hash(catalog: &Catalog) -> String {
    let digest = Sha256::digest(json::to_string(catalog, false));
    let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hexadecimal}")
}

/// Each part as finished JSON text.
#[derive(Serialize)]
struct View {
    model: String,
    sdk: String,
    signals: Vec<String>,
}

pub(super) fn files(
    catalog: &Catalog,
    templates: &Templates,
) -> Result<Vec<GeneratedFile>, GenerateError> {
    let manifest = manifest(catalog);
    let view = View {
        model: serde_json::to_string(&manifest.model)?,
        sdk: serde_json::to_string(&manifest.sdk)?,
        signals: manifest.signals.iter().map(serde_json::to_string).collect::<Result<_, _>>()?,
    };
    let renderer = Renderer::new(templates, "manifest")?;
    let contents = renderer.render("manifest.json.j2", &view)?;
    Ok(vec![GeneratedFile::new("manifest.json", contents)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Target, generate,
        target::fixture::{catalog, shown},
    };

    const MODEL: &str = "
Vehicle: {type: branch, description: A car.}
Vehicle.VersionVSS: {type: branch, description: The version.}
Vehicle.VersionVSS.Major: {type: attribute, datatype: uint32, default: 1, description: First number.}
Vehicle.VersionVSS.Minor: {type: attribute, datatype: uint32, default: 2, description: Second number.}
Vehicle.VersionVSS.Patch: {type: attribute, datatype: uint32, default: 3, description: Third number.}
Vehicle.VersionVSS.Label: {type: attribute, datatype: string, default: dev, description: Suffix.}
Vehicle.Speed: {type: sensor, datatype: float, unit: km/h, min: 0, max: 250.5, description: How fast.}
Vehicle.Gear: {type: actuator, datatype: int8, enum: {PARK: 0, REVERSE: -1}, description: A gear.}
Vehicle.Mode: {type: actuator, datatype: string, allowed: ['A', 'B'], deprecation: gone, description: How.}
";

    #[test]
    fn a_small_model() {
        let files = generate(&catalog(MODEL), Target::Manifest, &Templates::embedded()).unwrap();
        insta::assert_snapshot!(shown(&files, |_| true));
    }

    #[test]
    fn the_file_reads_back_as_the_manifest_it_was_made_of() {
        let catalog = catalog(MODEL);
        let files = generate(&catalog, Target::Manifest, &Templates::embedded()).unwrap();
        let read: Manifest = serde_json::from_str(&files[0].contents).unwrap();
        assert_eq!(read, manifest(&catalog));
    }

    #[test]
    fn the_hash_follows_the_content_alone() {
        let hash = |model: &str| manifest(&catalog(model)).model.hash;
        let turned =
            format!("{}\n", MODEL.trim().replace("min: 0, max: 250.5", "max: 250.5, min: 0"));
        assert_eq!(hash(MODEL), hash(&turned));
        assert_ne!(hash(MODEL), hash(&MODEL.replace("250.5", "251")));
    }
}
