//! What a policy and a person grant apps, what was denied, and who gives way: through the
//! built `vehicle-edge`.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use vehicle_edge_tests::{Console, Daemon, program};

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
Car.Light:
  type: actuator
  datatype: boolean
  description: Whether it shines
";

const POLICY: &str = "
grants: ask
apps:
  reader:
    read: Car.Mode
conflicts:
  - signals: Car.Light
    rule: priority
    apps: [other, reader]
";

/// Reads the speed, or follows it, for each line it is sent.
const READER: &str = r#"
import asyncio
import sys

from vehicle_signal_model import vehicle


async def follow():
    try:
        async with vehicle.Speed.stream() as speeds:
            async for speed in speeds:
                print("follows", speed.value, flush=True)
    except Exception as error:
        print("ended:", type(error).__name__, flush=True)


async def read():
    try:
        print("reads", (await vehicle.Speed.get()).value, flush=True)
    except Exception as error:
        print("refused:", type(error).__name__, flush=True)


async def main():
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    following = []
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() == "follow":
            following.append(asyncio.create_task(follow()))
        else:
            await read()


asyncio.run(main())
"#;

const READERS: &str = "
    - Car.Speed
    - Car.Mode
    - { path: Car.Light, access: write }
";

fn write(folder: &Path, name: &str, text: &str) -> Result<String> {
    let path = folder.join(name);
    fs::write(&path, text)?;
    Ok(path.display().to_string())
}

fn app(folder: &Path, id: &str, signals: &str) -> Result<String> {
    let app = folder.join(id);
    fs::create_dir(&app)?;
    let manifest = format!(
        "id: {id}\nversion: 1.0.0\nentrypoint: main.py\nvehicle_signal_lib:\n  signals:{signals}"
    );
    fs::write(app.join("vehicle-app.yaml"), manifest)?;
    fs::write(app.join("main.py"), READER)?;
    Ok(app.display().to_string())
}

/// The state of one access, as `access ls` gives it.
fn state(daemon: &Daemon, app: &str, path: &str) -> Result<String> {
    let apps: Value = serde_json::from_str(&daemon.ok(&["access", "ls", app, "-o", "json"])?)?;
    let grants = apps[0]["grants"].as_array().context("no grants")?;
    let grant = grants.iter().find(|grant| grant["path"] == path);
    let state = grant.and_then(|grant| grant["state"].as_str());
    Ok(state.with_context(|| format!("no {path} in {apps}"))?.to_owned())
}

/// How often the app was denied the speed, by the one row that says so.
fn denied(daemon: &Daemon) -> Result<u64> {
    let rows: Value =
        serde_json::from_str(&daemon.ok(&["access", "audit", "reader", "-o", "json"])?)?;
    let rows = rows.as_array().context("no rows")?;
    let of_speed = |row: &&Value| {
        row["who"] == "app reader" && row["access"] == "read" && row["path"] == "Car.Speed"
    };
    let found: Vec<&Value> = rows.iter().filter(of_speed).collect();
    ensure!(found.len() == 1, "{rows:?}");
    found[0]["count"].as_u64().context("no count")
}

/// An answer of the API.
fn get(daemon: &Daemon, path: &str) -> Result<Value> {
    let host = daemon.http.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("no body")?;
    Ok(serde_json::from_str(body)?)
}

fn console(daemon: &Daemon) -> Result<Console> {
    Console::of(daemon.command(&["logs", "--follow", "--tail", "1", "reader"])?)
}

#[test]
fn what_is_granted_revoked_and_denied_outlives_the_runtime() -> Result<()> {
    let (state_dir, files) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let model = write(files.path(), "car.vspec", CAR)?;
    let policy = write(files.path(), "policy.yaml", POLICY)?;
    let arguments = ["--model", &model, "--no-mock", "--policy", &policy];
    let daemon = Daemon::start(state_dir.path(), &arguments)?;
    daemon.ok(&["install", &app(files.path(), "reader", READERS)?, "--start"])?;
    daemon.ok(&["signals", "set", "Car.Speed", "50"])?;

    // The policy gives less than the app declares.
    let lines = daemon.console("reader")?;
    lines.until("ready")?;
    for _ in 0..3 {
        daemon.ok(&["send", "reader", "read"])?;
        lines.until("refused: PermissionDenied")?;
    }
    ensure!(denied(&daemon)? == 3);
    ensure!(daemon.ok(&["access", "audit"])?.contains("app reader"));
    ensure!(state(&daemon, "reader", "Car.Mode")? == "granted");
    ensure!(state(&daemon, "reader", "Car.Speed")? == "withheld");

    // What is granted holds at once, and never beyond the manifest.
    daemon.ok(&["access", "grant", "reader", "Car.Speed"])?;
    daemon.ok(&["send", "reader", "follow"])?;
    lines.until("follows 50")?;
    let said = daemon.fails(&["access", "grant", "reader", "Car.Light", "--access", "read"])?;
    ensure!(said.contains("'Car.Light' is nothing that 'reader' declares to read"), "{said}");
    let said = daemon.fails(&["access", "revoke", "reader", "Car.Sped"])?;
    ensure!(said.contains("no signal 'Car.Sped'"), "{said}");

    // A revocation ends what is open.
    daemon.ok(&["access", "revoke", "reader", "Car.Speed", "--access", "read"])?;
    lines.until("ended: PermissionDenied")?;
    ensure!(state(&daemon, "reader", "Car.Speed")? == "revoked");
    let count = denied(&daemon)?;

    ensure!(daemon.stop()? == Some(0));
    let daemon = Daemon::start(state_dir.path(), &arguments)?;
    daemon.wait_for("reader", "running")?;
    ensure!(state(&daemon, "reader", "Car.Speed")? == "revoked");
    ensure!(denied(&daemon)? == count);
    let lines = console(&daemon)?;
    daemon.ok(&["send", "reader", "read"])?;
    lines.until("refused: PermissionDenied")?;
    daemon.ok(&["access", "grant", "reader"])?;
    daemon.ok(&["signals", "set", "Car.Speed", "60"])?;
    daemon.ok(&["send", "reader", "read"])?;
    lines.until("reads 60")?;
    ensure!(daemon.stop()? == Some(0));
    Ok(())
}

fn hang_up(daemon: &Daemon) -> Result<()> {
    let sent = Command::new("kill").args(["-HUP", &daemon.pid().to_string()]).status()?;
    ensure!(sent.success(), "kill: {sent}");
    Ok(())
}

/// Waits until `access ls` says so.
fn until_state(daemon: &Daemon, path: &str, wanted: &str) -> Result<()> {
    for _ in 0..200 {
        if state(daemon, "reader", path)? == wanted {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    bail!("{path} is {}, not {wanted}", state(daemon, "reader", path)?)
}

#[test]
fn a_policy_that_is_read_anew_holds_at_once() -> Result<()> {
    let (state_dir, files) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let model = write(files.path(), "car.vspec", CAR)?;
    let all = "apps: { reader: { read: [Car.Speed, Car.Mode] } }\n";
    let policy = write(files.path(), "policy.yaml", all)?;
    let arguments = ["--model", &model, "--no-mock", "--policy", &policy];
    let daemon = Daemon::start(state_dir.path(), &arguments)?;
    daemon.ok(&["install", &app(files.path(), "reader", READERS)?, "--start"])?;
    daemon.ok(&["signals", "set", "Car.Speed", "50"])?;
    let lines = daemon.console("reader")?;
    lines.until("ready")?;
    daemon.ok(&["send", "reader", "follow"])?;
    lines.until("follows 50")?;

    fs::write(&policy, "apps: { reader: { read: Car.Mode } }\n")?;
    hang_up(&daemon)?;
    lines.until("ended: PermissionDenied")?;
    ensure!(state(&daemon, "reader", "Car.Speed")? == "withheld");
    // One that is wrong changes nothing, and one that is right again does.
    fs::write(&policy, "apps: { reader: { reads: Car.Speed } }\n")?;
    hang_up(&daemon)?;
    fs::write(&policy, all)?;
    hang_up(&daemon)?;
    until_state(&daemon, "Car.Speed", "granted")?;
    daemon.ok(&["send", "reader", "read"])?;
    lines.until("reads 50")?;
    ensure!(daemon.stop()? == Some(0));
    Ok(())
}

#[test]
fn an_app_that_was_adopted_loses_what_is_revoked() -> Result<()> {
    let (state_dir, files) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let model = write(files.path(), "car.vspec", CAR)?;
    let arguments = ["--model", &model, "--no-mock"];
    let daemon = Daemon::start(state_dir.path(), &arguments)?;
    daemon.ok(&["install", &app(files.path(), "reader", READERS)?, "--start"])?;
    let pid = daemon.wait_for("reader", "running")?["pid"].clone();
    daemon.console("reader")?.until("ready")?;
    daemon.kill()?;
    let daemon = Daemon::start(state_dir.path(), &arguments)?;
    ensure!(daemon.wait_for("reader", "running")?["pid"] == pid);
    daemon.ok(&["signals", "set", "Car.Speed", "50"])?;
    let lines = console(&daemon)?;
    daemon.ok(&["send", "reader", "follow"])?;
    lines.until("follows 50")?;
    daemon.ok(&["access", "revoke", "reader", "Car.Speed"])?;
    lines.until("ended: PermissionDenied")?;
    daemon.ok(&["send", "reader", "read"])?;
    lines.until("refused: PermissionDenied")?;
    ensure!(denied(&daemon)? >= 1);
    ensure!(daemon.stop()? == Some(0));
    Ok(())
}

#[test]
fn a_policy_asks_and_says_who_gives_way() -> Result<()> {
    let (state_dir, files) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let model = write(files.path(), "car.vspec", CAR)?;
    let policy = write(files.path(), "policy.yaml", POLICY)?;
    let arguments = ["--model", &model, "--no-mock", "--policy", &policy];
    let daemon = Daemon::start(state_dir.path(), &arguments)?;
    let (reader, other) = (
        app(files.path(), "reader", READERS)?,
        app(files.path(), "other", "\n    - { path: Car.*, access: write }\n")?,
    );
    daemon.ok(&["install", &reader])?;
    let installed = daemon.run(&["install", &other])?;
    let said = String::from_utf8_lossy(&installed.stderr);
    let conflict = "warning: Car.Light: reader and other write it (rule priority (other before \
                    reader): other takes it over from the others)";
    ensure!(installed.status.success() && said.contains(conflict), "{said}");

    let conflicts = get(&daemon, "/api/apps/reader/conflicts")?;
    let first = &conflicts["conflicts"][0];
    ensure!(first["path"] == "Car.Light" && first["resolved"] == true, "{conflicts}");

    ensure!(state(&daemon, "other", "Car.*")? == "asked");
    let said = daemon.ok(&["access", "grant", "other"])?;
    ensure!(said.contains("granted"), "{said}");
    ensure!(daemon.stop()? == Some(0));
    Ok(())
}

#[test]
fn every_problem_of_a_policy_is_told_before_anything_starts() -> Result<()> {
    let (state_dir, files) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let policy = write(files.path(), "policy.yaml", "grants: never\napps:\n  x: { reads: A }\n")?;
    let output = Command::new(program("vehicle-edge")?)
        .args(["serve", "--policy", &policy, "--http-listen", "127.0.0.1:0"])
        .args(["--grpc-listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"])
        .env("VEHICLE_EDGE_STATE", state_dir.path())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success());
    ensure!(said.contains("policy.yaml:1:9: grants: 'never' is none of"), "{said}");
    ensure!(said.contains("policy.yaml:3:8: apps.x.reads: unknown field"), "{said}");
    Ok(())
}
