//! Starting, freezing, ending: of the whole tree, always.

use std::{fs, time::Duration};

use vehicle_edge_runtime::sandbox::{SandboxError, ShimEvent};

use crate::harness::{Events, Place, code, eventually, processes_with, sandboxes, signal};

const COUNTER: &str = "i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done";

#[tokio::test]
async fn an_exit_code_or_signal_is_told_as_it_was() {
    for sandbox in sandboxes() {
        for (script, expected) in
            [("exit 0", code(0)), ("exit 255", code(255)), ("kill -SEGV $$", signal(11))]
        {
            let place = Place::shell("exits", script);
            assert_eq!(place.run(&*sandbox).await.1, expected, "{script}");
        }
    }
}

#[tokio::test]
async fn a_frozen_app_stands_still_and_goes_on_where_it_was() {
    for sandbox in sandboxes() {
        // A child of the app counts: the whole tree is meant.
        let place = Place::shell("frozen", &format!("({COUNTER}) & wait"));
        let mut events = place.start(&*sandbox).await;
        assert_eq!(events.text().await, "0");
        let control = events.0.control.clone();
        for _ in 0..3 {
            control.freeze().await.unwrap();
            let before = events.within(Duration::from_millis(100)).await;
            assert!(before.len() < 10, "{}", before.len());
            assert_eq!(events.within(Duration::from_millis(300)).await, []);
            control.thaw().await.unwrap();
            events.line().await;
        }
        control.freeze().await.unwrap();
        let again = sandbox.attach(&place.launch.run_dir, 0).await.unwrap().unwrap();
        assert!(again.frozen);
        let mut again = Events(again);
        control.thaw().await.unwrap();
        for number in 0..30 {
            assert_eq!(again.text().await, number.to_string());
        }
        place.remove(&*sandbox).await;
    }
}

#[tokio::test]
async fn a_frozen_app_can_be_terminated_and_killed() {
    for sandbox in sandboxes() {
        for kill in [false, true] {
            let place = Place::shell(
                "frozen-end",
                "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.01; done",
            );
            let mut events = place.start(&*sandbox).await;
            assert_eq!(events.text().await, "up");
            let control = events.0.control.clone();
            control.freeze().await.unwrap();
            if kill {
                control.kill().await.unwrap();
                assert_eq!(events.exit().await, signal(9));
            } else {
                control.terminate().await.unwrap();
                let (lines, exit) = events.rest().await;
                let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
                assert_eq!((texts, exit), (vec!["bye"], code(7)));
            }
            place.remove(&*sandbox).await;
        }
    }
}

#[tokio::test]
async fn an_app_that_ignores_sigterm_is_killed_after_its_grace() {
    for sandbox in sandboxes() {
        let mut place =
            Place::shell("stubborn", "trap '' TERM; echo up; while :; do sleep 0.05; done");
        place.launch.grace = Duration::from_millis(300);
        let mut events = place.start(&*sandbox).await;
        assert_eq!(events.text().await, "up");
        let start = std::time::Instant::now();
        events.0.control.terminate().await.unwrap();
        assert_eq!(events.exit().await, signal(9));
        assert!((280..3000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
        place.remove(&*sandbox).await;
    }
}

#[tokio::test]
async fn an_app_without_handlers_obeys_sigterm() {
    for sandbox in sandboxes() {
        let Some(place) = Place::python("plain", "import time; print('up'); time.sleep(60)") else {
            return;
        };
        let mut events = place.start(&*sandbox).await;
        assert_eq!(events.text().await, "up");
        events.0.control.terminate().await.unwrap();
        assert_eq!(events.exit().await, signal(15));
        assert!(matches!(events.0.control.freeze().await, Err(SandboxError::Gone)));
        place.remove(&*sandbox).await;
        assert!(matches!(events.0.control.kill().await, Err(SandboxError::Gone)));
    }
}

/// Starts children that leave session and parent behind, each sleeping for `mark` seconds.
fn forking(mark: &str, last: &str) -> String {
    format!(
        "(setsid sleep {mark} &) ; (setsid sh -c 'sleep {mark} & sleep {mark}' &) ; sleep 0.1; echo up; {last}"
    )
}

#[tokio::test]
async fn whatever_an_app_has_started_ends_with_it() {
    for (number, sandbox) in sandboxes().into_iter().enumerate() {
        for (case, last) in ["sleep 60", "exit 5"].into_iter().enumerate() {
            let mark = format!("60.{}{number}{case}", std::process::id());
            let place = Place::shell("forks", &forking(&mark, last));
            let mut events = place.start(&*sandbox).await;
            assert_eq!(events.text().await, "up");
            if case == 0 {
                assert_eq!(processes_with(&format!("sleep\0{mark}")).len(), 3);
                events.0.control.kill().await.unwrap();
            }
            events.exit().await;
            assert_eq!(processes_with(&mark), Vec::<String>::new());
            place.remove(&*sandbox).await;
        }
    }
}

#[tokio::test]
async fn removing_a_running_app_leaves_nothing() {
    for (number, sandbox) in sandboxes().into_iter().enumerate() {
        let mark = format!("61.{}{number}", std::process::id());
        let place = Place::shell("removed", &forking(&mark, "sleep 60"));
        let mut events = place.start(&*sandbox).await;
        assert_eq!(events.text().await, "up");
        place.remove(&*sandbox).await;
        assert_eq!(processes_with(&mark), Vec::<String>::new());
        let spec = place.launch.run_dir.join("spec.json").display().to_string();
        eventually("the shim ends", || processes_with(&spec).is_empty()).await;
        let left: Vec<_> = fs::read_dir(&place.launch.run_dir).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "only the log: {left:?}");
        // Twice does no harm.
        place.remove(&*sandbox).await;
    }
}

#[tokio::test]
async fn an_app_never_outlives_its_shim() {
    for (number, sandbox) in sandboxes().into_iter().enumerate() {
        let mark = format!("62.{}{number}", std::process::id());
        let mut place = Place::shell("orphan", &forking(&mark, "sleep 60"));
        let mut events = place.start(&*sandbox).await;
        assert_eq!(events.text().await, "up");
        let record = fs::read_to_string(place.launch.run_dir.join("shim.json")).unwrap();
        let record: serde_json::Value = serde_json::from_str(&record).unwrap();
        let shim = record["shim"].to_string();
        std::process::Command::new("kill").args(["-9", &shim]).status().unwrap();
        assert!(matches!(events.next().await, ShimEvent::Lost(_)));
        eventually("all processes end", || processes_with(&mark).is_empty()).await;
        assert!(sandbox.attach(&place.launch.run_dir, 0).await.unwrap().is_none());
        place.remove(&*sandbox).await;
        // And the place can be used again.
        place.launch.command = ["/bin/sh", "-c", "echo again"].map(str::to_owned).to_vec();
        assert_eq!(place.run(&*sandbox).await.0, ["again"]);
    }
}

#[tokio::test]
async fn a_service_manager_that_signals_everybody_reaches_the_app_and_ends_no_shim() {
    for sandbox in sandboxes() {
        let place =
            Place::shell("all", "trap 'echo term' TERM; echo up; sleep 0.3; echo on; sleep 0.1");
        let mut events = place.start(&*sandbox).await;
        assert_eq!(events.text().await, "up");
        let parent = |pid: u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
            stat.rsplit(')').next().unwrap().split(' ').nth(2).unwrap().parse::<u32>().unwrap()
        };
        let init = parent(events.0.pid);
        for pid in [init, parent(init)] {
            std::process::Command::new("kill").args(["-TERM", &pid.to_string()]).status().unwrap();
        }
        let (lines, exit) = events.rest().await;
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!((texts, exit), (vec!["term", "on"], code(0)));
        place.remove(&*sandbox).await;
    }
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    for sandbox in sandboxes() {
        let place = Place::new("missing", &["/no/such/program"]);
        let error = sandbox.start(&place.launch).await.unwrap_err().to_string();
        assert!(
            error.starts_with("could not start 'missing': execute /no/such/program: No such file"),
            "{error}"
        );
        let mut place = Place::shell("nowhere", "true");
        place.launch.workdir = "/no/such/folder".into();
        let error = sandbox.start(&place.launch).await.unwrap_err().to_string();
        assert!(error.starts_with("could not start 'nowhere': enter /no/such/folder"), "{error}");
        // Nothing of the attempt stays.
        assert!(sandbox.attach(&place.launch.run_dir, 0).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn one_run_folder_has_one_app() {
    for sandbox in sandboxes() {
        let place = Place::shell("once", "echo up; sleep 60");
        let mut events = place.start(&*sandbox).await;
        assert_eq!(events.text().await, "up");
        let error = sandbox.start(&place.launch).await.unwrap_err().to_string();
        assert!(error.contains("it has one already"), "{error}");
        place.remove(&*sandbox).await;
    }
}
