//! The generated Rust crate compiles, without a warning, for our own model, for models
//! that are hard on a generator, and for the real catalogue where it is at hand.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use vehicle_edge_tests::{catalogue, root, serve_file, vssc};

/// Runs a program to its end; a failure shows what it printed.
fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?} failed\n{stdout}\n{stderr}");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `vssc generate rust ARGUMENTS -o FOLDER`
fn generate(folder: &Path, arguments: &[&str]) {
    run(vssc().unwrap().args(["generate", "rust"]).args(arguments).arg("-o").arg(folder));
}

/// All generated crates share a target folder below ours, since none has dependencies.
fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(arguments)
        .args(["--offline", "--quiet"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", root().join("target/generated"))
        .env("RUSTFLAGS", "-D warnings")
        .env("RUSTDOCFLAGS", "-D warnings");
    run(&mut command)
}

#[test]
fn the_default_model_is_used_as_its_users_would() {
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path(), &[]);
    let examples = folder.path().join("examples");
    fs::create_dir(&examples).unwrap();
    fs::copy(root().join("tests/cases/rust/default_model.rs"), examples.join("use.rs")).unwrap();
    let output = cargo(folder.path(), &["run", "--example", "use"]);
    assert_eq!(text(&output.stdout), "Vehicle.Steering.Angle\n");
    cargo(folder.path(), &["doc"]);
}

#[test]
fn ugly_models_compile_and_their_documentation_has_no_broken_link() {
    let cases = root().join("tests/cases/ugly");
    for name in ["bases", "keywords", "names", "text", "numbers", "instances", "structs"] {
        let folder = tempfile::tempdir().unwrap();
        let model = cases.join(format!("{name}.vspec"));
        generate(folder.path(), &[model.to_str().unwrap()]);
        cargo(folder.path(), &["check"]);
        cargo(folder.path(), &["doc"]);
    }
}

#[test]
fn struct_types_of_a_file_of_their_own_compile() {
    let cases = root().join("tests/cases/python");
    let files = ["trips.vspec", "trip_types.vspec"].map(|name| cases.join(name));
    let files = files.each_ref().map(|path| path.to_str().unwrap());
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path(), &[files[0], "-t", files[1]]);
    let examples = folder.path().join("examples");
    fs::create_dir(&examples).unwrap();
    fs::copy(root().join("tests/cases/rust/trips.rs"), examples.join("use.rs")).unwrap();
    cargo(folder.path(), &["run", "--example", "use"]);
    cargo(folder.path(), &["doc"]);
}

#[test]
fn a_branch_of_a_thousand_signals_compiles() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = "Wide: {type: branch}\n".to_owned();
    for number in 0..1000 {
        model +=
            &format!("Wide.Signal{number}: {{type: actuator, datatype: float, max: {number}}}\n");
    }
    let source = folder.path().join("wide.vspec");
    fs::write(&source, model).unwrap();
    let units = root().join("vss");
    let (units, quantities) = (units.join("units.yaml"), units.join("quantities.yaml"));
    let files = [&source, &units, &quantities].map(|path| path.to_str().unwrap());
    let output = folder.path().join("crate");
    generate(&output, &[files[0], "-u", files[1], "-q", files[2]]);
    cargo(&output, &["check"]);
}

#[test]
fn the_catalogue_compiles_from_vspec_and_from_an_address() {
    let Some(vss) = catalogue("v6.0") else { return };
    let folder = tempfile::tempdir().unwrap();
    let spec = vss.join("v6.0/spec/VehicleSignalSpecification.vspec");
    let units = vss.join("units/units.yaml");
    let quantities = vss.join("units/quantities.yaml");
    let files = [&spec, &units, &quantities].map(|path| path.to_str().unwrap());
    generate(folder.path(), &[files[0], "-u", files[1], "-q", files[2]]);
    cargo(folder.path(), &["check"]);

    let json = fs::read(vss.join("v6.0/expanded.json")).unwrap();
    let address = serve_file("vss.json", json).unwrap();
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path(), &[&address, "-u", files[1], "-q", files[2]]);
    cargo(folder.path(), &["check"]);
}
