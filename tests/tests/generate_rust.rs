//! The generated Rust crate compiles, without a warning, for our own model, for models
//! that are hard on a generator, and for the real catalogue where it is at hand.
//!
//! That it talks to a broker is tested in `rust_client.rs`.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result, ensure};
use vehicle_edge_tests::{RustWorkspace, catalogue, root, serve_file};

const MODEL: [&str; 2] = ["-p", "vehicle-signal-model"];

/// The tree alone: most models say nothing new about the client.
const ALONE: &str = "--no-default-features";

/// The models take turns in one workspace, since cargo runs them one after the other anyway.
fn workspace() -> Result<(RustWorkspace, MutexGuard<'static, ()>)> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((RustWorkspace::new("models")?, turn))
}

fn cargo(workspace: &RustWorkspace, arguments: &[&str]) -> Result<String> {
    let (verb, options) = arguments.split_first().context("no verb")?;
    workspace.succeeds(&[&[*verb], &MODEL[..], options].concat())
}

/// Compiles `tests/cases/rust/<name>` against the generated crate and runs it.
fn run(workspace: &RustWorkspace, name: &str) -> Result<String> {
    let examples = workspace.model().join("examples");
    fs::create_dir_all(&examples)?;
    fs::copy(root().join("tests/cases/rust").join(name), examples.join("use.rs"))?;
    cargo(workspace, &["run", "--example", "use"])
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| path.display().to_string())
}

#[test]
fn the_default_model_is_used_as_its_users_would() -> Result<()> {
    let (workspace, _turn) = workspace()?;
    workspace.generate(&[])?;
    assert_eq!(run(&workspace, "default_model.rs")?, "Vehicle.Steering.Angle\n");
    cargo(&workspace, &["doc", "--no-deps"])?;
    cargo(&workspace, &["clippy", "--", "-D", "clippy::all"])?;
    Ok(())
}

#[test]
fn the_client_and_its_documentation_are_without_a_warning() -> Result<()> {
    let (workspace, _turn) = workspace()?;
    workspace.generate(&[])?;
    for features in [&[][..], &[ALONE]] {
        let client = ["-p", "vehicle-signal-client"];
        workspace.succeeds(&[&["doc", "--no-deps"], &client[..], features].concat())?;
        workspace.succeeds(&[&["clippy"], &client[..], features].concat())?;
    }
    Ok(())
}

#[test]
fn ugly_models_compile_and_their_documentation_has_no_broken_link() -> Result<()> {
    let (workspace, _turn) = workspace()?;
    let cases = root().join("tests/cases/ugly");
    for name in ["bases", "keywords", "names", "text", "numbers", "instances", "structs"] {
        workspace.generate(&[text(&cases.join(format!("{name}.vspec")))?])?;
        cargo(&workspace, &["check"])?;
        cargo(&workspace, &["doc", "--no-deps", ALONE])?;
    }
    Ok(())
}

#[test]
fn struct_types_of_a_file_of_their_own_compile() -> Result<()> {
    let (workspace, _turn) = workspace()?;
    let cases = root().join("tests/cases/python");
    let (model, types) = (cases.join("trips.vspec"), cases.join("trip_types.vspec"));
    workspace.generate(&[text(&model)?, "-t", text(&types)?])?;
    run(&workspace, "trips.rs")?;
    cargo(&workspace, &["doc", "--no-deps", ALONE])?;
    Ok(())
}

#[test]
fn a_branch_of_a_thousand_signals_compiles() -> Result<()> {
    let (workspace, _turn) = workspace()?;
    let folder = tempfile::tempdir()?;
    let mut model = "Wide: {type: branch}\n".to_owned();
    for number in 0..1000 {
        model +=
            &format!("Wide.Signal{number}: {{type: actuator, datatype: float, max: {number}}}\n");
    }
    let source = folder.path().join("wide.vspec");
    fs::write(&source, model)?;
    let units = root().join("vss");
    let (units, quantities) = (units.join("units.yaml"), units.join("quantities.yaml"));
    workspace.generate(&[text(&source)?, "-u", text(&units)?, "-q", text(&quantities)?])?;
    cargo(&workspace, &["check"])?;
    Ok(())
}

#[test]
fn the_catalogue_compiles_from_vspec_and_from_an_address() -> Result<()> {
    let Some(vss) = catalogue("v6.0") else { return Ok(()) };
    let (workspace, _turn) = workspace()?;
    let spec = vss.join("v6.0/spec/VehicleSignalSpecification.vspec");
    let (units, quantities) = (vss.join("units/units.yaml"), vss.join("units/quantities.yaml"));
    workspace.generate(&[text(&spec)?, "-u", text(&units)?, "-q", text(&quantities)?])?;
    cargo(&workspace, &["check"])?;
    cargo(&workspace, &["doc", "--no-deps"])?;

    let json = fs::read(vss.join("v6.0/expanded.json"))?;
    let address = serve_file("vss.json", json)?;
    workspace.generate(&[&address, "-u", text(&units)?, "-q", text(&quantities)?])?;
    cargo(&workspace, &["check"])?;
    Ok(())
}

/// Each line of a case that the compiler must refuse says how: `set(1) // refused: no method`.
#[test]
fn what_a_signal_cannot_do_does_not_compile() -> Result<()> {
    let (workspace, _turn) = workspace()?;
    let cases = root().join("tests/cases/python");
    let (model, types) = (cases.join("trips.vspec"), cases.join("trip_types.vspec"));
    for (case, arguments) in
        [("refused.rs", vec![]), ("refused_structs.rs", vec![text(&model)?, "-t", text(&types)?])]
    {
        workspace.generate(&arguments)?;
        let path = root().join("tests/cases/rust").join(case);
        let source = fs::read_to_string(&path)?;
        let examples = workspace.model().join("examples");
        fs::create_dir_all(&examples)?;
        fs::copy(&path, examples.join("use.rs"))?;
        let arguments = ["check", "--message-format=short", "--example", "use"];
        let output = workspace.cargo(&[&arguments[..], &MODEL].concat())?.output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        let mut expected = BTreeSet::new();
        for (number, line) in source.lines().enumerate() {
            let Some((_, refusal)) = line.split_once("// refused: ") else { continue };
            let place = format!("use.rs:{}:", number + 1);
            let said = errors.lines().any(|line| line.contains(&place) && line.contains(refusal));
            ensure!(said, "{place} {refusal}\n{errors}");
            expected.insert(number + 1);
        }
        let places = errors.lines().filter_map(|line| line.split("use.rs:").nth(1));
        let found = places.filter_map(|place| place.split(':').next()?.parse().ok());
        let found: BTreeSet<usize> = found.collect();
        ensure!(found == expected, "errors in {found:?}, {expected:?} expected\n{errors}");
    }
    Ok(())
}
