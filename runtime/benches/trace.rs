//! A day of a car's signals, recorded and replayed: 86.4 million updates, on a clock that is
//! moved by hand. Ends with an error where the trace is too large, memory grows with it, or the
//! replay is not exactly what was recorded. `-- SECONDS` takes another span.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement ends by it")]

use std::time::{Duration, Instant};

#[path = "../tests/trace/drive.rs"]
mod drive;
#[path = "../tests/trace/long.rs"]
mod long;

const A_DAY: u64 = 24 * 60 * 60;
/// On the disk, of an update.
const MOST_BYTES: f64 = 8.0;
/// Of the whole process, whatever the length.
const MOST_KIB: u64 = 64 << 10;

fn main() {
    let seconds = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(A_DAY);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("day.trace");
    let start = Instant::now();
    let (summary, recorded) = long::record(&file, seconds);
    let recording = start.elapsed();
    let each = summary.bytes as f64 / summary.updates as f64;
    println!(
        "recorded {} updates in {:.1} s: {:.1} MiB, {each:.2} bytes each; peak {} KiB",
        summary.updates,
        recording.as_secs_f64(),
        summary.bytes as f64 / f64::from(1 << 20),
        peak_kib(),
    );
    assert_eq!((summary.updates, summary.left_out), (seconds * drive::A_SECOND, 0));
    assert!(each < MOST_BYTES, "a trace takes {each} bytes for each update");

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let start = Instant::now();
    let (report, replayed, dropped, played) = runtime.block_on(async {
        let began = tokio::time::Instant::now();
        let (report, replayed, dropped) = long::replay(&file).await;
        (report, replayed, dropped, began.elapsed())
    });
    println!(
        "replayed {} of them in {:.1} s, at their times over {:.0} s; peak {} KiB",
        report.published,
        start.elapsed().as_secs_f64(),
        played.as_secs_f64(),
        peak_kib(),
    );
    assert_eq!((replayed, dropped), (recorded, 0), "the replay is not what was recorded");
    // And a second at the end.
    let late = played.abs_diff(Duration::from_secs(seconds + 1));
    assert!(late < Duration::from_millis(10), "the replay is off by {late:?}");
    assert!(peak_kib() < MOST_KIB, "the process took {} KiB", peak_kib());
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
