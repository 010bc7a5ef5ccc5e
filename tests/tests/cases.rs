//! Golden cases of the compiler: each folder `cases/<group>/<case>` holds a root file
//! `model.vspec` or `model.json`, what it includes, and options as `vssc` takes them in
//! `options.txt`. Its `result.snap` is all that a user would see: every diagnostic as it is
//! rendered, and the JSON export where there is one. What templates see of its model holds to
//! the schema that is printed for it.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod codes;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use vehicle_edge_tests::root;
use vss_codegen::{
    Request, cli, compile,
    source::{Input, LoadError, Loader},
    target::{json, view},
};

/// Serves a case's folder as if it were the working folder, so that diagnostics name the
/// same paths everywhere. Unit files are shared unless the case brings its own.
#[derive(Debug)]
struct CaseFolder(PathBuf);

impl Loader for CaseFolder {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        let Input::Path(path) = input else {
            return Err(LoadError::Other("only files here".to_owned()));
        };
        fs::read(self.0.join(path)).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => shared_file(path).ok_or(LoadError::NotFound),
            _ => Err(LoadError::Other(error.to_string())),
        })
    }
}

/// The units of a case that brings none of its own.
fn shared_file(path: &Path) -> Option<Vec<u8>> {
    let is_shared = ["units.yaml", "quantities.yaml"].map(Path::new).contains(&path);
    is_shared.then(|| fs::read(root().join("tests/cases").join(path)).ok())?
}

fn request(model: &Path, options: &str) -> Request {
    let name = model.file_name().unwrap().to_string_lossy();
    let options: Vec<&str> = [&*name].into_iter().chain(options.split_whitespace()).collect();
    cli::request(&options).unwrap_or_else(|error| panic!("{}: {error}", model.display()))
}

/// What a good model exports is a model, struct types included, that exports the same.
#[test]
fn exports_with_struct_types_read_back_the_same() {
    #[derive(Debug)]
    struct Export(String);

    impl Loader for Export {
        fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
            let is_own = input.to_string() == "export.json";
            is_own.then(|| self.0.clone().into_bytes()).ok_or(LoadError::NotFound)
        }
    }

    let mut compared = 0;
    for case in fs::read_dir(root().join("tests/cases/types")).unwrap() {
        let folder = case.unwrap().path();
        let model = folder.join("model.vspec");
        let options = fs::read_to_string(folder.join("options.txt")).unwrap_or_default();
        let request = request(&model, &options);
        let Some(catalog) = compile(&request, &CaseFolder(folder.clone())).0 else { continue };
        let export = json::to_string(&catalog, false);
        let again = Request {
            model: Some(Input::parse("export.json")),
            extended_attributes: request.extended_attributes,
            ..Request::default()
        };
        let (read, diagnostics) = compile(&again, &Export(export.clone()));
        let read = read.unwrap_or_else(|| panic!("{}: {diagnostics:?}", folder.display()));
        assert_eq!(json::to_string(&read, false), export, "{}", folder.display());
        compared += 1;
    }
    assert!(compared > 10, "{compared}");
}

#[test]
fn every_case_gives_its_result() {
    let schema = serde_json::to_value(view::schema()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    insta::glob!("../cases", "*/*/model.*", |model| {
        let folder = model.parent().unwrap();
        let options = fs::read_to_string(folder.join("options.txt")).unwrap_or_default();
        let request = request(model, &options);
        let (catalog, diagnostics) = compile(&request, &CaseFolder(folder.to_owned()));

        let has_error = diagnostics.iter().any(vss_codegen::Diagnostic::is_error);
        assert_eq!(catalog.is_none(), has_error, "a model without errors gives a catalog");
        if let Some(catalog) = &catalog {
            let model = serde_json::to_value(view::Model::new(catalog)).unwrap();
            let errors: Vec<_> = schema.iter_errors(&model).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{}: {}", folder.display(), errors.join("\n"));
        }
        let mut result: Vec<String> = diagnostics.iter().map(|d| d.render(false)).collect();
        result.extend(catalog.map(|catalog| json::to_string(&catalog, true)));
        insta::with_settings!({
            snapshot_path => folder,
            prepend_module_to_snapshot => false,
            snapshot_suffix => "",
            omit_expression => true,
        }, {
            insta::assert_snapshot!("result", result.join("\n"));
        });
    });
}
