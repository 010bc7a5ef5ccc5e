//! A provider from the shell: `vehicle-edge signals provide`.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use vehicle_edge_tests::Daemon;

const LIGHT: &str = "Vehicle.Body.Lights.Beam.Low.IsOn";

fn until(daemon: &Daemon, value: &str) -> Result<()> {
    let patience = Instant::now();
    while daemon.ok(&["signals", "get", LIGHT])?.trim() != value {
        ensure!(patience.elapsed() < Duration::from_secs(60), "it is never {value}");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[test]
fn a_provider_publishes_what_it_reads_and_carries_out_what_it_is_asked() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &["--no-mock"])?;
    let first = format!("{LIGHT}=false");
    let mut provider = daemon
        .command(&["signals", "provide", &first, "-o", "jsonl"])?
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    until(&daemon, "false")?;

    daemon.ok(&["signals", "actuate", LIGHT, "true", "--wait=60s"])?;
    let mut asked = String::new();
    BufReader::new(provider.stdout.take().context("piped")?).read_line(&mut asked)?;
    ensure!(asked.contains(LIGHT) && asked.contains(r#""value":true"#), "{asked}");

    let mut input = provider.stdin.take().context("piped")?;
    writeln!(input, "{LIGHT} maybe\n{LIGHT} false")?;
    until(&daemon, "false")?;

    let said = daemon.fails(&["signals", "provide", LIGHT])?;
    ensure!(said.contains(LIGHT), "another one has it: {said}");
    let said = daemon.fails(&["signals", "provide", "Vehicle.Body"])?;
    ensure!(said.contains("whole path"), "{said}");

    ensure!(Command::new("kill").args(["-INT", &provider.id().to_string()]).status()?.success());
    let ended = provider.wait_with_output()?;
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    ensure!(!ended.status.success() && said.contains("line 1 of standard input"), "{said}");
    daemon.fails(&["signals", "actuate", LIGHT, "true"])?;
    Ok(())
}
