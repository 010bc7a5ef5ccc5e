use std::time::Duration;

use tokio::time::sleep;
use vehicle_edge_runtime::{
    app::{Desired, Operation, State, Stream},
    supervisor::{Admission, Error, EventBody},
};

use crate::bench::{Bench, COUNTER, is_alive};

#[tokio::test(flavor = "multi_thread")]
async fn an_app_lives_its_whole_life() {
    for bench in Bench::all().await {
        whole_life(&bench).await;
        bench.supervisor.shutdown(false).await;
    }
}

async fn whole_life(bench: &Bench) {
    println!("in sandbox {}", bench.sandbox().capabilities().backend.name());
    let app = bench.run("counter", "", COUNTER).await;
    let mut console = bench.console(&app, None);
    assert!(console.count().await < 5);
    bench.supervisor.stdin(&app, b"hello\n").await.unwrap();
    console.find(|text| text == "you said: hello").await;

    // Paused: not a line more; resumed: exactly where it was.
    assert_eq!(bench.ask(&app, Operation::Pause).await.unwrap(), Admission::Accepted);
    assert_eq!(bench.ask(&app, Operation::Pause).await.unwrap(), Admission::Already);
    assert_eq!(bench.status(&app).state, State::Paused);
    sleep(Duration::from_millis(50)).await;
    let before = console.drain().await;
    sleep(Duration::from_millis(300)).await;
    let during = console.drain().await;
    assert!(during.iter().all(|line| line.stream == Stream::Status), "{during:?}");
    let denied = bench.ask(&app, Operation::Start).await.unwrap_err();
    assert_eq!(denied.to_string(), "cannot start 'counter': it is paused: resume it");
    let last = before.iter().rev().find_map(|line| line.text.strip_prefix("count "));
    bench.ask(&app, Operation::Resume).await.unwrap();
    let next = console.count().await;
    if let Some(last) = last {
        assert_eq!(next, last.parse::<u64>().unwrap() + 1);
    }
    assert_eq!(console.count().await, next + 1);

    let first = bench.status(&app).pid.unwrap();
    bench.ask(&app, Operation::Restart).await.unwrap();
    let again = bench.until_that(&app, |s| s.state == State::Running && s.pid != Some(first)).await;
    assert!(!is_alive(first));
    console.find(|text| text == "count 1").await;

    bench.ask(&app, Operation::Stop).await.unwrap();
    let stopped = bench.until(&app, State::Stopped).await;
    assert_eq!(stopped.reason.as_deref(), Some("stopped as asked"));
    assert_eq!((stopped.pid, stopped.desired), (None, Desired::Stopped));
    assert!(!is_alive(again.pid.unwrap()));
    let error = bench.supervisor.stdin(&app, b"x").await.unwrap_err();
    assert_eq!(error.to_string(), "'counter' takes no input: the app is not running");

    bench.ask(&app, Operation::Start).await.unwrap();
    let running = bench.until(&app, State::Running).await;
    bench.ask(&app, Operation::Uninstall).await.unwrap();
    bench.until_gone(&app).await;
    assert!(!is_alive(running.pid.unwrap()));
    bench.assert_empty().await;
    let error = bench.ask(&app, Operation::Start).await.unwrap_err();
    assert!(matches!(error, Error::UnknownApp(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_fails_is_started_again_and_says_why() {
    let Some(bench) = Bench::new().await else { return };
    let code = "import sys, time; print('here'); time.sleep(0.1); sys.exit(3)";
    let app = bench.run("crasher", "restart: on-failure\n", code).await;
    let waiting = bench.until(&app, State::Backoff).await;
    let reason = waiting.reason.unwrap();
    assert_eq!(reason, "exited with code 3; starts again in 0.5 s");
    assert_eq!(waiting.exit_code, Some(3));
    let again = bench.until_that(&app, |s| s.state == State::Running && s.restarts == 1).await;
    assert_eq!(again.reason.unwrap(), "started again, as it exited with code 3");
    bench.until_that(&app, |s| s.state == State::Backoff && s.restarts == 1).await;
    bench.ask(&app, Operation::Stop).await.unwrap();
    let stopped = bench.until(&app, State::Stopped).await;
    assert_eq!(stopped.desired, Desired::Stopped);
    let mut console = bench.console(&app, None);
    assert!(console.drain().await.iter().filter(|line| &*line.text == "here").count() >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_ends_well_is_stopped_and_one_that_fails_failed() {
    let Some(bench) = Bench::new().await else { return };
    let app = bench.run("good", "args: [a, b c]\n", "import sys; print(sys.argv[1:])").await;
    let status = bench.until(&app, State::Stopped).await;
    assert_eq!(status.reason.as_deref(), Some("exited with code 0"));
    bench.console(&app, None).find(|text| text == "['a', 'b c']").await;
    let app = bench.run("bad", "", "raise SystemExit(7)").await;
    let status = bench.until(&app, State::Failed).await;
    assert_eq!(status.reason.as_deref(), Some("exited with code 7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_will_not_stop_is_killed_after_its_grace() {
    let Some(bench) = Bench::new().await else { return };
    let code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up')\n\
                while True: time.sleep(1)";
    let app = bench.run("stubborn", "stop_grace_period: 300ms\n", code).await;
    bench.console(&app, None).find(|text| text == "up").await;
    bench.ask(&app, Operation::Stop).await.unwrap();
    let status = bench.until(&app, State::Stopped).await;
    assert_eq!(status.reason.as_deref(), Some("stopped as asked"));
    assert_eq!(status.exit_code, Some(137));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_finds_its_environment() {
    let Some(bench) = Bench::new().await else { return };
    let manifest = "env: { LEVEL: debug }\nconfig: { limit: 3 }\nstop_grace_period: 1500ms\n";
    let code = "import json, os; e = os.environ; open('x', 'w') if False else None\n\
        print(e['VEHICLE_APP_ID'], e['LEVEL'], json.loads(e['VEHICLE_APP_CONFIG'])['limit'])\n\
        print(os.path.exists(e['VEHICLE_EDGE_BROKER'].removeprefix('unix://')))\n\
        print(os.getcwd() == os.path.dirname(os.path.abspath(__file__)))\n\
        open(os.path.join(e['VEHICLE_APP_DATA'], 'kept'), 'w').write('x')\n\
        print(e['HOME'] == e['VEHICLE_APP_DATA'], e['PYTHONPATH'].endswith('/model'))\n\
        print(e['VEHICLE_APP_STOP_GRACE'])";
    let app = bench.run("env", manifest, code).await;
    bench.until(&app, State::Stopped).await;
    let lines = bench.console(&app, None).drain().await;
    let own: Vec<&str> =
        lines.iter().filter(|l| l.stream != Stream::Status).map(|l| &*l.text).collect();
    assert_eq!(own, ["env debug 3", "True", "True", "True True", "1.5"]);
    assert!(bench.state("apps/env/data/kept").is_file());
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_see_every_step_in_order() {
    let Some(bench) = Bench::new().await else { return };
    let (snapshot, mut events) = bench.supervisor.events();
    assert_eq!(snapshot, []);
    let app = bench.run("quick", "", COUNTER).await;
    bench.ask(&app, Operation::Uninstall).await.unwrap();
    bench.until_gone(&app).await;
    let (mut states, mut seq, mut steps) = (vec![], 0, vec![]);
    while let Ok(event) = events.try_recv() {
        assert_eq!(event.seq, seq + 1);
        seq = event.seq;
        match event.body {
            EventBody::Status(status) => states.push(status.state),
            EventBody::Progress { step, .. } => steps.push(step),
            EventBody::Removed { reason } => assert_eq!(reason, None),
        }
    }
    use State::*;
    assert_eq!(states, [Installing, Starting, Running, Uninstalling, Uninstalling]);
    assert_eq!(steps, Vec::<String>::new(), "it required nothing that takes time");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_whose_shim_hangs_can_be_uninstalled() {
    let Some(bench) = Bench::new().await else { return };
    let app = bench.run("hung", "", COUNTER).await;
    let pid = bench.status(&app).pid.unwrap();
    let spec = bench.state("run/hung/spec.json");
    stop_process_with(spec.to_str().unwrap());
    bench.ask(&app, Operation::Uninstall).await.unwrap();
    bench.until_gone(&app).await;
    assert!(!is_alive(pid));
    bench.assert_empty().await;
}

/// The one that has the word on its command line.
fn stop_process_with(word: &str) {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut found = processes.filter_map(|entry| {
        let pid = rustix::process::Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        line.split(|byte| *byte == 0).any(|part| part == word.as_bytes()).then_some(pid)
    });
    let shim = found.next().unwrap();
    rustix::process::kill_process(shim, rustix::process::Signal::STOP).unwrap();
}
