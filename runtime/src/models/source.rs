//! Where a model comes from: compiled, or taken as it was generated.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use vss_codegen::{
    GeneratedFile, Request, Target, Templates, compile, generate,
    model::{Catalog, Manifest},
    source::{HostLoader, Input, LoadError, Loader},
    target::{json, manifest::manifest},
};

use super::{MANIFEST, MODEL, TYPES};

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

impl ModelSource {
    pub(crate) fn built_in() -> ModelSource {
        ModelSource::Compile(Box::default())
    }

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

/// A model's manifest, and all files of its folder.
pub(super) type Files = (Manifest, Vec<GeneratedFile>);

/// Reads files and addresses: blocks.
pub(super) fn files(source: &ModelSource) -> Result<Files> {
    match source {
        ModelSource::Compile(request) => from_catalog(&compiled(request)?),
        ModelSource::Generated(folder) => from_folder(folder),
    }
}

/// Diagnostics go to standard error.
pub(crate) fn compiled(request: &Request) -> Result<Catalog> {
    let (catalog, diagnostics) = compile(request, &HostLoader::new());
    let color = io::IsTerminal::is_terminal(&io::stderr());
    for diagnostic in &diagnostics {
        eprint!("{}", diagnostic.render(color));
    }
    catalog.context("the model has errors; `vssc check` shows them too, without starting anything")
}

/// A model as `vssc export json` writes it; all mistakes are in the error.
pub(super) fn from_texts(model: String, types: Option<String>) -> Result<Catalog> {
    let name = |name: &str| Input::Path(PathBuf::from(name));
    let request = Request {
        model: Some(name(MODEL)),
        types: types.iter().map(|_| name(TYPES)).collect(),
        ..Request::default()
    };
    let (catalog, diagnostics) = compile(&request, &Texts { model, types });
    catalog.with_context(|| {
        let all: Vec<String> = diagnostics.iter().map(|found| found.render(false)).collect();
        format!("the model has errors:\n{}", all.join(""))
    })
}

/// The model's own text, to be sent elsewhere, and that of its struct types.
pub(crate) fn texts(catalog: &Catalog) -> (String, Option<String>) {
    let types = &catalog.types;
    let types = (!types.is_empty()).then(|| json::types_to_string(types, false));
    (json::to_string(catalog, false), types)
}

/// The model of a folder where it was compiled.
pub(super) fn from_folder_of(folder: &Path) -> Option<Catalog> {
    let model = fs::read_to_string(folder.join(MODEL)).ok()?;
    let types = fs::read_to_string(folder.join(TYPES)).ok();
    from_texts(model, types).ok()
}

/// Files that are in memory.
#[derive(Debug)]
struct Texts {
    model: String,
    types: Option<String>,
}

impl Loader for Texts {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        let text = match input {
            Input::Path(path) if path == Path::new(MODEL) => Some(&self.model),
            Input::Path(path) if path == Path::new(TYPES) => self.types.as_ref(),
            _ => None,
        };
        text.map(|text| text.clone().into_bytes()).ok_or(LoadError::NotFound)
    }
}

pub(super) fn from_catalog(catalog: &Catalog) -> Result<Files> {
    let templates = Templates::embedded();
    let mut files = generate(catalog, Target::Manifest, &templates)?;
    for file in generate(catalog, Target::Python, &templates)? {
        files.push(GeneratedFile { path: format!("python/{}", file.path), ..file });
    }
    // Kept to be compared with the models that come after it.
    let (model, types) = texts(catalog);
    files.push(GeneratedFile { path: MODEL.to_owned(), contents: model });
    let types = types.map(|contents| GeneratedFile { path: TYPES.to_owned(), contents });
    files.extend(types);
    Ok((manifest(catalog), files))
}

fn from_folder(folder: &Path) -> Result<Files> {
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
    use super::{super::Shelf, *};

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
        let model = Shelf::new(state.path()).take(&of_folder(given.path())).unwrap();
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
        let model = Shelf::new(state.path()).take(&of_folder(given.path())).unwrap();
        assert_eq!(model.manifest.model.name, "Car");
    }

    #[test]
    fn a_folder_that_vssc_did_not_write_is_explained() {
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let shelf = Shelf::new(state.path());
        let error = shelf.take(&of_folder(folder.path())).unwrap_err().to_string();
        assert!(error.contains("the model has errors"), "{error}");
        fs::write(folder.path().join(MANIFEST), TEXT).unwrap();
        let error = from_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("run `vssc generate python MODEL -o "), "{error}");
    }
}
