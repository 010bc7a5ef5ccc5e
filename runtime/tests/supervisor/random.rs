//! Random requests, crashes and restarts of the runtime, against real processes.

use std::time::Duration;

use tokio::time::sleep;
use vehicle_edge_runtime::{
    app::{AppId, AppStatus, Operation, State},
    supervisor::Error,
};

use crate::bench::{Bench, COUNTER, is_alive};

const STEPS: usize = 150;

/// xorshift: the same sequence for the same seed, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_the_database_the_states_and_the_processes_agree() {
    let Some(mut bench) = Bench::new().await else { return };
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) * 7919);
    println!("SEED={seed}");
    let mut dice = Dice(seed);
    let apps: Vec<AppId> = ["a", "b", "c"].iter().map(|id| id.parse().unwrap()).collect();
    let sequences = std::env::var("SEQUENCES").ok().and_then(|number| number.parse().ok());
    for _ in 0..sequences.unwrap_or(3) {
        sequence(&mut bench, &apps, &mut dice).await;
    }
}

/// From nothing to nothing.
async fn sequence(bench: &mut Bench, apps: &[AppId], dice: &mut Dice) {
    for step in 0..STEPS {
        let app = &apps[dice.roll(3) as usize];
        match dice.roll(40) {
            0 => bench.restart(true).await,
            1 => bench.restart(false).await,
            2..=5 => kill(bench, app),
            6..=9 => sleep(Duration::from_millis(dice.roll(80))).await,
            _ => ask(bench, app, dice).await,
        }
        if step % 10 == 9 {
            for app in apps {
                check(bench, app).await;
            }
        }
    }
    for app in apps {
        if bench.ask(app, Operation::Uninstall).await.is_ok() {
            bench.until_gone(app).await;
        }
    }
    bench.assert_empty().await;
}

async fn ask(bench: &Bench, app: &AppId, dice: &mut Dice) {
    let operation = Operation::ALL[dice.roll(Operation::ALL.len() as u64) as usize];
    if operation == Operation::Install {
        let policy = ["no", "on-failure", "always"][dice.roll(3) as usize];
        let bundle = bench.bundle(app.as_str(), &format!("restart: {policy}\n"), COUNTER);
        let start = dice.roll(2) == 0;
        match bench.supervisor.install(bundle, start).await {
            Ok(_) | Err(Error::Denied { .. }) => {}
            Err(error) => panic!("install of {app}: {error}"),
        }
        return;
    }
    match bench.ask(app, operation).await {
        // A pause may meet an app that has just ended.
        Ok(_) | Err(Error::Denied { .. } | Error::UnknownApp(_) | Error::Failed { .. }) => {}
        Err(error) => panic!("{operation} of {app}: {error}"),
    }
}

/// As a crash, or the kernel's memory killer, would.
fn kill(bench: &Bench, app: &AppId) {
    let pid = bench.supervisor.status(app).and_then(|status| status.pid);
    if let Some(pid) = pid.and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed())) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

/// Once nothing is under way.
async fn check(bench: &Bench, app: &AppId) {
    if bench.supervisor.status(app).is_none() {
        assert!(!bench.state("apps").join(app.as_str()).exists(), "{app} is not quite gone");
        return;
    }
    let mut status = None;
    for _ in 0..3000 {
        status = bench.supervisor.status(app);
        match &status {
            Some(status) if !agrees(bench, status) => sleep(Duration::from_millis(10)).await,
            _ => return,
        }
    }
    panic!("{status:?}, in the database {:?}", stored(bench, app));
}

fn agrees(bench: &Bench, status: &AppStatus) -> bool {
    let lives = status.pid.is_some_and(is_alive);
    let right = match status.state {
        State::Running => lives,
        // Killed while frozen, it is a zombie until its frozen init may reap it.
        State::Paused => status.pid.is_some(),
        State::Installed | State::Stopped | State::Failed | State::Backoff => status.pid.is_none(),
        // Under way.
        _ => return false,
    };
    right && stored(bench, &status.id) == Some((status.state.to_string(), status.pid))
}

fn stored(bench: &Bench, app: &AppId) -> Option<(String, Option<u32>)> {
    let connection = rusqlite::Connection::open(bench.state("state.db")).unwrap();
    let query = "SELECT current_state, pid FROM app_runtime_state WHERE app_id = ?";
    connection.query_row(query, [app.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).ok()
}
