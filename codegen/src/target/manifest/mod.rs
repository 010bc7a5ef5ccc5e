//! `manifest.json`: the model as the runtime reads it, one signal to a line, so that
//! a change of one signal is a change of one line.

mod version;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{GenerateError, GeneratedFile};
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
    let digest = Sha256::digest(format!("{catalog:?}"));
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
