use std::{fs, time::Duration};

use tokio::time::sleep;
use vehicle_edge_runtime::app::{Desired, Operation, State};

use crate::bench::{Bench, COUNTER, is_alive};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_runtime_adopts_what_runs() {
    for mut bench in Bench::all().await {
        adopts(&mut bench).await;
    }
}

async fn adopts(bench: &mut Bench) {
    let app = bench.run("counter", "", COUNTER).await;
    let frozen = bench.run("frozen", "", COUNTER).await;
    bench.ask(&frozen, Operation::Pause).await.unwrap();
    let mut console = bench.console(&app, None);
    let seen = console.find(|text| text == "count 5").await;
    let pids = (bench.status(&app).pid, bench.status(&frozen).pid);
    assert!(pids.0.is_some());

    bench.restart(true).await;
    assert_eq!((bench.status(&app).pid, bench.status(&frozen).pid), pids);
    assert_eq!(bench.status(&app).state, State::Running);
    // The console goes on with no line lost, nor one told twice.
    let mut console = bench.console(&app, Some(seen.seq));
    for expected in 6..60 {
        assert_eq!(console.count().await, expected);
    }
    bench.supervisor.stdin(&app, b"back\n").await.unwrap();
    console.find(|text| text == "you said: back").await;
    assert_eq!(bench.status(&frozen).state, State::Paused);
    let mut console = bench.console(&frozen, None);
    let lines = console.drain().await.len();
    sleep(Duration::from_millis(200)).await;
    assert!(console.drain().await.is_empty(), "after {lines} lines");
    bench.ask(&frozen, Operation::Resume).await.unwrap();
    console.count().await;

    bench.supervisor.shutdown(false).await;
    assert!(!is_alive(pids.0.unwrap()) && !is_alive(pids.1.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_runtime_starts_what_ought_to_run() {
    let Some(mut bench) = Bench::new().await else { return };
    let app = bench.run("counter", "", COUNTER).await;
    let idle = bench.run("idle", "", COUNTER).await;
    let paused = bench.run("paused", "", COUNTER).await;
    bench.ask(&idle, Operation::Stop).await.unwrap();
    bench.until(&idle, State::Stopped).await;
    bench.ask(&paused, Operation::Pause).await.unwrap();
    let last = bench.console(&app, None).drain().await.last().unwrap().seq;

    bench.restart(false).await;
    let status = bench.until(&app, State::Running).await;
    assert_eq!(status.reason.as_deref(), Some("started again with the runtime"));
    assert_eq!(bench.status(&idle).state, State::Stopped);
    bench.until(&paused, State::Paused).await;
    assert_eq!(bench.status(&paused).desired, Desired::Paused);
    // Numbers go on over runs and runtimes.
    let line = bench.console(&app, Some(last)).find(|text| text == "count 1").await;
    assert!(line.seq > last);
    bench.supervisor.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_half_done_is_undone_or_finished() {
    let Some(mut bench) = Bench::new().await else { return };
    for id in ["half", "doomed"] {
        let app = bench.run(id, "", COUNTER).await;
        bench.ask(&app, Operation::Stop).await.unwrap();
        bench.until(&app, State::Stopped).await;
    }
    bench.supervisor.shutdown(false).await;
    // As a crash in the middle would have left them.
    let state = rusqlite::Connection::open(bench.state("state.db")).unwrap();
    let set = "UPDATE app_runtime_state SET current_state = ? WHERE app_id = ?";
    state.execute(set, ["installing", "half"]).unwrap();
    state.execute(set, ["uninstalling", "doomed"]).unwrap();
    drop(state);
    for orphan in ["apps/stranger/code", "run/stranger/broker"] {
        fs::create_dir_all(bench.state(orphan)).unwrap();
    }
    bench.start().await;
    for id in ["half", "doomed"] {
        bench.until_gone(&id.parse().unwrap()).await;
    }
    bench.assert_empty().await;
}
