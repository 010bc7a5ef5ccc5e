//! The runtime is killed at every named point of what it does to an app. When it comes back,
//! that is finished or undone, and another app has noticed nothing.
//!
//! `VEHICLE_EDGE_KILLS=N` kills N times at each point, in place of twice.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use vehicle_edge_tests::{Daemon, program, root};

const WITNESS: &str = "counter";
const VICTIM: &str = "victim";
const GONE: &str = "gone";

/// What is asked of an app in this state, where the runtime dies meanwhile, and what the app
/// is afterwards.
const POINTS: [(&str, &str, &str, &str); 23] = [
    (GONE, "install", "install.row", GONE),
    (GONE, "install", "install.taken", GONE),
    (GONE, "install", "install.built", GONE),
    (GONE, "install", "install.recorded", GONE),
    (GONE, "install", "install.placed", GONE),
    (GONE, "install", "installed.saved", "installed"),
    ("stopped", "start", "start.saved", "running"),
    ("stopped", "start", "start.launched", "running"),
    ("stopped", "start", "running.saved", "running"),
    ("running", "pause", "pause.saved", "paused"),
    ("running", "pause", "pause.frozen", "paused"),
    ("running", "pause", "paused.saved", "paused"),
    ("paused", "resume", "resume.saved", "running"),
    ("paused", "resume", "resume.thawed", "running"),
    ("paused", "resume", "running.saved", "running"),
    ("running", "stop", "stop.saved", "stopped"),
    ("running", "stop", "stop.asked", "stopped"),
    ("running", "stop", "stopped.saved", "stopped"),
    ("running", "uninstall", "uninstall.saved", GONE),
    ("running", "uninstall", "uninstall.ended", GONE),
    ("stopped", "uninstall", "uninstall.folders", GONE),
    ("running", "uninstall", "uninstall.logs", GONE),
    ("paused", "uninstall", "uninstall.row", GONE),
];

struct Bench {
    state: tempfile::TempDir,
    /// The victim's folder, to install it from.
    source: tempfile::TempDir,
}

impl Bench {
    fn new() -> Result<Bench> {
        let bench = Bench { state: tempfile::tempdir()?, source: tempfile::tempdir()? };
        let counter = root().join("tests/apps").join(WITNESS);
        let source = bench.source.path();
        fs::copy(counter.join("main.py"), source.join("main.py"))?;
        let manifest = fs::read_to_string(counter.join("vehicle-app.yaml"))?;
        let manifest = manifest.replacen("id: counter", "id: victim", 1);
        fs::write(source.join("vehicle-app.yaml"), manifest)?;
        Ok(bench)
    }

    fn start(&self) -> Result<Daemon> {
        let mut command = Command::new(program("vehicle-edge")?);
        command
            .args(["serve", "--no-mock", "--log", "warn", "--http-listen", "127.0.0.1:0"])
            .args(["--grpc-listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"])
            .env("VEHICLE_EDGE_STATE", self.state.path())
            .env("VEHICLE_EDGE_UV", root().join(".venv/bin/uv"))
            .env("VEHICLE_EDGE_FAULT", self.fault())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        Daemon::spawn(command, self.state.path())
    }

    fn fault(&self) -> std::path::PathBuf {
        self.source.path().join("fault")
    }

    fn ask(&self, daemon: &Daemon, operation: &str) -> Result<()> {
        let source = self.source.path().display().to_string();
        let what = if operation == "install" { &source } else { VICTIM };
        // Whether it answers before it dies is chance.
        daemon.run(&[operation, what]).map(drop)
    }

    /// Brings the victim into a state.
    fn prepare(&self, daemon: &Daemon, wanted: &str) -> Result<()> {
        for _ in 0..10 {
            let state = victim(daemon)?;
            let operation = match (state.as_str(), wanted) {
                (state, wanted) if state == wanted => return Ok(()),
                ("installed", "stopped") => return Ok(()),
                (_, GONE) => "uninstall",
                (GONE, _) => "install",
                ("paused", "running") => "resume",
                (_, "stopped") => "stop",
                ("running", "paused") => "pause",
                _ => "start",
            };
            self.ask(daemon, operation)?;
        }
        bail!("the victim does not get {wanted}: it is {}", victim(daemon)?)
    }
}

#[test]
fn what_was_under_way_is_finished_or_undone() -> Result<()> {
    let times = env::var("VEHICLE_EDGE_KILLS").ok().and_then(|times| times.parse().ok());
    let bench = Bench::new()?;
    let mut daemon = bench.start()?;
    let counter = root().join("tests/apps").join(WITNESS).display().to_string();
    daemon.ok(&["install", "--start", &counter])?;
    let witness = daemon.wait_for(WITNESS, "running")?["pid"].clone();
    let (mut kills, mut longest) = (0, Duration::ZERO);
    for (before, operation, point, after) in POINTS.repeat(times.unwrap_or(2)) {
        bench.prepare(&daemon, before).context(point)?;
        fs::write(bench.fault(), format!("{VICTIM} {point}"))?;
        bench.ask(&daemon, operation)?;
        daemon.killed().with_context(|| format!("at {point}"))?;
        fs::remove_file(bench.fault())?;

        daemon = bench.start()?;
        let back = Instant::now();
        settle(&daemon, after).with_context(|| format!("killed at {point}"))?;
        longest = longest.max(back.elapsed());
        kills += 1;
        check(bench.state.path(), after).with_context(|| format!("killed at {point}"))?;
        ensure!(daemon.status(WITNESS)?["pid"] == witness, "{point}: the other app");
    }
    println!("{kills} kills; the last to settle took {longest:.0?} after the return");
    let console = daemon.ok(&["logs", WITNESS])?;
    let counts = console.lines().filter_map(|line| line.rsplit_once("count ")?.1.parse().ok());
    let counts: Vec<u64> = counts.collect();
    ensure!(counts.len() > kills, "{} lines", counts.len());
    ensure!(counts.windows(2).all(|pair| pair[1] == pair[0] + 1), "a line is lost: {counts:?}");
    Ok(())
}

/// The victim's state, or that it is gone.
fn victim(daemon: &Daemon) -> Result<String> {
    let apps: serde_json::Value = serde_json::from_str(&daemon.ok(&["ps", "-o", "json"])?)?;
    let apps = apps.as_array().context("a list of apps")?;
    let state = apps.iter().find(|app| app["id"] == VICTIM).map(|app| app["state"].as_str());
    Ok(state.map_or(GONE, Option::unwrap_or_default).to_owned())
}

fn settle(daemon: &Daemon, wanted: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while victim(daemon)? != wanted {
        ensure!(Instant::now() < deadline, "it is {}, not {wanted}", victim(daemon)?);
        sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// One process where there ought to be one, and nothing where nothing ought to be.
fn check(state: &Path, after: &str) -> Result<()> {
    let code = state.join("apps").join(VICTIM).join("code").display().to_string();
    let mut processes = 0;
    for entry in fs::read_dir("/proc")? {
        let command = fs::read(entry?.path().join("cmdline")).unwrap_or_default();
        processes += usize::from(String::from_utf8_lossy(&command).contains(&code));
    }
    let ought = usize::from(matches!(after, "running" | "paused"));
    ensure!(processes == ought, "{processes} processes of an app that is {after}");
    for folder in ["apps", "run"] {
        let is_there = state.join(folder).join(VICTIM).exists();
        ensure!(after != GONE || !is_there, "{folder}/{VICTIM} is left");
    }
    ensure!(!state.join("apps").join(VICTIM).join("incoming").exists(), "incoming is left");
    Ok(())
}
