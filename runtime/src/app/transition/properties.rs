//! Random sequences against a small world of processes that does what the actions say.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

/// In seconds.
const YEAR: i64 = 365 * 24 * 60 * 60;

/// What a driver of the machine would see. Outcomes arrive late and in order.
#[derive(Debug, Default)]
struct World {
    alive: bool,
    frozen: bool,
    installing: bool,
    launching: bool,
    waiting: bool,
    removed: bool,
    /// Outcomes of freezing and thawing, which come before anything else.
    instant: VecDeque<Input>,
    pending: VecDeque<Input>,
}

impl World {
    fn act(&mut self, action: &Action, lucky: bool) {
        match action {
            Action::CancelInstall => assert!(self.installing, "nothing to cancel"),
            Action::Launch => {
                assert!(!self.alive && !self.launching, "two runs at once");
                self.launching = true;
                let outcome = if lucky {
                    self.alive = true;
                    Input::Started { pid: 7 }
                } else {
                    Input::NotStarted("bad luck".into())
                };
                self.pending.push_back(outcome);
            }
            Action::Freeze if self.alive && lucky => {
                self.frozen = true;
                self.instant.push_back(Input::Frozen);
            }
            Action::Freeze => self.instant.push_back(Input::NotFrozen("bad luck".into())),
            Action::Thaw if self.alive && (lucky || !self.frozen) => {
                self.frozen = false;
                self.instant.push_back(Input::Thawed);
            }
            Action::Thaw => self.instant.push_back(Input::NotThawed("bad luck".into())),
            Action::Terminate if self.alive => {
                self.end(Exit { code: None, signal: Some(15), oom: false });
            }
            // The run ended by itself meanwhile, and that is on its way.
            Action::Terminate => {}
            Action::Wait(delay) => {
                assert!(*delay >= Duration::from_millis(500) && *delay <= Duration::from_secs(60));
                self.waiting = true;
            }
            Action::Remove => {
                assert!(!self.alive && !self.launching, "removed under a run");
                assert!(!self.installing, "removed under an installation");
                self.removed = true;
            }
        }
    }

    fn end(&mut self, exit: Exit) {
        (self.alive, self.frozen) = (false, false);
        self.pending.push_back(Input::Ended(exit));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Ask(Operation),
    /// The oldest outcome that is under way arrives.
    Deliver,
    /// The app ends by itself.
    Crash(i32),
    InstallEnds(bool),
    DelayEnds,
    TimePasses(i64),
    RuntimeLeaves,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::sample::select(Operation::ALL).prop_map(Step::Ask),
        6 => Just(Step::Deliver),
        1 => (0..3).prop_map(Step::Crash),
        2 => any::<bool>().prop_map(Step::InstallEnds),
        2 => Just(Step::DelayEnds),
        2 => (1i64..400).prop_map(Step::TimePasses),
        // The clock is set.
        1 => (-YEAR..YEAR).prop_map(Step::TimePasses),
        1 => Just(Step::RuntimeLeaves),
    ]
}

struct Run {
    now: Situation,
    world: World,
    rules: Rules,
    at: Timestamp,
}

impl Run {
    fn feed(&mut self, input: &Input, lucky: bool) {
        if matches!(input, Input::Started { .. } | Input::NotStarted(_)) {
            self.world.launching = false;
        }
        let before = self.now.clone();
        let Ok(Outcome::Next(next, actions)) = transition(&self.now, input, &self.rules, self.at)
        else {
            return;
        };
        assert!(!next.reason.is_empty());
        assert_eq!(next.since, if next.state == before.state { before.since } else { self.at });
        self.now = next;
        self.world.waiting = false;
        for action in &actions {
            self.world.act(action, lucky);
        }
        while let Some(outcome) = self.world.instant.pop_front() {
            self.feed(&outcome, lucky);
        }
    }

    fn take(&mut self, step: &Step, lucky: bool) {
        match step {
            Step::Ask(operation) => self.feed(&Input::Ask(*operation), lucky),
            Step::Deliver => {
                if let Some(input) = self.world.pending.pop_front() {
                    self.feed(&input, lucky);
                }
            }
            Step::Crash(code) if self.world.alive && !self.world.frozen => {
                self.world.end(Exit { code: Some(*code), ..Exit::default() });
            }
            Step::InstallEnds(good) if self.world.installing => {
                self.world.installing = false;
                let outcome =
                    if *good { Input::Installed } else { Input::NotInstalled("x".into()) };
                self.feed(&outcome, lucky);
            }
            Step::DelayEnds if self.world.waiting => {
                self.world.waiting = false;
                self.feed(&Input::DelayOver, lucky);
            }
            Step::TimePasses(seconds) => self.at += jiff::SignedDuration::from_secs(*seconds),
            Step::RuntimeLeaves => self.feed(&Input::Leaving, lucky),
            _ => {}
        }
    }

    /// Must hold whenever no outcome is under way.
    fn check_at_rest(&self) {
        let (state, world) = (self.now.state, &self.world);
        if !world.pending.is_empty() || world.removed {
            return;
        }
        let lives = matches!(state, State::Running | State::Paused);
        assert_eq!(world.alive, lives, "{state} {world:?}");
        assert_eq!(self.now.pid.is_some(), world.alive, "{state}");
        assert_eq!(world.installing, matches!(state, State::Installing | State::Uninstalling));
        assert_eq!(world.waiting, state == State::Backoff);
        assert!(!matches!(state, State::Starting | State::Stopping), "stuck in {state}");
        assert_eq!(world.frozen, state == State::Paused, "{state} {world:?}");
        assert!(self.now.failures.len() <= 10);
        match state {
            State::Running => assert_eq!(self.now.desired, Desired::Running),
            State::Paused => assert_eq!(self.now.desired, Desired::Paused),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_and_the_processes_agree(
        steps in proptest::collection::vec((step(), proptest::bool::weighted(0.8)), 1..80),
        restart in proptest::sample::select(RestartPolicy::ALL.to_vec()),
        start: bool,
    ) {
        // Far from both ends of what a timestamp can be.
        let at = Timestamp::UNIX_EPOCH;
        let mut run = Run {
            now: Situation::new(start, at),
            world: World { installing: true, ..World::default() },
            rules: Rules { restart, ..Rules::default() },
            at,
        };
        for (step, lucky) in &steps {
            run.take(step, *lucky);
            if run.world.removed {
                break;
            }
            run.check_at_rest();
        }
        // Nothing asked leads into a dead end: an uninstall always gets through.
        for step in [Step::InstallEnds(true), Step::Ask(Operation::Uninstall)] {
            run.take(&step, true);
        }
        while !run.world.pending.is_empty() && !run.world.removed {
            run.take(&Step::Deliver, true);
        }
        prop_assert!(run.world.removed, "{:?} {:?}", run.now, run.world);
    }
}
