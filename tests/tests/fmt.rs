//! `vssc fmt`: over every model of the tests, and over the real catalogue where it is there.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use vehicle_edge_tests::{catalogue, root, serve_file, vssc};
use vss_codegen::{
    Request, cli, compile,
    format::{FormatError, format},
    model::Catalog,
    source::{HostLoader, Input, LoadError, Loader},
};

/// The files of a case, or any others; vspec in its canonical layout where `formats`.
#[derive(Debug)]
struct Files {
    folder: Option<PathBuf>,
    formats: bool,
}

impl Loader for Files {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        let bytes = match (&self.folder, input) {
            (Some(folder), Input::Path(path)) => {
                let own = Input::Path(folder.join(path));
                let shared = Input::Path(folder.join("../..").join(path));
                let loader = HostLoader::new();
                match loader.load(&own) {
                    Err(_) if path.ends_with("units.yaml") || path.ends_with("quantities.yaml") => {
                        loader.load(&shared)
                    }
                    other => other,
                }
            }
            _ => HostLoader::new().load(input),
        }?;
        let Ok(text) = String::from_utf8(bytes.clone()) else { return Ok(bytes) };
        match format(input, &text) {
            Ok(formatted) if self.formats => Ok(formatted.text.into_bytes()),
            _ => Ok(bytes),
        }
    }
}

/// The model, and what is said about it, without the places.
fn compiled(request: &Request, loader: &dyn Loader) -> (Option<Catalog>, Vec<String>) {
    let (catalog, diagnostics) = compile(request, loader);
    let mut said: Vec<String> =
        diagnostics.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
    said.sort();
    (catalog, said)
}

/// Formats one file; tells whether there is a layout for it.
fn formats(path: &Path) -> bool {
    let Ok(text) = fs::read_to_string(path) else { return false };
    let input = Input::Path(path.to_owned());
    match format(&input, &text) {
        Ok(formatted) => {
            let again = format(&input, &formatted.text).unwrap();
            assert_eq!(again.text, formatted.text, "{} changes twice", path.display());
            true
        }
        Err(FormatError::NoSafeLayout) => panic!("{} has no safe layout", path.display()),
        Err(_) => false,
    }
}

fn vspec_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            vspec_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "vspec") {
            found.push(path);
        }
    }
}

#[test]
fn every_model_of_the_tests_keeps_its_meaning() {
    let mut files = Vec::new();
    vspec_files(&root().join("tests/cases"), &mut files);
    let formatted = files.iter().filter(|path| formats(path)).count();
    assert!(formatted > 100, "{formatted} of {}", files.len());
    for model in files.iter().filter(|path| path.ends_with("model.vspec")) {
        let folder = model.parent().unwrap().to_owned();
        let options = fs::read_to_string(folder.join("options.txt")).unwrap_or_default();
        let options: Vec<&str> =
            ["model.vspec"].into_iter().chain(options.split_whitespace()).collect();
        let request = cli::request(&options).unwrap();
        let loaders = [false, true].map(|formats| Files { folder: Some(folder.clone()), formats });
        let [(before, said_before), (after, said_after)] =
            loaders.map(|loader| compiled(&request, &loader));
        assert_eq!(before, after, "{}", model.display());
        assert_eq!(said_before, said_after, "{}", model.display());
    }
}

#[test]
fn the_catalogue_keeps_its_meaning() {
    let Some(data) = catalogue("v6.0") else { return };
    let mut files = Vec::new();
    vspec_files(&data, &mut files);
    assert!(files.iter().all(|path| formats(path)));
    let spec = data.join("v6.0/spec/VehicleSignalSpecification.vspec");
    let request = Request {
        model: Some(Input::Path(spec)),
        units: vec![Input::Path(data.join("units/units.yaml"))],
        quantities: vec![Input::Path(data.join("units/quantities.yaml"))],
        ..Request::default()
    };
    let loaders = [false, true].map(|formats| Files { folder: None, formats });
    let [before, after] = loaders.map(|loader| compiled(&request, &loader));
    assert_eq!(before.1, after.1);
    assert!(before.0.is_some() && before.0 == after.0);
}

#[test]
fn our_own_model_is_laid_out() {
    let output = run(root(), &["--check", "vss"]);
    assert!(output.status.success(), "run `vssc fmt vss`:\n{}", text(&output.stdout));
}

const UGLY: &str = "Car:\n    type:   branch\nCar.A: {type: sensor,datatype: \"float\"}\n";
const PRETTY: &str = "Car:\n  type: branch\n\nCar.A: {type: sensor, datatype: 'float'}\n";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    vssc().unwrap().arg("fmt").args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn files_are_written_or_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("deep")).unwrap();
    fs::write(path("deep/ugly.vspec"), UGLY).unwrap();
    fs::write(path("pretty.vspec"), PRETTY).unwrap();
    fs::write(path("other.yaml"), UGLY).unwrap();

    let output = run(folder.path(), &["--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stdout),
        "deep/ugly.vspec:2\n-    type:   branch\n+  type: branch\ndeep/ugly.vspec:3\n+\ndeep/ugly.vspec:3\n\
         -Car.A: {type: sensor,datatype: \"float\"}\n+Car.A: {type: sensor, datatype: 'float'}\n"
    );
    assert_eq!(text(&output.stderr), "1 of 2 files would change\n");
    assert_eq!(fs::read_to_string(path("deep/ugly.vspec")).unwrap(), UGLY);

    let output = run(folder.path(), &["."]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "1 of 2 files formatted\n");
    assert_eq!(fs::read_to_string(path("deep/ugly.vspec")).unwrap(), PRETTY);
    assert_eq!(fs::read_to_string(path("other.yaml")).unwrap(), UGLY, "not asked for");
    assert_eq!(fs::read_dir(path("deep")).unwrap().count(), 1, "no temporary file is left");
    assert_eq!(text(&run(folder.path(), &["--check"]).stderr), "2 files, nothing to change\n");
}

#[test]
fn a_broken_file_is_reported_and_the_others_are_formatted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("broken.vspec"), "Car: [\n").unwrap();
    fs::write(path("model.json"), "{}").unwrap();
    fs::write(path("ugly.vspec"), UGLY).unwrap();
    let output = run(folder.path(), &["broken.vspec", "missing.vspec", "model.json", "ugly.vspec"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert!(errors.contains("\nerror[VSS003]: broken YAML: "), "{errors}");
    assert!(
        errors.contains("error: cannot read missing.vspec: there is no such file\n"),
        "{errors}"
    );
    assert!(errors.contains("error: model.json is JSON; "), "{errors}");
    assert!(errors.ends_with("1 of 4 files formatted, 3 left as they are\n"), "{errors}");
    assert_eq!(fs::read_to_string(path("broken.vspec")).unwrap(), "Car: [\n");
    assert_eq!(fs::read_to_string(path("ugly.vspec")).unwrap(), PRETTY);
}

#[test]
fn several_broken_files_make_one_log() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.vspec", "b.vspec"] {
        fs::write(folder.path().join(name), "Car: [\n").unwrap();
    }
    let output = run(folder.path(), &["--message-format", "sarif"]);
    assert_eq!(output.status.code(), Some(1));
    let log: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 2);
}

#[test]
fn addresses_are_read_as_the_options_say() {
    let folder = tempfile::tempdir().unwrap();
    let address = serve_file("ugly.vspec", UGLY.as_bytes().to_vec()).unwrap();
    let run = |options: &[&str]| {
        let mut command = vssc().unwrap();
        command.arg("fmt").arg(&address).args(options);
        command.env("VSSC_CACHE_DIR", folder.path().join("cache")).output().unwrap()
    };
    let errors = format!(
        "error: cannot read {address}: it is not in the cache\n  = help: read it once without \
         --offline\n0 of 1 file formatted, 1 left as they are\n"
    );
    assert_eq!(text(&run(&["--no-cache"]).stdout), PRETTY);
    assert_eq!(text(&run(&["--offline"]).stderr), errors);
    assert_eq!(text(&run(&[]).stdout), PRETTY);
    assert_eq!(text(&run(&["--offline"]).stdout), PRETTY);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let mut child = vssc()
        .unwrap()
        .args(["fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(UGLY.as_bytes()).unwrap();
    assert_eq!(text(&child.wait_with_output().unwrap().stdout), PRETTY);
}

#[test]
fn a_link_stays_a_link_and_folders_are_searched_as_models_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["spec/parts", "spec/.hidden"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    let crooked = "A:\n    type:   branch\n";
    for name in ["real.txt", "spec/parts/a.vspec", "spec/.hidden/b.vspec", "spec/c.yaml"] {
        fs::write(at(name), crooked).unwrap();
    }
    std::os::unix::fs::symlink(at("real.txt"), at("spec/link.vspec")).unwrap();
    let output = vssc().unwrap().args(["fmt", "spec"]).current_dir(folder.path()).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && errors == "2 of 2 files formatted\n", "{errors}");
    assert!(fs::symlink_metadata(at("spec/link.vspec")).unwrap().is_symlink());
    for (name, is_formatted) in [
        ("real.txt", true),
        ("spec/parts/a.vspec", true),
        ("spec/.hidden/b.vspec", false),
        ("spec/c.yaml", false),
    ] {
        assert_eq!(fs::read_to_string(at(name)).unwrap() != crooked, is_formatted, "{name}");
    }
}
