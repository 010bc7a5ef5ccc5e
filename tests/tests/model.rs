//! The vehicle model exchanged under a running `vehicle-edge`.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use vehicle_edge_tests::Daemon;

const CAR: &str = "
Car:
  type: branch
  description: A car
Car.Speed:
  type: sensor
  datatype: float
  description: How fast it is
Car.Mode:
  type: sensor
  datatype: string
  description: What it does
";

fn write(folder: &Path, name: &str, text: &str) -> Result<String> {
    let path = folder.join(name);
    fs::write(&path, text)?;
    Ok(path.display().to_string())
}

fn app(folder: &Path) -> Result<String> {
    let app = folder.join("reader");
    fs::create_dir(&app)?;
    let manifest = "id: reader\nversion: 1.0.0\nentrypoint: main.py\nvehicle_signal_lib:\n  signals:\n    - path: Car.Speed\n      access: [read]\n";
    fs::write(app.join("vehicle-app.yaml"), manifest)?;
    let code = "from vehicle_signal_model import vehicle\nprint(vehicle.Speed.path, flush=True)\ninput()\n";
    fs::write(app.join("main.py"), code)?;
    Ok(app.display().to_string())
}

#[test]
fn a_model_is_exchanged_and_what_it_breaks_is_refused() -> Result<()> {
    let (state, files) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let first = write(files.path(), "first.vspec", CAR)?;
    let daemon = Daemon::start(state.path(), &["--model", &first, "--no-mock"])?;
    daemon.ok(&["install", &app(files.path())?, "--start"])?;
    daemon.console("reader")?.until("Car.Speed")?;
    daemon.ok(&["signals", "set", "Car.Speed", "50"])?;

    // One more signal: the app goes on, and so does the value.
    let more = CAR.replace("Car.Mode", "Car.Trip");
    let second = write(files.path(), "second.vspec", &more)?;
    let said = daemon.ok(&["model", "set", &second])?;
    ensure!(said.contains("1 added, 1 gone"), "{said}");
    ensure!(daemon.ok(&["signals", "get", "Car.Speed"])?.contains("50"));
    ensure!(daemon.fails(&["signals", "get", "Car.Mode"])?.contains("no signal"));
    daemon.ok(&["restart", "reader"])?;
    daemon.wait_for("reader", "running")?;

    // The app's own signal is of another type.
    let other = write(files.path(), "third.vspec", &more.replace("float", "uint8"))?;
    let said = daemon.ok(&["model", "set", &other, "--dry-run"])?;
    ensure!(said.contains("breaks reader: Car.Speed: datatype was float, is uint8"), "{said}");
    let said = daemon.fails(&["model", "set", &other])?;
    ensure!(said.contains("reader: Car.Speed: datatype was float, is uint8"), "{said}");
    ensure!(daemon.ok(&["model", "show"])?.contains("second.vspec"));
    daemon.ok(&["model", "set", &other, "--force"])?;
    ensure!(!daemon.ok(&["signals", "get", "Car.Speed"])?.contains("50"), "another type");
    daemon.ok(&["stop", "reader"])?;
    let said = daemon.fails(&["start", "reader"])?;
    ensure!(said.contains("vehicle-edge model revert"), "{said}");

    // What was chosen outlives the runtime, unless a model is named.
    ensure!(daemon.stop()? == Some(0));
    let daemon = Daemon::start(state.path(), &["--no-mock"])?;
    ensure!(daemon.ok(&["model", "show"])?.contains("third.vspec"));
    let said = daemon.ok(&["model", "revert"])?;
    ensure!(said.starts_with("Car"), "{said}");
    ensure!(daemon.ok(&["info"])?.contains("second.vspec"));
    daemon.ok(&["start", "reader"])?;
    daemon.wait_for("reader", "running")?;

    let broken = write(files.path(), "broken.vspec", "Car:\n  type: twig\n")?;
    ensure!(daemon.fails(&["model", "set", &broken])?.contains("twig"));
    ensure!(daemon.stop()? == Some(0));
    Ok(())
}
