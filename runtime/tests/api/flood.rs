//! An app that floods, a client that does not read, and everybody else.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use crate::{apps::no_uv, daemon::Daemon, socket::Socket};

const LINES: u64 = 50_000;

/// Writes as fast as it can, then waits.
const FLOOD: &str = "\
import sys, time
sys.stdout.reconfigure(line_buffering=False)
for n in range(1, 50001):
    sys.stdout.write(f'line {n}\\n')
sys.stdout.flush()
print('dry', flush=True)
time.sleep(600)
";

/// Says what time it is, a hundred times a second.
const CLOCK: &str = "\
import time
while True:
    print(time.time(), flush=True)
    time.sleep(0.01)
";

fn install(daemon: &Daemon, id: &str, code: &str) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!("id: {id}\nname: {id}\nversion: 1.0.0\nentrypoint: main.py\n");
    fs::write(folder.path().join("vehicle-app.yaml"), manifest).unwrap();
    fs::write(folder.path().join("main.py"), code).unwrap();
    daemon.ok(&["install", folder.path().to_str().unwrap()]);
}

/// Reads to the line `dry`; every number is there once, as a line or in a gap.
async fn account(socket: &mut Socket) -> (u64, u64) {
    let (mut lines, mut missed, mut next) = (0, 0, None);
    loop {
        let message = socket.next().await;
        let data = &message["data"];
        let (from, to) = match message["event"].as_str().unwrap() {
            "app:stdout" | "app:stderr" | "app:notice" => {
                let seq = data["seq"].as_u64().unwrap();
                lines += 1;
                (seq, seq)
            }
            "app:gap" => {
                let (from, to) = (data["from"].as_u64().unwrap(), data["to"].as_u64().unwrap());
                missed += to - from + 1;
                (from, to)
            }
            _ => continue,
        };
        if let Some(next) = next {
            assert_eq!(from, next, "{message}");
        }
        next = Some(to + 1);
        if data["content"] == "dry" {
            return (lines, missed);
        }
    }
}

/// Seconds between a line's writing and its arrival, sorted.
async fn delays(socket: &mut Socket, count: usize) -> Vec<f64> {
    let mut delays = Vec::new();
    while delays.len() < count {
        let message = socket.next().await;
        let Some(written) = message["data"]["content"].as_str().and_then(|text| text.parse().ok())
        else {
            continue;
        };
        let written: f64 = written;
        delays.push(jiff::Timestamp::now().as_duration().as_secs_f64() - written);
    }
    delays.sort_by(f64::total_cmp);
    delays
}

fn peak_memory(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_and_a_client_that_does_not_read_disturb_nobody() {
    if no_uv() {
        return;
    }
    let daemon = Daemon::start();
    install(&daemon, "flood", FLOOD);
    install(&daemon, "clock", CLOCK);
    daemon.ok(&["start", "clock"]);
    let mut calm = Socket::open(&daemon).await;
    calm.say("subscribe", json!({ "app_id": "clock", "tail": 0 })).await;
    let subscribe: Value = json!({ "app_id": "flood" });
    let mut stalled = Socket::open(&daemon).await;
    stalled.say("subscribe", subscribe.clone()).await;
    let mut reader = Socket::open(&daemon).await;
    reader.say("subscribe", subscribe).await;

    daemon.ok(&["start", "flood"]);
    let (read, delays) = tokio::join!(account(&mut reader), delays(&mut calm, 100));
    let (median, worst) = (delays[delays.len() / 2], delays[delays.len() - 1]);
    println!("flood: {} lines read, {} missed", read.0, read.1);
    println!("clock: median {:.1} ms, worst {:.1} ms", median * 1e3, worst * 1e3);
    assert!(read.0 + read.1 >= LINES, "{read:?}");
    // Generous: this is an unoptimised build on a machine that may have much else to do.
    assert!(median < 1.0 && worst < 10.0, "another app's lines came {worst} s late");

    tokio::time::sleep(Duration::from_millis(500)).await;
    let late = account(&mut stalled).await;
    println!("the stalled client: {} lines read, {} missed", late.0, late.1);
    assert!(late.0 + late.1 >= LINES, "{late:?}");
    let peak = peak_memory(&daemon);
    println!("the runtime took {peak} MiB at most");
    assert!(peak < 300, "{peak} MiB");
}
