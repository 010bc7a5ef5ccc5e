//! What a sandbox costs at the start: from launch to an app's first line, medians.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement ends by it")]

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use vehicle_edge_runtime::{app::Limits, sandbox::Sandbox};

// What the tests of the sandbox use more of.
#[allow(dead_code)]
#[path = "../tests/sandbox/harness.rs"]
mod harness;

use harness::{Events, Place, sandboxes};

const ROUNDS: usize = 60;
const SCRIPT: &str = "print('up'); import time; time.sleep(60)";

#[tokio::main]
async fn main() {
    let Some(place) = Place::python("bench", SCRIPT) else { return };
    let mut plain: Vec<Duration> = (0..ROUNDS).map(|_| run_plain(&place)).collect();
    println!("plain process: {:.1} ms", median(&mut plain));
    for sandbox in sandboxes() {
        for limits in [
            Limits::default(),
            Limits { mem_limit: Some(256 << 20), cpus: Some(1.0), pids_limit: Some(64) },
        ] {
            let mut place = Place::python("bench", SCRIPT).unwrap();
            place.launch.limits = limits.clone();
            let (mut times, mut kib) = (Vec::new(), 0);
            for _ in 0..ROUNDS {
                let (time, memory) = run(&place, &*sandbox).await;
                times.push(time);
                kib = memory;
            }
            let name = sandbox.capabilities().backend.name();
            let middle = median(&mut times);
            let limited = if limits == Limits::default() { "no limits" } else { "all limits" };
            println!("{name}, {limited}: {middle:.1} ms; shim and init: {kib} KiB");
        }
    }
}

fn run_plain(place: &Place) -> Duration {
    let start = Instant::now();
    let mut command = Command::new(&place.launch.command[0]);
    command.args(&place.launch.command[1..]).env_clear().envs(&place.launch.env);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let time = start.elapsed();
    assert_eq!(line, "up\n");
    child.kill().unwrap();
    child.wait().unwrap();
    time
}

async fn run(place: &Place, sandbox: &dyn Sandbox) -> (Duration, u64) {
    let start = Instant::now();
    let mut events: Events = place.start(sandbox).await;
    assert_eq!(events.text().await, "up");
    let time = start.elapsed();
    let record = std::fs::read(place.launch.run_dir.join("shim.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let shim = record["shim"].as_u64().unwrap();
    let children = std::fs::read_to_string(format!("/proc/{shim}/task/{shim}/children"));
    let init = children.unwrap_or_default().trim().parse().unwrap_or(shim);
    let memory = dirty_kib(shim) + dirty_kib(init);
    place.remove(sandbox).await;
    (time, memory)
}

/// What a process has written; pages that it shares with another count by half.
fn dirty_kib(pid: u64) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let dirty = text.lines().filter(|line| line.starts_with("Pss_Dirty:"));
    dirty.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}

/// In milliseconds.
fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}
