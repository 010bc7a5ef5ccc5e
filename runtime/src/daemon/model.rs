//! The vehicle model: compiled at start, or taken as it was generated, and kept in the state
//! folder, where apps of an earlier start still find the one they were installed with.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use vss_codegen::{
    GeneratedFile, Request, Target, Templates, compile, generate,
    model::{Catalog, Manifest},
    output,
    source::{HostLoader, Input},
    target::manifest::manifest,
};

use crate::supervisor::Model;

/// Where the model comes from.
#[derive(Clone, Debug)]
pub(crate) enum ModelSource {
    /// To be compiled. Boxed: a request is many times larger than a path.
    Compile(Box<Request>),
    /// A folder with `manifest.json` and `vehicle_signal_model/`, as `vssc` writes them.
    Generated(PathBuf),
}

/// The Python package of every model.
const PACKAGE: &str = "vehicle_signal_model";
const MANIFEST: &str = "manifest.json";
/// As many digits of the hash as name a model's folder.
const NAME_LENGTH: usize = 16;

impl ModelSource {
    /// For people.
    pub(crate) fn name(&self) -> String {
        match self {
            ModelSource::Compile(request) => match &request.model {
                None => "the built-in model".to_owned(),
                Some(input) => input.to_string(),
            },
            ModelSource::Generated(folder) => folder.display().to_string(),
        }
    }
}

/// Brings the model into `models/` of the state folder. Reads files and addresses: blocks.
pub(crate) fn load(source: &ModelSource, state: &Path) -> Result<Model> {
    let (manifest, files) = match source {
        ModelSource::Compile(request) => from_catalog(&compiled(request)?)?,
        ModelSource::Generated(folder) => from_folder(folder)?,
    };
    let folder = state.join("models").join(folder_name(&manifest)?);
    output::write(&folder, &files).context("cannot keep the model in the state folder")?;
    Ok(Model { manifest, python_dir: folder.join("python") })
}

fn compiled(request: &Request) -> Result<Catalog> {
    let (catalog, diagnostics) = compile(request, &HostLoader::new());
    let color = io::IsTerminal::is_terminal(&io::stderr());
    for diagnostic in &diagnostics {
        eprint!("{}", diagnostic.render(color));
    }
    catalog.context("the model has errors; `vssc check` shows them too, without starting anything")
}

fn from_catalog(catalog: &Catalog) -> Result<(Manifest, Vec<GeneratedFile>)> {
    let templates = Templates::embedded();
    let mut files = generate(catalog, Target::Manifest, &templates)?;
    for file in generate(catalog, Target::Python, &templates)? {
        files.push(GeneratedFile { path: format!("python/{}", file.path), ..file });
    }
    Ok((manifest(catalog), files))
}

fn from_folder(folder: &Path) -> Result<(Manifest, Vec<GeneratedFile>)> {
    let path = folder.join(MANIFEST);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let manifest = serde_json::from_str(&text)
        .with_context(|| format!("{} is no manifest of a model", path.display()))?;
    ensure!(
        folder.join(PACKAGE).is_dir(),
        "{} has a manifest but no {PACKAGE}/: run `vssc generate python MODEL -o {0}`",
        folder.display()
    );
    let mut files = vec![GeneratedFile { path: MANIFEST.to_owned(), contents: text }];
    collect(&folder.join(PACKAGE), &format!("python/{PACKAGE}"), &mut files)?;
    Ok((manifest, files))
}

/// The package's source files; caches of an interpreter stay behind.
fn collect(folder: &Path, below: &str, files: &mut Vec<GeneratedFile>) -> Result<()> {
    let unreadable = || format!("cannot read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let below = format!("{below}/{name}");
        if path.is_dir() {
            if name != "__pycache__" {
                collect(&path, &below, files)?;
            }
        } else if !name.ends_with(".pyc") {
            let contents = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            files.push(GeneratedFile { path: below, contents });
        }
    }
    Ok(())
}

/// A part of the hash; checked, as a manifest may be anybody's.
fn folder_name(manifest: &Manifest) -> Result<String> {
    let hash = &manifest.model.hash;
    let digits = hash.strip_prefix("sha256:").unwrap_or_default();
    match digits.get(..NAME_LENGTH) {
        Some(name) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(name.to_ascii_lowercase())
        }
        _ => bail!("the model's hash '{hash}' is none that vssc writes"),
    }
}

/// `--model` and its options as a source. A folder with a manifest is one that `vssc`
/// generated; of any other the root file is found and compiled.
pub(crate) fn source(request: Request) -> ModelSource {
    match &request.model {
        Some(Input::Path(path)) if path.join(MANIFEST).is_file() => {
            ModelSource::Generated(path.clone())
        }
        _ => ModelSource::Compile(Box::new(request)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
        "model": {"name": "Vehicle", "hash": "sha256:00112233445566778899AABB"},
        "sdk": {"name": "vehicle_signal_model", "version": "1.0.0"},
        "signals": []
    }"#;

    fn of_folder(folder: &Path) -> ModelSource {
        let model = Some(Input::Path(folder.to_owned()));
        source(Request { model, ..Request::default() })
    }

    #[test]
    fn a_generated_folder_is_taken_over_under_its_hash() {
        let (given, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(given.path().join(MANIFEST), TEXT).unwrap();
        fs::create_dir_all(given.path().join(PACKAGE).join("__pycache__")).unwrap();
        fs::write(given.path().join(PACKAGE).join("__init__.py"), "# model\n").unwrap();
        fs::write(given.path().join(PACKAGE).join("__pycache__/x.pyc"), [0xff]).unwrap();
        let model = load(&of_folder(given.path()), state.path()).unwrap();
        assert_eq!(model.python_dir, state.path().join("models/0011223344556677/python"));
        assert!(model.python_dir.join(PACKAGE).join("__init__.py").is_file());
        assert!(!model.python_dir.join(PACKAGE).join("__pycache__").exists());
        assert!(state.path().join("models/0011223344556677/manifest.json").is_file());
    }

    #[test]
    fn the_root_file_of_a_folder_is_found_and_compiled() {
        let (given, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let text = "Car.On:\n  type: sensor\n  datatype: boolean\n  description: Runs\n";
        let text = format!("Car:\n  type: branch\n  description: A car\n{text}");
        fs::write(given.path().join("Car.vspec"), text).unwrap();
        let model = load(&of_folder(given.path()), state.path()).unwrap();
        assert_eq!(model.manifest.model.name, "Car");
    }

    #[test]
    fn a_hash_cannot_lead_out_of_the_state_folder() {
        let mut manifest: Manifest = serde_json::from_str(TEXT).unwrap();
        for hash in ["sha256:../../../../../../etc", "sha256:", "", "sha256:0011"] {
            manifest.model.hash = hash.to_owned();
            assert!(folder_name(&manifest).is_err(), "{hash}");
        }
    }

    #[test]
    fn a_folder_that_vssc_did_not_write_is_explained() {
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let error = load(&of_folder(folder.path()), state.path()).unwrap_err().to_string();
        assert!(error.contains("the model has errors"), "{error}");
        fs::write(folder.path().join(MANIFEST), TEXT).unwrap();
        let error = from_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("run `vssc generate python MODEL -o "), "{error}");
    }
}
