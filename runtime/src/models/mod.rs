//! Vehicle models: compiled or taken over, kept in the state folder, compared.
//!
//! In: a [`ModelSource`], or a model as text. Out: a [`Model`] in a folder of its own that
//! stays, so that an app finds the one it was installed with; which of them is in use
//! ([`Shelf::current`]); and what an app would lose by another one ([`breaks`]).
//! Must not know: apps, signals' values, HTTP.
//!
//! ```text
//! models/
//!   current.json            which is in use, which was before
//!   00112233445566778/      a part of the model's hash
//!     manifest.json         the signals
//!     model.json types.json the model itself, where it was compiled here
//!     python/               its SDK
//! ```

mod compare;
mod source;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use vss_codegen::{
    model::{Manifest, ModelInfo},
    output,
};

pub use compare::breaks;
pub(crate) use source::{ModelSource, compiled, source, texts};

const MANIFEST: &str = "manifest.json";
const MODEL: &str = "model.json";
const TYPES: &str = "types.json";
const CURRENT: &str = "current.json";
/// As many digits of the hash as name a model's folder.
const NAME_LENGTH: usize = 16;

/// A vehicle model that apps are checked against and whose SDK they import.
#[derive(Clone, Debug)]
pub struct Model {
    pub manifest: Manifest,
    /// The folder with the generated `vehicle_signal_model` package.
    pub python_dir: PathBuf,
    /// Where it came from, for people.
    pub source: String,
}

/// The models of a state folder.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
}

/// Which model is in use, by the names of their folders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InUse {
    pub current: String,
    pub source: String,
    /// What to go back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub name: String,
    pub source: String,
}

impl Model {
    pub fn info(&self) -> &ModelInfo {
        &self.manifest.model
    }

    /// The name of its folder.
    pub fn name(&self) -> Result<String> {
        name_of(&self.manifest)
    }

    fn folder(&self) -> Option<&Path> {
        self.python_dir.parent()
    }
}

impl Shelf {
    pub fn new(state: &Path) -> Shelf {
        Shelf { folder: state.join("models") }
    }

    /// Brings a model in. Reads files and addresses: blocks.
    pub(crate) fn take(&self, source: &ModelSource) -> Result<Model> {
        self.keep(source::files(source)?, source.name())
    }

    /// Brings in a model that is there as the JSON that `vssc export json` writes. All
    /// mistakes are in the error.
    pub(crate) fn take_text(
        &self,
        model: String,
        types: Option<String>,
        name: String,
    ) -> Result<Model> {
        self.keep(source::from_catalog(&source::from_texts(model, types)?)?, name)
    }

    fn keep(&self, (manifest, files): source::Files, source: String) -> Result<Model> {
        let folder = self.folder.join(name_of(&manifest)?);
        output::write(&folder, &files).context("cannot keep the model in the state folder")?;
        Ok(Model { manifest, python_dir: folder.join("python"), source })
    }

    /// A model that was kept.
    pub fn get(&self, name: &str, source: String) -> Result<Model> {
        let folder = self.folder.join(checked(name)?);
        let path = folder.join(MANIFEST);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let manifest = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged", path.display()))?;
        Ok(Model { manifest, python_dir: folder.join("python"), source })
    }

    /// Where an app finds the SDK of a model that was kept.
    pub fn python_dir(&self, name: &str) -> Option<PathBuf> {
        let folder = self.folder.join(checked(name).ok()?).join("python");
        folder.is_dir().then_some(folder)
    }

    /// Which model was chosen while the runtime ran.
    pub fn current(&self) -> Result<Option<InUse>> {
        let path = self.folder.join(CURRENT);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(serde_json::from_str(&text).with_context(|| {
                format!("{} is damaged: remove it, and name the model with --model", path.display())
            })?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    pub fn set_current(&self, in_use: &InUse) -> Result<()> {
        let write = || {
            fs::create_dir_all(&self.folder)?;
            let mut fresh = tempfile::NamedTempFile::new_in(&self.folder)?;
            serde_json::to_writer_pretty(&mut fresh, in_use)?;
            fresh.as_file().sync_all()?;
            fresh.persist(self.folder.join(CURRENT)).map_err(|error| error.error)?;
            io::Result::Ok(())
        };
        write().with_context(|| format!("cannot write {}", self.folder.join(CURRENT).display()))
    }
}

/// A part of the hash; checked, as a manifest may be anybody's.
fn name_of(manifest: &Manifest) -> Result<String> {
    let hash = &manifest.model.hash;
    let digits = hash.strip_prefix("sha256:").unwrap_or_default();
    match digits.get(..NAME_LENGTH) {
        Some(name) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(name.to_ascii_lowercase())
        }
        _ => bail!("the model's hash '{hash}' is none that vssc writes"),
    }
}

fn checked(name: &str) -> Result<&str> {
    let fits = name.len() == NAME_LENGTH && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fits { Ok(name) } else { bail!("'{name}' names no model") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_is_remembered() {
        let state = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(state.path());
        assert_eq!(shelf.current().unwrap(), None);
        let before = Some(Before { name: "0011223344556677".into(), source: "a".into() });
        let in_use = InUse { current: "8811223344556677".into(), source: "b".into(), before };
        shelf.set_current(&in_use).unwrap();
        assert_eq!(shelf.current().unwrap(), Some(in_use));
        fs::write(state.path().join("models/current.json"), "{").unwrap();
        assert!(shelf.current().unwrap_err().to_string().contains("is damaged: remove it"));
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_shelf() {
        let shelf = Shelf::new(Path::new("/nowhere"));
        for name in ["../../../../etc/ab", "", "0011", "00112233445566/."] {
            assert!(shelf.get(name, String::new()).unwrap_err().to_string().contains("names no"));
            assert!(shelf.python_dir(name).is_none());
        }
    }

    #[test]
    fn a_hash_cannot_lead_out_of_the_state_folder() {
        let text = r#"{"model": {"name": "Vehicle", "hash": ""},
            "sdk": {"name": "vehicle_signal_model", "version": "1.0.0"}, "signals": []}"#;
        let mut manifest: Manifest = serde_json::from_str(text).unwrap();
        for hash in ["sha256:../../../../../../etc", "sha256:", "", "sha256:0011"] {
            manifest.model.hash = hash.to_owned();
            assert!(name_of(&manifest).is_err(), "{hash}");
        }
    }
}
