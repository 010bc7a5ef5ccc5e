//! The built `vehicle-edge` from install to uninstall, as a person would drive it.

use std::{path::Path, process::Command, thread::sleep, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use vehicle_edge_tests::{Console, Daemon, root};

fn app(name: &str) -> String {
    root().join("tests/apps").join(name).display().to_string()
}

/// `count 17` of a console line.
fn count(line: &str) -> Option<u64> {
    line.rsplit_once("count ")?.1.trim().parse().ok()
}

fn next_count(console: &Console) -> Result<u64> {
    let line = console.until("count ")?;
    count(&line).with_context(|| format!("no count in {line:?}"))
}

#[test]
fn an_app_lives_from_install_to_uninstall() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &[])?;

    daemon.ok(&["install", &app("counter")])?;
    ensure!(daemon.status("counter")?["state"] == "installed");
    daemon.ok(&["start", "counter"])?;
    let status = daemon.wait_for("counter", "running")?;
    let first_pid = status["pid"].as_u64().context("a running app has a pid")?;

    let console = daemon.console("counter")?;
    ensure!(next_count(&console)? == 1, "the console starts with the first line");
    daemon.ok(&["send", "counter", "hello"])?;
    console.until("you said: hello")?;
    let seen = next_count(&console)?;

    daemon.ok(&["pause", "counter"])?;
    daemon.wait_for("counter", "paused")?;
    let before = console.drain(Duration::from_millis(500))?;
    let last = before.iter().rev().find_map(|line| count(line)).unwrap_or(seen);
    ensure!(console.next(Duration::from_secs(1))?.is_none(), "a paused app is silent");
    daemon.ok(&["resume", "counter"])?;
    ensure!(next_count(&console)? == last + 1, "it goes on exactly where it was");
    ensure!(daemon.wait_for("counter", "running")?["pid"] == first_pid, "in the same process");

    daemon.ok(&["restart", "counter"])?;
    let status = daemon.wait_for("counter", "running")?;
    ensure!(status["pid"] != first_pid, "a restart is a new process");
    while next_count(&console)? != 1 {}

    ensure!(daemon.stop()? == Some(0), "the daemon stops cleanly");
    ensure!(!alive(&state.path().display().to_string()), "no process of it is left");
    let daemon = Daemon::start(state.path(), &[])?;
    daemon.wait_for("counter", "running")?;
    let console = Console::of(daemon.command(&["logs", "--follow", "--tail", "1", "counter"])?)?;
    next_count(&console)?;

    daemon.ok(&["uninstall", "counter"])?;
    ensure!(daemon.ok(&["ps", "--output", "json"])?.trim() == "[]", "no row is left");
    ensure!(!alive(&state.path().join("apps").display().to_string()), "no process is left");
    for folder in ["apps/counter", "run/counter"] {
        ensure!(!state.path().join(folder).exists(), "{folder} is left");
    }
    Ok(())
}

#[test]
fn a_killed_runtime_finds_its_apps_again() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &[])?;
    daemon.ok(&["install", "--start", &app("counter")])?;
    let pid = daemon.wait_for("counter", "running")?["pid"].clone();
    daemon.kill()?;

    sleep(Duration::from_millis(500));
    let daemon = Daemon::start(state.path(), &[])?;
    let status = daemon.wait_for("counter", "running")?;
    ensure!(status["pid"] == pid, "the app went on in its process: {status}");
    let console = daemon.ok(&["logs", "counter"])?;
    let counts: Vec<u64> = console.lines().filter_map(count).collect();
    ensure!(counts.first() == Some(&1), "the console is whole: {counts:?}");
    ensure!(counts.windows(2).all(|pair| pair[1] == pair[0] + 1), "a line is lost: {counts:?}");
    daemon.ok(&["uninstall", "counter"])?;
    Ok(())
}

#[test]
fn a_bad_manifest_is_refused_with_the_nearest_name() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &["--sandbox", "process"])?;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("main.py"), "print('hello')\n")?;
    std::fs::write(
        folder.path().join("vehicle-app.yaml"),
        "id: typo\nname: Typo\nversion: 1.0.0\nentrypoint: main.py\n\
         vehicle_signal_lib:\n  signals:\n    - Vehicle.Sped\n    \
         - {path: Vehicle.Speed, access: [write]}\n",
    )?;
    let message = daemon.fails(&["install", &folder.path().display().to_string()])?;
    ensure!(message.contains("Vehicle.Sped") && message.contains("Vehicle.Speed"), "{message}");
    ensure!(message.contains("sensor"), "all problems at once: {message}");
    ensure!(!state.path().join("apps/typo").exists());
    Ok(())
}

#[test]
fn a_nosy_app_meets_walls_everywhere() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &[])?;
    check_walls(&daemon)
}

#[test]
fn an_ordinary_user_has_the_same_walls() -> Result<()> {
    if !is_root() {
        eprintln!("skipped: the other test runs as an ordinary user already");
        return Ok(());
    }
    let state = tempfile::tempdir()?;
    let home = OtherUser::new(state.path())?;
    let daemon = Daemon::spawn(home.serve()?, state.path())?;
    check_walls(&daemon)
}

fn check_walls(daemon: &Daemon) -> Result<()> {
    daemon.ok(&["install", "--start", &app("counter")])?;
    daemon.ok(&["install", "--start", &app("nosy")])?;
    let port = |address: &str| -> Result<u16> {
        Ok(address.rsplit_once(':').context("no port")?.1.trim_matches('/').parse()?)
    };
    let (state, apps) = (daemon.state(), daemon.state().join("apps"));
    let host = serde_json::json!({
        "ports": [port(&daemon.http)?, port(&daemon.grpc)?, port(&daemon.health)?],
        "folders": [apps.join("counter"), apps.join("counter/data"), state.join("run"), "/home"],
        "files": [state.join("state.db"), root().join("README.md")],
    });
    let console = daemon.console("nosy")?;
    daemon.ok(&["send", "nosy", &host.to_string()])?;
    let mut lines = Vec::new();
    loop {
        let Some(line) = console.next(Duration::from_secs(20))? else {
            bail!("the nosy app fell silent after {lines:#?}");
        };
        if line.contains("done") {
            break;
        }
        lines.push(line);
    }
    let leaks: Vec<_> = lines.iter().filter(|line| !line.contains("held: ")).collect();
    ensure!(leaks.is_empty(), "{leaks:#?}");
    ensure!(lines.len() >= 19, "every wall is tried: {lines:#?}");
    ensure!(lines.iter().any(|line| line.contains("declared signal is read: True")), "{lines:#?}");
    Ok(())
}

/// Whether a process runs whose command line names `what`.
fn alive(what: &str) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else { return false };
    processes.flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(what)
            && entry.file_name() != std::process::id().to_string().as_str()
    })
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
}

/// A user with nothing but a copy of the programs, the SDK and uv: `/root` is closed to it.
struct OtherUser {
    folder: tempfile::TempDir,
    state: std::path::PathBuf,
}

const UID: u32 = 4242;

impl OtherUser {
    fn new(state: &Path) -> Result<OtherUser> {
        use std::os::unix::fs::{PermissionsExt, chown};
        let folder = tempfile::tempdir()?;
        let program = vehicle_edge_tests::program("vehicle-edge")?;
        let beside = program.parent().context("no folder")?;
        std::fs::copy(&program, folder.path().join("vehicle-edge"))?;
        std::fs::copy(root().join(".venv/bin/uv"), folder.path().join("uv"))?;
        std::fs::create_dir(folder.path().join("sdk"))?;
        for wheel in std::fs::read_dir(beside.join("sdk"))?.flatten() {
            std::fs::copy(wheel.path(), folder.path().join("sdk").join(wheel.file_name()))?;
        }
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        chown(state, Some(UID), Some(UID))?;
        Ok(OtherUser { folder, state: state.to_owned() })
    }

    fn serve(&self) -> Result<Command> {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(self.folder.path().join("vehicle-edge"));
        command
            .args(["serve", "--http-listen", "127.0.0.1:0", "--grpc-listen", "127.0.0.1:0"])
            .args(["--health-listen", "127.0.0.1:0", "--python", "/usr/bin/python3"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &self.state)
            .env("VEHICLE_EDGE_STATE", &self.state)
            .current_dir("/")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .uid(UID)
            .gid(UID);
        Ok(command)
    }
}
