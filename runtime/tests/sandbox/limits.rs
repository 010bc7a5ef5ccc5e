//! Limits, where this host and user can have them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use vehicle_edge_runtime::{
    app::Exit,
    sandbox::{Enforcement, Sandbox},
};

use crate::harness::{Place, sandboxes};

fn with(what: &str, has: impl Fn(&dyn Sandbox) -> bool) -> Vec<Arc<dyn Sandbox>> {
    let (have, lack): (Vec<_>, Vec<_>) = sandboxes().into_iter().partition(|it| has(&**it));
    for sandbox in lack {
        println!("skipped: {} has no {what} here", sandbox.capabilities().backend.name());
    }
    have
}

#[tokio::test]
async fn an_app_that_takes_too_much_memory_is_killed_and_the_reason_known() {
    for sandbox in with("memory limit", |it| it.capabilities().memory == Enforcement::Cgroup) {
        let script = "print('up'); x = bytearray(200 << 20); print('no')";
        let Some(mut place) = Place::python("greedy", script) else { return };
        place.launch.limits.mem_limit = Some(64 << 20);
        let (lines, exit) = place.run(&*sandbox).await;
        assert_eq!(lines, ["up"]);
        assert_eq!(exit, Exit { code: None, signal: Some(9), oom: true });
    }
}

#[tokio::test]
async fn without_a_control_group_each_process_has_the_memory_limit() {
    for sandbox in with("rlimit", |it| it.capabilities().memory == Enforcement::Rlimit) {
        let script = "try: x = bytearray(200 << 20)\nexcept MemoryError: print('refused')";
        let Some(mut place) = Place::python("greedy", script) else { return };
        place.launch.limits.mem_limit = Some(64 << 20);
        assert_eq!(place.run(&*sandbox).await.0, ["refused"]);
    }
}

#[tokio::test]
async fn a_fork_bomb_stays_small() {
    for sandbox in with("process limit", |it| it.capabilities().pids != Enforcement::None) {
        let script = "
import os, time
made = 0
try:
    for _ in range(100):
        if os.fork() == 0: time.sleep(30)
        made += 1
except OSError: pass
print(made)";
        let Some(mut place) = Place::python("bomb", script) else { return };
        place.launch.limits.pids_limit = Some(20);
        let (lines, _) = place.run(&*sandbox).await;
        assert_eq!(lines, ["19"], "and the app itself");
    }
}

#[tokio::test]
async fn a_share_of_a_processor_is_kept_to() {
    for sandbox in with("cpu limit", |it| it.capabilities().cpu == Enforcement::Cgroup) {
        let script = "
import time
end = time.monotonic() + 1
while time.monotonic() < end: pass
print(time.process_time())";
        let Some(mut place) = Place::python("busy", script) else { return };
        place.launch.limits.cpus = Some(0.2);
        let start = Instant::now();
        let (lines, _) = place.run(&*sandbox).await;
        let used: f64 = lines[0].parse().unwrap();
        assert!(used < 0.5, "{used}");
        assert!(start.elapsed() > Duration::from_secs(1));
    }
}
