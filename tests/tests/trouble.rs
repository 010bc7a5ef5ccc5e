//! What the machine does to a runtime: a full disk, a database that is locked or damaged, no
//! more file descriptors. The API answers and says what to do, apps go on, and it heals.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use vehicle_edge_tests::{Daemon, root};

const APP: &str = "counter";
/// Room for an app, and little more.
const DISK: &str = "size=64m";

fn counter() -> String {
    root().join("tests/apps").join(APP).display().to_string()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
}

/// The app runs in the process that it had, and is heard.
fn goes_on(daemon: &Daemon, pid: &serde_json::Value) -> Result<()> {
    let status = daemon.status(APP)?;
    ensure!(status["pid"] == *pid, "{status}");
    let console = daemon.console(APP)?;
    let last = daemon.ok(&["logs", "--tail", "1", APP])?;
    let count = |line: &str| line.rsplit_once("count ")?.1.trim().parse::<u64>().ok();
    let last = count(&last).with_context(|| format!("no count in {last:?}"))?;
    while count(&console.until("count ")?).is_none_or(|count| count <= last) {}
    Ok(())
}

/// A small disk of its own; taken away again at the end.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Result<Disk> {
        let folder = tempfile::tempdir()?;
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", DISK, "tmpfs"])
            .arg(folder.path())
            .status()?;
        ensure!(mount.success(), "mount: {mount}");
        Ok(Disk(folder))
    }

    fn fill(&self) -> Result<std::path::PathBuf> {
        let path = self.0.path().join("filler");
        let mut file = fs::File::create(&path)?;
        while file.write_all(&[0; 4096]).is_ok() {}
        Ok(path)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_said_and_heals() -> Result<()> {
    if !is_root() {
        eprintln!("skipped: only root mounts a disk");
        return Ok(());
    }
    let disk = Disk::new()?;
    let daemon = Daemon::start(disk.0.path(), &["--no-mock"])?;
    daemon.ok(&["install", "--start", &counter()])?;
    let pid = daemon.wait_for(APP, "running")?["pid"].clone();
    let filler = disk.fill()?;

    let playground = root().join("tests/apps/playground").display().to_string();
    let said = daemon.fails(&["install", &playground])?;
    ensure!(said.contains("No space left") || said.contains("disk is full"), "{said}");
    goes_on(&daemon, &pid)?;
    // What is answered holds; sooner or later there is no room for it.
    let mut state = "running";
    let said = 'full: {
        for _ in 0..1000 {
            let (operation, next) = match state {
                "running" => ("pause", "paused"),
                _ => ("resume", "running"),
            };
            if !daemon.run(&[operation, APP])?.status.success() {
                break 'full daemon.fails(&[operation, APP])?;
            }
            state = next;
        }
        bail!("the disk never was full");
    };
    ensure!(said.contains("the disk is full: make room"), "{said}");
    ensure!(daemon.status(APP)?["state"] == state, "{}", daemon.status(APP)?);

    fs::remove_file(filler)?;
    if state == "paused" {
        daemon.ok(&["resume", APP])?;
    }
    goes_on(&daemon, &pid)?;
    daemon.ok(&["stop", APP])?;
    daemon.kill()?;
    let daemon = Daemon::start(disk.0.path(), &["--no-mock"])?;
    ensure!(daemon.status(APP)?["state"] == "stopped");
    Ok(())
}

/// Another program in the middle of writing to the database.
struct Holder(Child);

impl Holder {
    fn new(database: &Path) -> Result<Holder> {
        let script = "import sqlite3, sys\n\
             held = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
             held.execute('BEGIN IMMEDIATE')\n\
             print('held', flush=True)\n\
             sys.stdin.read()\n";
        let mut child = Command::new("python3")
            .args(["-c", script])
            .arg(database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no stdout")?).read_line(&mut line)?;
        ensure!(line == "held\n", "{line:?}");
        Ok(Holder(child))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_locked_database_is_said_and_heals() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &["--no-mock"])?;
    daemon.ok(&["install", "--start", &counter()])?;
    let pid = daemon.wait_for(APP, "running")?["pid"].clone();
    let holder = Holder::new(&state.path().join("state.db"))?;
    let said = daemon.fails(&["stop", APP])?;
    ensure!(said.contains("another program holds it: end that one"), "{said}");
    goes_on(&daemon, &pid)?;
    // It ends while that cannot be written down.
    let ended = Command::new("kill").args(["-9", &pid.to_string()]).status()?;
    ensure!(ended.success());
    daemon.wait_for(APP, "failed")?;
    drop(holder);
    daemon.ok(&["start", APP])?;
    daemon.kill()?;
    let daemon = Daemon::start(state.path(), &["--no-mock"])?;
    daemon.wait_for(APP, "running")?;
    Ok(())
}

/// The file, and what of it is not in it yet.
fn damage(database: &Path) -> Result<()> {
    let mut text = fs::read(database)?;
    text.iter_mut().take(4096).for_each(|byte| *byte = 0x5a);
    fs::write(database, text)?;
    for more in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{more}", database.display()));
    }
    Ok(())
}

#[test]
fn a_damaged_database_is_said_and_nothing_is_lost_with_it() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &["--no-mock"])?;
    daemon.ok(&["install", &counter()])?;
    daemon.stop()?;
    let data = state.path().join("apps/counter/data/diary.txt");
    fs::write(&data, "dear diary")?;

    damage(&state.path().join("logs.db"))?;
    let daemon = Daemon::start(state.path(), &["--no-mock"])?;
    daemon.ok(&["start", APP])?;
    daemon.console(APP)?.until("count ")?;
    daemon.stop()?;
    let aside = |name: &str| name.starts_with("logs.damaged-");
    ensure!(names(state.path())?.iter().any(|name| aside(name)), "{:?}", names(state.path())?);

    let database = state.path().join("state.db");
    damage(&database)?;
    let refused = Command::new(vehicle_edge_tests::program("vehicle-edge")?)
        .args(["serve", "--no-mock", "--http-listen", "127.0.0.1:0", "--grpc-listen"])
        .args(["127.0.0.1:0", "--health-listen", "127.0.0.1:0"])
        .env("VEHICLE_EDGE_STATE", state.path())
        .output()?;
    let said = String::from_utf8_lossy(&refused.stderr);
    ensure!(!refused.status.success());
    ensure!(said.contains("state.db: it is damaged") && said.contains("backup"), "{said}");
    ensure!(data.exists(), "the app's data is left alone");

    fs::rename(&database, state.path().join("state.old"))?;
    let daemon = Daemon::start(state.path(), &["--no-mock"])?;
    ensure!(daemon.ok(&["ps", "-o", "json"])?.trim() == "[]");
    let lost = names(&state.path().join("lost"))?;
    let lost = lost.first().context("nothing is kept")?;
    let diary = state.path().join("lost").join(lost).join("data/diary.txt");
    ensure!(fs::read_to_string(diary)? == "dear diary");
    daemon.ok(&["install", "--start", &counter()])?;
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

#[test]
fn without_file_descriptors_it_says_so_and_heals() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &["--no-mock"])?;
    daemon.ok(&["install", "--start", &counter()])?;
    let pid = daemon.wait_for(APP, "running")?["pid"].clone();
    let limit = |limit: usize| -> Result<()> {
        let limit = format!("--nofile={limit}:");
        let mut set = Command::new("prlimit");
        set.args(["--pid", &daemon.pid().to_string(), &limit]);
        ensure!(set.status()?.success(), "prlimit");
        Ok(())
    };
    let open = fs::read_dir(format!("/proc/{}/fd", daemon.pid()))?.count();
    // One for who asks, and one more.
    limit(open + 2)?;
    let playground = root().join("tests/apps/playground").display().to_string();
    let said = daemon.fails(&["install", &playground])?;
    ensure!(said.contains("open files"), "{said}");
    ensure!(daemon.status(APP)?["pid"] == pid);
    limit(1024)?;
    daemon.ok(&["install", &playground])?;
    goes_on(&daemon, &pid)
}
