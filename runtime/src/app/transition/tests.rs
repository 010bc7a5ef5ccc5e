use super::*;

/// An app with a clock, so that tests read like what happens.
struct App {
    now: Situation,
    rules: Rules,
    at: Timestamp,
    actions: Vec<Action>,
}

impl App {
    fn installing(restart: RestartPolicy) -> App {
        let at = Timestamp::UNIX_EPOCH;
        let limits = Limits { mem_limit: Some(64 << 20), ..Limits::default() };
        App {
            now: Situation::new(false, at),
            rules: Rules { restart, limits },
            at,
            actions: vec![],
        }
    }

    fn installed(restart: RestartPolicy) -> App {
        App::installing(restart).then(Input::Installed)
    }

    fn running(restart: RestartPolicy) -> App {
        App::installed(restart).ask(Operation::Start).then(Input::Started { pid: 7 })
    }

    fn paused(restart: RestartPolicy) -> App {
        App::running(restart).ask(Operation::Pause).then(Input::Frozen)
    }

    fn later(mut self, seconds: i64) -> App {
        self.at += SignedDuration::from_secs(seconds);
        self
    }

    fn then(mut self, input: Input) -> App {
        match transition(&self.now, &input, &self.rules, self.at) {
            Ok(Outcome::Next(next, actions)) => (self.now, self.actions) = (next, actions),
            other => panic!("{input:?} in {:?}: {other:?}", self.now),
        }
        self
    }

    fn ask(self, operation: Operation) -> App {
        self.then(Input::Ask(operation))
    }

    fn is(self, state: State, desired: Desired, actions: &[Action], reason: &str) -> App {
        assert_eq!((self.now.state, self.now.desired), (state, desired), "{:?}", self.now);
        assert_eq!(self.actions, actions);
        assert_eq!(self.now.reason, reason);
        self
    }

    fn answers_already(self, operation: Operation) -> App {
        let outcome = transition(&self.now, &Input::Ask(operation), &self.rules, self.at);
        assert_eq!(outcome, Ok(Outcome::Already), "{operation} in {}", self.now.state);
        self
    }

    fn denies(self, operation: Operation, reason: &str) -> App {
        let outcome = transition(&self.now, &Input::Ask(operation), &self.rules, self.at);
        assert_eq!(outcome, Err(Denied(reason.to_owned())), "{operation} in {}", self.now.state);
        self
    }

    fn ignores(self, input: Input) -> App {
        assert_eq!(transition(&self.now, &input, &self.rules, self.at), Ok(Outcome::Already));
        self
    }
}

use jiff::SignedDuration;
use {Desired as D, RestartPolicy as R, State as S};

fn code(code: i32) -> Input {
    Input::Ended(Exit { code: Some(code), ..Exit::default() })
}

const KILLED: Input = Input::Ended(Exit { code: None, signal: Some(9), oom: false });

#[test]
fn an_app_is_installed_started_paused_resumed_and_stopped() {
    App::installing(R::No)
        .then(Input::Installed)
        .is(S::Installed, D::Stopped, &[], "installed")
        .ask(Operation::Start)
        .is(S::Starting, D::Running, &[Action::Launch], "starting as asked")
        .then(Input::Started { pid: 7 })
        .is(S::Running, D::Running, &[], "started as asked")
        .ask(Operation::Pause)
        .is(S::Running, D::Paused, &[Action::Freeze], "started as asked")
        .then(Input::Frozen)
        .is(S::Paused, D::Paused, &[], "paused")
        .ask(Operation::Resume)
        .is(S::Paused, D::Running, &[Action::Thaw], "paused")
        .then(Input::Thawed)
        .is(S::Running, D::Running, &[], "resumed")
        .ask(Operation::Stop)
        .is(S::Stopping, D::Stopped, &[Action::Terminate], "stopping as asked")
        .then(code(0))
        .is(S::Stopped, D::Stopped, &[], "stopped as asked");
}

#[test]
fn a_requested_stop_ends_in_stopped_whatever_the_code() {
    for end in [code(3), KILLED, Input::Lost("x".into())] {
        App::running(R::Always).ask(Operation::Stop).then(end).is(
            S::Stopped,
            D::Stopped,
            &[],
            "stopped as asked",
        );
    }
    let app = App::running(R::Always).ask(Operation::Stop).then(KILLED);
    assert_eq!(app.now.exit_code, Some(137));
}

#[test]
fn the_exit_code_is_that_of_the_last_run_or_none() {
    let again = || {
        let ended = App::running(R::No).then(code(3));
        assert_eq!(ended.now.exit_code, Some(3));
        ended.ask(Operation::Start)
    };
    let running = || again().then(Input::Started { pid: 8 });
    assert_eq!(again().then(Input::NotStarted("x".into())).now.exit_code, None);
    assert_eq!(running().then(Input::Lost("x".into())).now.exit_code, None);
    assert_eq!(running().then(Input::NotAdopted).now.exit_code, None);
    let stopped = running().ask(Operation::Stop).then(code(0));
    assert_eq!(stopped.now.exit_code, Some(0));
}

#[test]
fn repeated_requests_are_harmless() {
    App::installing(R::No).answers_already(Operation::Install).answers_already(Operation::Stop);
    App::installed(R::No).answers_already(Operation::Stop);
    App::installed(R::No).ask(Operation::Start).answers_already(Operation::Start);
    App::running(R::No).answers_already(Operation::Start).answers_already(Operation::Resume);
    App::running(R::No).ask(Operation::Pause).answers_already(Operation::Pause);
    App::paused(R::No).answers_already(Operation::Pause);
    App::paused(R::No).ask(Operation::Resume).answers_already(Operation::Resume);
    App::running(R::No).ask(Operation::Stop).answers_already(Operation::Stop);
    App::running(R::No).ask(Operation::Restart).answers_already(Operation::Restart);
    App::running(R::No).ask(Operation::Uninstall).answers_already(Operation::Uninstall);
}

#[test]
fn impossible_requests_say_what_to_do() {
    App::installing(R::No)
        .denies(Operation::Pause, "it is being installed")
        .denies(Operation::Restart, "it is being installed");
    App::installed(R::No)
        .denies(Operation::Install, "it is installed already: uninstall it first")
        .denies(Operation::Pause, "it is not running")
        .denies(Operation::Resume, "it is not paused: start it");
    App::paused(R::No).denies(Operation::Start, "it is paused: resume it");
    App::running(R::No).ask(Operation::Stop).denies(Operation::Pause, "it is stopping");
    App::running(R::No)
        .ask(Operation::Uninstall)
        .denies(Operation::Start, "it is being uninstalled");
}

#[test]
fn an_end_of_its_own_follows_the_restart_policy() {
    App::running(R::No).then(code(0)).is(S::Stopped, D::Stopped, &[], "exited with code 0");
    App::running(R::No).then(code(3)).is(S::Failed, D::Stopped, &[], "exited with code 3");
    App::running(R::OnFailure).then(code(0)).is(S::Stopped, D::Stopped, &[], "exited with code 0");
    let wait = Action::Wait(Duration::from_millis(500));
    App::running(R::OnFailure).then(code(3)).is(
        S::Backoff,
        D::Running,
        std::slice::from_ref(&wait),
        "exited with code 3; starts again in 0.5 s",
    );
    App::running(R::Always).then(code(0)).is(
        S::Backoff,
        D::Running,
        &[wait],
        "exited with code 0; starts again in 0.5 s",
    );
    let oom = Exit { code: None, signal: Some(9), oom: true };
    App::running(R::No).then(Input::Ended(oom)).is(
        S::Failed,
        D::Stopped,
        &[],
        "killed: out of memory, limit 64 MiB",
    );
}

#[test]
fn delays_double_up_to_a_minute_and_start_anew_after_a_good_run() {
    let mut app = App::running(R::Always);
    let mut delays = vec![];
    for _ in 0..9 {
        app = app.then(code(0));
        let [Action::Wait(delay)] = app.actions[..] else { panic!("{:?}", app.actions) };
        delays.push(delay.as_secs_f64());
        app = app.then(Input::DelayOver).then(Input::Started { pid: 8 });
    }
    assert_eq!(delays, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
    assert_eq!(app.now.restarts, 9);
    assert_eq!(app.now.reason, "started again, as it exited with code 0");
    let app = app.later(60).then(code(0));
    assert_eq!(app.actions, [Action::Wait(Duration::from_millis(500))]);
}

#[test]
fn ten_failures_in_ten_minutes_are_enough() {
    let mut app = App::running(R::OnFailure);
    for _ in 0..9 {
        app = app.then(code(1)).then(Input::DelayOver).then(Input::Started { pid: 8 });
    }
    let app = app.then(code(1)).is(
        S::Failed,
        D::Running,
        &[],
        "exited with code 1; not started again, as it failed 10 times in 10 minutes",
    );
    let app = app.ask(Operation::Start).then(Input::Started { pid: 9 });
    assert_eq!((app.now.restarts, app.now.failures.len()), (0, 0));
}

#[test]
fn failures_far_apart_are_forgotten() {
    let mut app = App::running(R::OnFailure);
    for _ in 0..30 {
        app = app.later(70).then(code(1)).then(Input::DelayOver).then(Input::Started { pid: 8 });
    }
    assert_eq!(app.now.state, S::Running);
    assert!(app.now.failures.len() < 10);
}

#[test]
fn a_start_that_fails_counts_as_a_failure() {
    let failed = Input::NotStarted("no such file".into());
    App::installed(R::No).ask(Operation::Start).then(failed.clone()).is(
        S::Failed,
        D::Stopped,
        &[],
        "could not be started: no such file",
    );
    let app = App::installed(R::Always).ask(Operation::Start).then(failed);
    assert_eq!(app.now.state, S::Backoff);
}

#[test]
fn a_restart_ends_the_run_and_starts_the_next() {
    App::paused(R::No)
        .ask(Operation::Restart)
        .is(S::Stopping, D::Running, &[Action::Terminate], "stopping to start again")
        .then(code(1))
        .is(S::Starting, D::Running, &[Action::Launch], "starting again as asked")
        .then(Input::Started { pid: 8 })
        .is(S::Running, D::Running, &[], "started again as asked");
    App::running(R::No).ask(Operation::Restart).ask(Operation::Stop).then(code(0)).is(
        S::Stopped,
        D::Stopped,
        &[],
        "stopped as asked",
    );
    App::running(R::No).ask(Operation::Stop).ask(Operation::Start).then(code(0)).is(
        S::Starting,
        D::Running,
        &[Action::Launch],
        "starting again as asked",
    );
}

#[test]
fn a_pause_that_fails_leaves_the_app_running() {
    App::running(R::No).ask(Operation::Pause).then(Input::NotFrozen("no cgroup".into())).is(
        S::Running,
        D::Running,
        &[],
        "could not be paused: no cgroup",
    );
}

#[test]
fn a_stop_request_ends_the_wait_for_a_restart() {
    App::running(R::Always)
        .then(code(1))
        .ask(Operation::Stop)
        .is(S::Stopped, D::Stopped, &[], "stopped as asked while waiting to start again")
        .ignores(Input::DelayOver);
}

#[test]
fn a_failed_install_leaves_nothing() {
    App::installing(R::No).then(Input::NotInstalled("no such package".into())).is(
        S::Uninstalling,
        D::Stopped,
        &[Action::Remove],
        "installation failed: no such package",
    );
}

#[test]
fn an_install_can_be_told_to_start_or_to_go_away() {
    App::installing(R::No).ask(Operation::Start).then(Input::Installed).is(
        S::Starting,
        D::Running,
        &[Action::Launch],
        "installed and starting",
    );
    App::installing(R::No)
        .ask(Operation::Uninstall)
        .is(S::Uninstalling, D::Stopped, &[Action::CancelInstall], "being uninstalled")
        .then(Input::NotInstalled("cancelled".into()))
        .is(S::Uninstalling, D::Stopped, &[Action::Remove], "being uninstalled");
}

#[test]
fn an_uninstall_ends_the_run_first() {
    App::paused(R::Always)
        .ask(Operation::Uninstall)
        .is(S::Uninstalling, D::Stopped, &[Action::Terminate], "being uninstalled")
        .then(KILLED)
        .is(S::Uninstalling, D::Stopped, &[Action::Remove], "being uninstalled")
        .then(Input::NotRemoved("busy".into()))
        .is(S::Failed, D::Stopped, &[], "could not be removed: busy; uninstall it again")
        .ask(Operation::Uninstall);
}

#[test]
fn a_returning_runtime_adopts_what_lives() {
    let still = "still running when the runtime came back";
    App::running(R::No).then(Input::Adopted { pid: 7 }).is(S::Running, D::Running, &[], still);
    App::paused(R::No)
        .then(Input::Adopted { pid: 7 })
        .is(S::Paused, D::Paused, &[Action::Freeze], "paused")
        .ignores(Input::Frozen);
    App::running(R::No).ask(Operation::Pause).then(Input::Adopted { pid: 7 }).is(
        S::Running,
        D::Paused,
        &[Action::Freeze],
        still,
    );
    App::running(R::No).ask(Operation::Stop).then(Input::Adopted { pid: 7 }).then(code(0)).is(
        S::Stopped,
        D::Stopped,
        &[],
        "stopped as asked",
    );
    App::running(R::No).ask(Operation::Restart).then(Input::Adopted { pid: 7 }).then(code(0)).is(
        S::Starting,
        D::Running,
        &[Action::Launch],
        "starting again as asked",
    );
}

#[test]
fn a_returning_runtime_starts_what_ought_to_run() {
    App::running(R::No).then(Input::NotAdopted).is(
        S::Starting,
        D::Running,
        &[Action::Launch],
        "starting again with the runtime",
    );
    App::paused(R::No)
        .then(Input::NotAdopted)
        .is(
            S::Starting,
            D::Paused,
            &[Action::Launch],
            "starting again with the runtime, to be paused: its paused run was lost",
        )
        .then(Input::Started { pid: 8 })
        .is(
            S::Running,
            D::Paused,
            &[Action::Freeze],
            "started again with the runtime, to be paused: its paused run was lost",
        );
    App::installed(R::Always).ignores(Input::NotAdopted);
    App::running(R::No).then(code(1)).ignores(Input::NotAdopted);
}

#[test]
fn a_returning_runtime_undoes_and_finishes_what_was_half_done() {
    App::installing(R::No).then(Input::NotAdopted).is(
        S::Uninstalling,
        D::Stopped,
        &[Action::Remove],
        "installation failed: the runtime ended before it was complete",
    );
    App::running(R::No).ask(Operation::Uninstall).then(Input::NotAdopted).is(
        S::Uninstalling,
        D::Stopped,
        &[Action::Remove],
        "being uninstalled",
    );
}

#[test]
fn a_leaving_runtime_stops_its_apps_but_keeps_the_wish() {
    App::running(R::No)
        .then(Input::Leaving)
        .is(S::Stopping, D::Running, &[Action::Terminate], "stopping with the runtime")
        .then(code(0))
        .is(S::Stopped, D::Running, &[], "stopped with the runtime, starts again with it")
        .then(Input::NotAdopted)
        .is(S::Starting, D::Running, &[Action::Launch], "starting again with the runtime");
    App::running(R::No).ask(Operation::Restart).then(Input::Leaving).then(code(0)).is(
        S::Stopped,
        D::Running,
        &[],
        "stopped with the runtime, starts again with it",
    );
}
