//! Recording and replay, as a program uses them.
#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "trace/drive.rs"]
mod drive;
#[path = "trace/long.rs"]
mod long;
#[path = "trace/play.rs"]
mod play;
#[path = "trace/record.rs"]
mod record;

use std::time::Duration;

use tokio::time::Instant;

/// Ten minutes at a thousand updates a second; `cargo bench --bench trace` does a whole day.
#[tokio::test(start_paused = true)]
async fn ten_minutes_stay_within_their_bounds_and_replay_exactly() {
    const SECONDS: u64 = 600;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("drive.trace");
    let (summary, recorded) = long::record(&file, SECONDS);
    assert_eq!((summary.updates, summary.left_out), (SECONDS * drive::A_SECOND, 0));
    assert_eq!(summary.bytes, std::fs::metadata(&file).unwrap().len());
    assert!(summary.bytes < 8 * summary.updates, "{} bytes", summary.bytes);

    let began = Instant::now();
    let (report, replayed, dropped) = long::replay(&file).await;
    assert_eq!((replayed, dropped), (recorded, 0));
    assert_eq!((report.published, report.left_out.len()), (summary.updates, 0));
    // And a second at the end.
    let took = began.elapsed();
    assert!(
        took.abs_diff(Duration::from_secs(SECONDS + 1)) < Duration::from_millis(10),
        "{took:?}"
    );
}
