//! An app from its upload to its end, over HTTP, over the WebSocket and by command.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    daemon::{Daemon, uv},
    socket::Socket,
};

/// Counts, and repeats what it is told.
const MAIN: &str = "\
import sys, threading, time

def answer():
    for line in sys.stdin:
        print('heard ' + line.strip(), flush=True)

threading.Thread(target=answer, daemon=True).start()
count = 0
while True:
    count += 1
    print('count', count, flush=True)
    time.sleep(0.05)
";

fn write_app(folder: &Path) {
    let manifest = "id: tiny\nname: Tiny\nversion: 1.2.3\nentrypoint: main.py\n";
    fs::write(folder.join("vehicle-app.yaml"), manifest).unwrap();
    fs::write(folder.join("main.py"), MAIN).unwrap();
}

/// The tests below make Python environments.
pub(crate) fn no_uv() -> bool {
    let missing = uv().is_none();
    if missing {
        eprintln!("skipped: uv is not installed (`make setup` gets it)");
    }
    missing
}

fn count(message: &Value) -> Option<u64> {
    message["data"]["content"].as_str()?.strip_prefix("count ")?.parse().ok()
}

async fn next_count(socket: &mut Socket) -> u64 {
    count(&socket.until(|message| count(message).is_some()).await).unwrap()
}

async fn state(daemon: &Daemon) -> Value {
    daemon.get("/api/apps/tiny").await.1["status"]["state"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_from_its_upload_to_its_end() {
    if no_uv() {
        return;
    }
    let daemon = Daemon::start();
    let folder = tempfile::tempdir().unwrap();
    write_app(folder.path());
    let said = daemon.ok(&["install", folder.path().to_str().unwrap()]);
    assert_eq!(said, "tiny: installed\n");
    let (status, details) = daemon.get("/api/apps/tiny").await;
    assert_eq!(status, 200);
    assert_eq!(details["status"]["state"], "installed");
    assert_eq!(details["manifest"]["version"], "1.2.3");

    let mut socket = Socket::open(&daemon).await;
    socket.say("subscribe", json!({ "app_id": "tiny" })).await;
    assert_eq!(socket.next().await["event"], "subscribed");
    let (status, reply) = daemon.post("/api/apps/tiny/start?wait=20").await;
    assert_eq!((status.as_u16(), &reply["app"]["state"]), (200, &json!("running")), "{reply}");
    socket.until(|message| message["data"]["status"] == "running").await;
    assert_eq!(next_count(&mut socket).await, 1, "the console starts with the first line");

    let stdin = daemon.request(Method::POST, "/api/apps/tiny/stdin").body("one\n");
    assert_eq!(daemon.call(stdin).await.0, 204);
    socket.until(|message| message["data"]["content"] == "heard one").await;
    socket.say("app:stdin", json!({ "app_id": "tiny", "input": "two\n" })).await;
    socket.until(|message| message["data"]["content"] == "heard two").await;
    daemon.ok(&["send", "tiny", "three"]);
    daemon.pipe(&["send", "tiny"], "four\nfive\n");
    socket.until(|message| message["data"]["content"] == "heard five").await;

    assert_eq!(daemon.ok(&["pause", "tiny"]).split(", ").next(), Some("tiny: paused"));
    let kept = daemon.ok(&["logs", "tiny"]);
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert_eq!(daemon.ok(&["logs", "tiny"]), kept, "a paused app is silent");
    let last = kept.lines().rev().find_map(|line| line.strip_prefix("count ")).unwrap();
    daemon.ok(&["resume", "tiny"]);
    let next: u64 = last.parse::<u64>().unwrap() + 1;
    socket.until(|message| count(message) == Some(next)).await;

    let (status, reply) = daemon.post("/api/apps/tiny/start?wait=5").await;
    assert_eq!((status.as_u16(), &reply["admission"]), (200, &json!("already")), "{reply}");
    assert!(daemon.ok(&["stop", "tiny"]).starts_with("tiny: stopped"));
    assert_eq!(state(&daemon).await, "stopped");
    daemon.ok(&["start", "tiny"]);
    // Of the run before: not a word that the present one has ended.
    assert!(daemon.ok(&["inspect", "tiny"]).contains("last exit   code 143\n"));
    daemon.ok(&["stop", "tiny"]);
    let (code, message) = daemon.fails(&["pause", "tiny"]);
    assert_eq!(code, 1, "{message}");
    assert!(message.contains("cannot pause 'tiny'"), "{message}");

    assert_eq!(daemon.ok(&["uninstall", "tiny"]), "tiny: uninstalled\n");
    socket.until(|message| message["event"] == "app:removed").await;
    assert_eq!(daemon.get("/api/apps/tiny").await.0, 404);
    assert_eq!(daemon.ok(&["ps", "-o", "json"]), "[]\n");
    assert!(!daemon.state.path().join("apps/tiny").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_goes_on_from_its_number_without_a_gap() {
    if no_uv() {
        return;
    }
    let daemon = Daemon::start();
    let folder = tempfile::tempdir().unwrap();
    write_app(folder.path());
    let said = daemon.ok(&["install", "--start", folder.path().to_str().unwrap()]);
    assert!(said.starts_with("tiny: running, pid "), "{said}");

    let mut first = Socket::open(&daemon).await;
    first.say("subscribe", json!({ "app_id": "tiny" })).await;
    let seen = first.until(|message| count(message) == Some(5)).await;
    drop(first);
    let mut second = Socket::open(&daemon).await;
    let after = seen["data"]["seq"].clone();
    second.say("subscribe", json!({ "app_id": "tiny", "after": after })).await;
    assert_eq!(next_count(&mut second).await, 6);

    let (_, page) = daemon.get("/api/apps/tiny/logs?tail=3").await;
    assert_eq!(page["lines"].as_array().unwrap().len(), 3, "{page}");
    let (_, page) = daemon.get("/api/apps/tiny/logs?after=0&limit=2").await;
    assert_eq!(page["more"], true, "{page}");

    let mut everyone = Socket::open(&daemon).await;
    everyone.say("subscribe", json!({ "console": false })).await;
    let status = everyone.until(|message| message["event"] == "app:status").await;
    assert_eq!(status["data"]["app"]["id"], "tiny");
    daemon.ok(&["rm", "tiny"]);
    let removed = everyone.until(|message| message["event"] == "app:removed").await;
    assert_eq!(removed["data"]["app_id"], "tiny");
}

#[tokio::test(flavor = "multi_thread")]
async fn following_a_console_survives_a_crash_of_the_runtime() {
    if no_uv() {
        return;
    }
    let daemon = Daemon::start();
    let folder = tempfile::tempdir().unwrap();
    write_app(folder.path());
    daemon.ok(&["install", "--start", folder.path().to_str().unwrap()]);
    let mut logs = daemon
        .command(&["logs", "--follow", "tiny"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(logs.stdout.take().unwrap()).lines();
    let mut counts = lines.map(|line| {
        let line = line.unwrap();
        line.strip_prefix("count ").unwrap_or_else(|| panic!("{line}")).parse::<u64>().unwrap()
    });
    assert!(counts.by_ref().take(10).eq(1..=10));
    let daemon = daemon.crash_and_return();
    assert!(counts.by_ref().take(90).eq(11..=100), "each line once, across the crash");
    daemon.ok(&["rm", "tiny"]);
    counts.for_each(drop);
    assert!(logs.wait().unwrap().success(), "it ends with its app");
}
