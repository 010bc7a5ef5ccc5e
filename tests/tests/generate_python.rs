//! Generated Python, from the model to the interpreter: it imports, holds what the manifest
//! holds, and type-checks strictly. Also the SDK's own typing tests and sample apps.

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use anyhow::{Context, Result, ensure};
use vehicle_edge_tests::{catalogue, program, python, root, serve_file, vssc};

/// The package that `vssc generate python` made of a model.
struct Generated {
    folder: tempfile::TempDir,
}

/// Generates the package and the manifest of a model; `model` is how the model is named on
/// the command line.
fn generate<A: AsRef<OsStr>>(model: &[A]) -> Result<Generated> {
    let folder = tempfile::tempdir()?;
    for target in ["python", "manifest"] {
        let mut command = vssc()?;
        command.args(["generate", target]).args(model).arg("-o").arg(folder.path());
        succeed(&mut command)?;
    }
    Ok(Generated { folder })
}

fn succeed(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}\n{}", said(&output));
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// A folder with the SDK, unpacked from the wheel that `make host-wheel` built.
fn sdk() -> Result<&'static Path> {
    static SDK: OnceLock<Result<tempfile::TempDir, String>> = OnceLock::new();
    let unpacked = SDK.get_or_init(|| unpack_wheel().map_err(|error| format!("{error:#}")));
    unpacked.as_ref().map(tempfile::TempDir::path).map_err(|error| anyhow::anyhow!("{error}"))
}

fn unpack_wheel() -> Result<tempfile::TempDir> {
    let wheels = program("vssc")?.with_file_name("sdk");
    let missing =
        || format!("no wheel of the SDK in {}: run `make host-wheel` first", wheels.display());
    let mut found = fs::read_dir(&wheels).with_context(missing)?;
    let wheel = found.next().with_context(missing)??.path();
    let folder = tempfile::tempdir()?;
    let unzip = ["-m", "zipfile", "-e"];
    succeed(Command::new(python()?).args(unzip).arg(wheel).arg(folder.path()))?;
    Ok(folder)
}

impl Generated {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the interpreter and the type checker search.
    fn search_path(&self) -> Result<String> {
        Ok(format!("{}:{}", self.path().display(), sdk()?.display()))
    }

    /// Imports the package, touches every signal, and compares all with the manifest.
    fn walk(&self) -> Result<String> {
        let mut command = Command::new(python()?);
        command
            .args(["-W", "error", "-B"])
            .arg(root().join("tests/walk_model.py"))
            .arg(self.path().join("manifest.json"))
            .env("PYTHONPATH", self.search_path()?);
        succeed(&mut command)
    }

    /// Publishes, sets and reads every signal, at a broker inside the interpreter.
    fn use_all(&self) -> Result<String> {
        self.run(&root().join("tests/use_model.py"))
    }

    /// How many signals there are after one was touched, how many kilobytes that took, and
    /// which modules of the model, or slow ones of Python, were loaded for it.
    fn cost_of_one_leaf(&self) -> Result<(usize, usize, String)> {
        let code = "import gc, resource, sys\n\
            size = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n\
            before = size()\n\
            from vehicle_signal_runtime.model import vehicle\n\
            vehicle.Speed\n\
            after = size()\n\
            from vehicle_signal_runtime import Signal\n\
            slow = ('asyncio', 'dataclasses', 'inspect', 'json', 'logging', 'socket')\n\
            loaded = [m for m in sys.modules if m in slow or m.startswith('vehicle_signal_model')]\n\
            print(sum(isinstance(o, Signal) for o in gc.get_objects()), after - before, *loaded)";
        let mut command = Command::new(python()?);
        let said = succeed(command.args(["-c", code]).env("PYTHONPATH", self.search_path()?))?;
        let mut words = said.splitn(3, ' ');
        let mut word = || words.next().context("two numbers and names");
        Ok((word()?.parse()?, word()?.parse()?, word()?.to_owned()))
    }

    /// The package, and `more` with it, in the eyes of mypy and pyright, both strict.
    fn type_check(&self, more: &[PathBuf]) -> Result<()> {
        self.mypy(more)?;
        self.pyright("strict", more)
    }

    fn mypy(&self, more: &[PathBuf]) -> Result<()> {
        let mut command = Command::new(tool("mypy")?);
        command
            .args(["--strict", "--enable-error-code", "deprecated", "--config-file", ""])
            // Parallel tests must not write one cache.
            .arg("--cache-dir")
            .arg(self.path().join("cache"))
            .arg(self.path().join("vehicle_signal_model"))
            .args(more)
            .env("MYPYPATH", sdk()?);
        if !more.is_empty() {
            command.env("MYPYPATH", self.search_path()?);
        }
        succeed(&mut command).map(drop)
    }

    /// `mode` is how much pyright asks for: `standard` or `strict`.
    fn pyright(&self, mode: &str, more: &[PathBuf]) -> Result<()> {
        // It reads nothing from outside of the folder that its configuration is in, and
        // follows a link to a folder only where it is named.
        let folder = tempfile::tempdir_in(self.path())?;
        let mut include = Vec::new();
        for path in more.iter().chain([&self.path().join("vehicle_signal_model")]) {
            let name = path.file_name().context("a name")?;
            symlink(path, folder.path().join(name))?;
            include.push(name.to_string_lossy().into_owned());
        }
        let config = serde_json::json!({
            "include": include,
            "typeCheckingMode": mode,
            "extraPaths": [".", sdk()?],
            "enableTypeIgnoreComments": mode != "strict",
            "reportUnnecessaryTypeIgnoreComment": if mode == "strict" { "error" } else { "none" },
        });
        fs::write(folder.path().join("pyrightconfig.json"), config.to_string())?;
        let mut command = Command::new(tool("pyright")?);
        command.arg("-p").arg(folder.path()).arg("--pythonpath").arg(python()?);
        succeed(&mut command).map(drop)
    }

    /// Runs a program that uses the package; what it prints.
    fn run(&self, file: &Path) -> Result<String> {
        let mut command = Command::new(python()?);
        command.args(["-W", "error", "-B"]).arg(file).env("PYTHONPATH", self.search_path()?);
        succeed(&mut command)
    }
}

/// A tool of the development environment.
fn tool(name: &str) -> Result<PathBuf> {
    let tool = python()?.with_file_name(name);
    ensure!(tool.is_file(), "{} is missing: run `make setup` first", tool.display());
    Ok(tool)
}

/// A model that stands in a folder with its units.
fn case(path: &str) -> Vec<PathBuf> {
    vec![root().join("tests/cases").join(path)]
}

#[test]
fn a_small_model_generates_this() -> Result<()> {
    let generated = generate(&case("python/small.vspec"))?;
    let package = generated.path().join("vehicle_signal_model");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&package)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    files.insert(0, generated.path().join("pyproject.toml"));
    let mut all = String::new();
    for file in files {
        let name = file.strip_prefix(generated.path())?.display().to_string();
        all.push_str(&format!("=== {name}\n{}", fs::read_to_string(&file)?));
    }
    insta::assert_snapshot!(all);
    ensure!(generated.walk()? == "12 signals of Cart");
    let usage = root().join("tests/cases/python/use_small.py");
    generated.type_check(std::slice::from_ref(&usage))?;
    ensure!(generated.run(&usage)? == "used");
    Ok(())
}

#[test]
fn struct_types_are_frozen_dataclasses() -> Result<()> {
    let mut model = case("python/trips.vspec");
    model.extend(["-t".into(), root().join("tests/cases/python/trip_types.vspec")]);
    let generated = generate(&model)?;
    let module = generated.path().join("vehicle_signal_model/structs.py");
    insta::assert_snapshot!(fs::read_to_string(module)?);
    ensure!(generated.walk()? == "4 signals of Cart");
    let usage = root().join("tests/cases/python/use_trips.py");
    generated.type_check(std::slice::from_ref(&usage))?;
    ensure!(generated.run(&usage)? == "frozen");
    Ok(())
}

#[test]
fn the_same_model_gives_the_same_bytes() -> Result<()> {
    let (first, second) = (generate::<&str>(&[])?, generate::<&str>(&[])?);
    succeed(Command::new("diff").arg("-r").args([first.path(), second.path()])).map(drop)
}

#[test]
fn our_own_model_type_checks_with_the_typing_tests_and_the_samples() -> Result<()> {
    let generated = generate::<&str>(&[])?;
    ensure!(generated.walk()?.ends_with(" signals of Vehicle"));
    ensure!(generated.use_all()?.contains(" actuators, "));
    generated.type_check(&[root().join("sdk-python/typing_tests")])?;
    // Each is a `main.py`, of which mypy takes one at a time.
    let mut samples = 0;
    for sample in fs::read_dir(root().join("sdk-python/examples"))? {
        let program = sample?.path().join("main.py");
        let checked = generated.type_check(std::slice::from_ref(&program));
        checked.with_context(|| program.display().to_string())?;
        samples += 1;
    }
    ensure!(samples >= 4, "{samples} samples");
    Ok(())
}

/// mypy checks the package where its sources are (`make check`), pyright what is shipped.
#[test]
fn the_sdk_passes_pyright_beside_a_generated_model() -> Result<()> {
    let packages = ["vehicle_signal_runtime", "sdv", "velocitas_sdk"];
    let packages: Vec<PathBuf> =
        packages.iter().map(|name| Ok(sdk()?.join(name))).collect::<Result<_>>()?;
    generate::<&str>(&[])?.pyright("standard", &packages)
}

/// Of the models in `cases/ugly`: names, texts and numbers that are hard to write in Python.
/// `more` are programs that use the model. Gives how many signals of each kind were used.
fn ugly(name: &str, more: &[PathBuf]) -> Result<String> {
    let generated = generate(&case(&format!("ugly/{name}.vspec")))?;
    generated.walk().with_context(|| name.to_owned())?;
    generated.type_check(more).with_context(|| name.to_owned())?;
    for program in more {
        ensure!(generated.run(program)? == "used");
    }
    generated.use_all().with_context(|| name.to_owned())
}

#[test]
fn ugly_names_are_mapped() -> Result<()> {
    ensure!(ugly("names", &[])? == "6 actuators, 1 attributes, 40 sensors");
    ensure!(ugly("bases", &[])? == "2 sensors");
    ensure!(ugly("keywords", &[])? == "77 actuators, 10 sensors");
    Ok(())
}

#[test]
fn ugly_texts_and_numbers_arrive_as_they_are() -> Result<()> {
    ensure!(ugly("text", &[])? == "6 attributes, 13 sensors");
    ensure!(ugly("numbers", &[])? == "17 actuators");
    Ok(())
}

#[test]
fn structs_and_arrays_of_them_are_types() -> Result<()> {
    let used = ugly("structs", &[])?;
    ensure!(used == "3 structs", "{used}");
    Ok(())
}

#[test]
fn instances_in_every_form_are_branches() -> Result<()> {
    let program = root().join("tests/cases/ugly/use_instances.py");
    let used = ugly("instances", &[program])?;
    ensure!(used == "55 actuators, 1 attributes, 9 sensors", "{used}");
    Ok(())
}

#[test]
fn a_branch_of_a_thousand_leaves_is_no_trouble() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let model = folder.path().join("wide.vspec");
    let mut text = "Wide: {type: branch, description: Wide.}\n".to_owned();
    for number in 0..1000 {
        text.push_str(&format!(
            "Wide.Leaf{number}: {{type: sensor, datatype: uint8, description: One.}}\n"
        ));
    }
    fs::write(&model, text)?;
    for name in ["units.yaml", "quantities.yaml"] {
        fs::copy(root().join("tests/cases/python").join(name), folder.path().join(name))?;
    }
    let generated = generate(&[model])?;
    ensure!(generated.walk()? == "1000 signals of Wide");
    ensure!(generated.use_all()? == "1000 sensors");
    generated.type_check(&[])
}

#[test]
fn every_attribute_of_the_sdk_may_be_a_signals_name() -> Result<()> {
    let names = "from vehicle_signal_runtime import Actuator, VehicleSignal\n\
                 from vehicle_signal_runtime.generated import Branch\n\
                 kinds = (Branch, Actuator, VehicleSignal)\n\
                 fields = Actuator.__annotations__ | Actuator.__mro__[2].__annotations__\n\
                 print(*sorted({n for k in kinds for n in dir(k)} | set(fields)))";
    let names = succeed(Command::new(python()?).args(["-c", names]).env("PYTHONPATH", sdk()?))?;
    let mut text = "Sdk: {type: branch, description: Names.}\n".to_owned();
    for name in names.split(' ') {
        text.push_str(&format!(
            "Sdk.{name}: {{type: actuator, datatype: uint8, description: A name.}}\n"
        ));
    }
    let folder = tempfile::tempdir()?;
    let model = folder.path().join("sdk.vspec");
    fs::write(&model, text)?;
    for name in ["units.yaml", "quantities.yaml"] {
        fs::copy(root().join("tests/cases/python").join(name), folder.path().join(name))?;
    }
    // The walk refuses an attribute that hides one of the SDK's.
    generate(&[model])?.walk().map(drop)
}

#[test]
fn the_whole_catalogue_imports_and_type_checks_from_vspec_and_from_an_address() -> Result<()> {
    let Some(folder) = catalogue("v6.0") else { return Ok(()) };
    let path = |name: &str| folder.join(name).display().to_string();
    let generated = generate(&[
        path("v6.0/spec/VehicleSignalSpecification.vspec"),
        "-u".to_owned(),
        path("units/units.yaml"),
        "-q".to_owned(),
        path("units/quantities.yaml"),
    ])?;
    ensure!(generated.walk()? == "1267 signals of Vehicle");
    generated.type_check(&[])?;
    let (signals, kilobytes, modules) = generated.cost_of_one_leaf()?;
    ensure!(modules == "vehicle_signal_model", "importing the tree loaded {modules}");
    ensure!(signals == 1, "touching one leaf built {signals} signals");
    ensure!(kilobytes < 15 * 1024, "importing the tree took {kilobytes} KB");

    let body = fs::read(folder.join("v6.0/expanded.json"))?;
    let address = serve_file("vss.json", body)?;
    let from_address = generate(&[
        address,
        "-u".to_owned(),
        path("units/units.yaml"),
        "-q".to_owned(),
        path("units/quantities.yaml"),
    ])?;
    ensure!(from_address.walk()? == "1267 signals of Vehicle");
    from_address.type_check(&[])
}
