//! The commands of `vehicle-edge signals` beyond reading and setting.

use std::fs;

use anyhow::{Result, ensure};
use vehicle_edge_tests::Daemon;

const SPEED: &str = "Vehicle.Speed";

#[test]
fn what_the_mock_plays_is_listed_changed_and_reset() -> Result<()> {
    let (state, files) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let daemon = Daemon::start(state.path(), &["--provider", "mock"])?;
    let mock = |arguments: &[&str]| daemon.ok(&[&["signals", "mock"], arguments].concat());
    let refused = |arguments: &[&str]| daemon.fails(&[&["signals", "mock"], arguments].concat());
    ensure!(mock(&["ls", SPEED])?.contains("plausible  default"));

    let said = mock(&["set", SPEED, "{constant: 42.5}"])?;
    ensure!(said == "signals changed: 1\n", "{said}");
    let listed = mock(&["ls"])?;
    let line = listed.lines().find(|line| line.starts_with(SPEED)).unwrap_or_default();
    ensure!(line.ends_with("{constant: 42.5}  set Vehicle.Speed"), "{line}");
    let mut watched = daemon.command(&["signals", "watch", SPEED, "--output", "jsonl"])?;
    watched.stdin(std::process::Stdio::null());
    vehicle_edge_tests::Console::of(watched)?.until("42.5")?;
    let listed = mock(&["ls", SPEED, "--output", "jsonl"])?;
    ensure!(listed.contains(r#""behaviour":{"constant":42.5}"#), "{listed}");
    ensure!(mock(&["reset"])? == "signals reset: 1\n");
    ensure!(mock(&["ls", SPEED])?.contains("plausible  default"));

    // All that is wrong, with its field; nothing changes.
    let said = refused(&["set", SPEED, "{ramp: {from: low}}"])?;
    for part in ["ramp.from: expected a number", "ramp.to: is missing", "ramp.for: is missing"] {
        ensure!(said.contains(part), "{said}");
    }
    let said = refused(&["set", "Vehicle.Sped", "off"])?;
    ensure!(said.contains("Vehicle.Speed"), "{said}");
    ensure!(refused(&["set", SPEED, "{constant: fast}"])?.contains(SPEED));
    ensure!(mock(&["ls", SPEED])?.contains("plausible  default"));

    let file = files.path().join("mock.yaml");
    let name = file.display().to_string();
    let text = "defaults: false\nsignals:\n  Vehicle.Speed: { csv: { file: speed.csv } }\n";
    fs::write(&file, text)?;
    fs::write(files.path().join("speed.csv"), "0,7\n1000,8\n")?;
    ensure!(mock(&["load", &name])? == "signals played: 1\n");
    ensure!(mock(&["ls"])?.contains("rule Vehicle.Speed"));
    let wrong = "signals:\n  Vehicle.Sped: off\n  Vehicle.Speed: { constant: fast }\n";
    fs::write(&file, wrong)?;
    let said = refused(&["load", &name])?;
    ensure!(said.contains("mock.yaml:2:3: signals.Vehicle.Sped: "), "{said}");
    ensure!(said.contains("mock.yaml:3:3: signals.Vehicle.Speed: "), "{said}");
    ensure!(mock(&["ls"])?.contains("rule Vehicle.Speed"));
    Ok(())
}

#[test]
fn without_a_mock_the_way_to_one_is_named() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &["--no-mock"])?;
    for arguments in [&["ls"][..], &["set", SPEED, "off"], &["reset"]] {
        let said = daemon.fails(&[&["signals", "mock"], arguments].concat())?;
        ensure!(said.contains("no mock runs here") && said.contains("--provider mock"), "{said}");
    }
    Ok(())
}

#[test]
fn an_actuator_is_asked_for_a_value_of_who_carries_it_out() -> Result<()> {
    const LIGHT: &str = "Vehicle.Body.Lights.Beam.Low.IsOn";
    let (state, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let daemon = Daemon::start(state.path(), &["--provider", "mock"])?;
    for value in ["true", "false"] {
        daemon.ok(&["signals", "actuate", LIGHT, value, "--wait=30s"])?;
        ensure!(daemon.ok(&["signals", "get", LIGHT])?.contains(value));
    }
    let said = daemon.fails(&["signals", "actuate", SPEED, "50"])?;
    ensure!(said.contains("only an actuator has a target"), "{said}");

    let daemon = Daemon::start(other.path(), &["--no-mock"])?;
    let said = daemon.fails(&["signals", "actuate", LIGHT, "true"])?;
    ensure!(said.contains("has no provider that carries out actuations now"), "{said}");
    Ok(())
}
