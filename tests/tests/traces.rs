//! Signals of a running `vehicle-edge` written into a file, played again, and exported.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use vehicle_edge_tests::Daemon;

const SPEED: &str = "Vehicle.Speed";

/// The rows of the recording about the speed, as csv.
fn rows(daemon: &Daemon, trace: &str) -> Result<Vec<String>> {
    let csv = daemon.ok(&["signals", "export", trace, SPEED])?;
    Ok(csv.lines().skip(1).map(|row| row.rsplit(',').next().unwrap_or("").to_owned()).collect())
}

/// While it is written, too: what is on the disk is whole.
fn wait_for(daemon: &Daemon, trace: &str, last: &str) -> Result<()> {
    let patience = Instant::now();
    while !Path::new(trace).exists()
        || rows(daemon, trace).unwrap_or_default().last().map(String::as_str) != Some(last)
    {
        ensure!(patience.elapsed() < Duration::from_secs(60), "{last} was never recorded");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

#[test]
fn what_was_recorded_can_be_played_and_exported() -> Result<()> {
    let (state, files) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let at = |name: &str| files.path().join(name).display().to_string();
    let daemon = Daemon::start(state.path(), &["--no-mock"])?;
    daemon.ok(&["signals", "set", SPEED, "10"])?;
    let trace = at("drive.trace");
    let recording =
        daemon.command(&["signals", "record", "-o", &trace])?.stdout(Stdio::piped()).spawn()?;
    wait_for(&daemon, &trace, "10")?;
    for speed in ["20", "30"] {
        daemon.ok(&["signals", "set", SPEED, speed])?;
    }
    wait_for(&daemon, &trace, "30")?;
    // As Ctrl-C does.
    let pid = recording.id().to_string();
    ensure!(Command::new("kill").args(["-INT", &pid]).status()?.success());
    let ended = recording.wait_with_output()?;
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    ensure!(ended.status.success() && said.contains(" updates of "), "{said}");
    ensure!(rows(&daemon, &trace)? == ["10", "20", "30"]);

    let said = daemon.fails(&["signals", "record", "-o", &trace])?;
    ensure!(said.contains("drive.trace"), "{said}");
    let short = at("short.trace");
    let said = daemon.ok(&["signals", "record", "-o", &short, "--for", "100ms", SPEED])?;
    ensure!(said.contains("1 updates of 1 signals"), "{said}");

    daemon.ok(&["signals", "set", SPEED, "99"])?;
    let said = daemon.ok(&["signals", "replay", &trace, "--speed", "max", SPEED])?;
    ensure!(said.contains("values played: 3"), "{said}");
    ensure!(daemon.ok(&["signals", "get", SPEED])?.contains("30"));

    let parquet = at("drive.parquet");
    daemon.ok(&["signals", "export", &trace, "-o", &parquet])?;
    ensure!(fs::read(&parquet)?.starts_with(b"PAR1"));
    let said = daemon.fails(&["signals", "export", &trace, "-o", &at("drive.txt")])?;
    ensure!(said.contains(".csv or .parquet"), "{said}");
    let said = daemon.fails(&["signals", "replay", &parquet])?;
    ensure!(said.contains("signals record -o FILE"), "{said}");
    let said = daemon.fails(&["signals", "record", "-o", &at("no.trace"), "Vehicle.Nothing"])?;
    ensure!(said.contains("Vehicle.Nothing"), "{said}");
    daemon.stop()?.context("it was killed")?;
    Ok(())
}

#[test]
fn a_recording_fills_its_signals_beside_the_mock_and_leaves_a_history() -> Result<()> {
    let files = tempfile::tempdir()?;
    let trace = files.path().join("drive.trace").display().to_string();
    let recorded = tempfile::tempdir()?;
    {
        let daemon = Daemon::start(recorded.path(), &["--no-mock"])?;
        daemon.ok(&["signals", "set", SPEED, "42.5"])?;
        daemon.ok(&["signals", "record", "-o", &trace, "--for", "100ms", SPEED])?;
        let said = daemon.fails(&["signals", "history", SPEED])?;
        ensure!(said.contains("start the runtime with --history"), "{said}");
    }

    let state = tempfile::tempdir()?;
    let replay = format!("replay={trace}:{SPEED},speed=2");
    let options = ["--provider", &replay, "--provider", "mock", "--history", SPEED];
    let daemon = Daemon::start(state.path(), &options)?;
    let patience = Instant::now();
    while !daemon.ok(&["signals", "get", SPEED])?.starts_with("42.5 ") {
        ensure!(patience.elapsed() < Duration::from_secs(60), "the recording is not played");
        thread::sleep(Duration::from_millis(20));
    }
    let light = "Vehicle.Body.Lights.Beam.Low.IsOn";
    ensure!(daemon.ok(&["signals", "get", light])?.trim() == "false", "the mock plays the rest");
    let history = ["signals", "history", SPEED, "--since", "1m", "-o", "jsonl"];
    while !daemon.ok(&history)?.contains("42.5") {
        ensure!(patience.elapsed() < Duration::from_secs(60), "the history has no value");
        thread::sleep(Duration::from_millis(20));
    }
    let table = daemon.ok(&["signals", "history"])?;
    ensure!(table.contains(SPEED) && table.contains("42.5") && !table.contains(light), "{table}");
    let said = daemon.fails(&["signals", "history", light])?;
    ensure!(said.contains("is not kept"), "{said}");

    let missing = format!("replay={trace}.no");
    let refused = Daemon::start(recorded.path(), &["--provider", &missing]);
    ensure!(refused.is_err(), "a file that is not there is noticed at the start");
    Ok(())
}
