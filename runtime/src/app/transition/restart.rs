//! What follows when a run has ended.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Action, Rules, Situation};
use crate::app::{Desired, RestartPolicy, State};

const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// A run this long was a good one: the next delay is the first again.
const LONG_ENOUGH: SignedDuration = SignedDuration::from_secs(60);
const MOST_FAILURES: usize = 10;
const FAILURES_COUNT_FOR: SignedDuration = SignedDuration::from_mins(10);

/// Between why a run ended and what is done about it.
pub(super) const ANNOUNCEMENT: &str = "; starts again in ";

#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) success: bool,
    pub(super) reason: String,
    pub(super) code: Option<i32>,
}

pub(super) fn ended(
    now: &Situation,
    end: End,
    rules: &Rules,
    at: Timestamp,
) -> Option<(Situation, Vec<Action>)> {
    let now = Situation { pid: None, exit_code: end.code, ..now.clone() };
    match now.state {
        State::Uninstalling => Some((now, vec![Action::Remove])),
        State::Stopping => Some(after_stop(&now, at)),
        State::Starting | State::Running | State::Paused => Some(by_policy(&now, end, rules, at)),
        _ => None,
    }
}

/// A stop was asked for, so its code says nothing about the app.
fn after_stop(now: &Situation, at: Timestamp) -> (Situation, Vec<Action>) {
    if now.again {
        return (now.starting(at, "starting again as asked"), vec![Action::Launch]);
    }
    let reason = match now.desired {
        Desired::Stopped => "stopped as asked",
        Desired::Running | Desired::Paused => "stopped with the runtime, starts again with it",
    };
    (now.to(State::Stopped, at, reason), vec![])
}

fn by_policy(now: &Situation, end: End, rules: &Rules, at: Timestamp) -> (Situation, Vec<Action>) {
    let wanted = match rules.restart {
        RestartPolicy::No => false,
        RestartPolicy::OnFailure => !end.success,
        RestartPolicy::Always => true,
    };
    if !wanted {
        let state = if end.success { State::Stopped } else { State::Failed };
        // The wish is fulfilled, or was for one run.
        return (now.to(state, at, end.reason).wishing(Desired::Stopped), vec![]);
    }
    let failures = counted(now, end.success, at);
    if failures.len() >= MOST_FAILURES {
        let reason = format!(
            "{}; not started again, as it failed {} times in {} minutes",
            end.reason,
            failures.len(),
            FAILURES_COUNT_FOR.as_mins()
        );
        return (Situation { failures, ..now.to(State::Failed, at, reason) }, vec![]);
    }
    let ran = now.started_at.filter(|_| now.state != State::Starting).map(|s| at.duration_since(s));
    let streak = if ran.is_some_and(|ran| ran >= LONG_ENOUGH) { 0 } else { now.streak };
    let delay = delay(streak);
    let reason = format!("{}{ANNOUNCEMENT}{} s", end.reason, delay.as_secs_f64());
    let next = now.to(State::Backoff, at, reason);
    (Situation { failures, streak: streak + 1, ..next }, vec![Action::Wait(delay)])
}

fn counted(now: &Situation, success: bool, at: Timestamp) -> Vec<Timestamp> {
    // Either way: one from before the clock was set back must not count for ever.
    let recent = |then: &&Timestamp| at.duration_since(**then).abs() < FAILURES_COUNT_FOR;
    let mut failures: Vec<Timestamp> = now.failures.iter().filter(recent).copied().collect();
    if !success {
        failures.push(at);
    }
    failures
}

fn delay(streak: u32) -> Duration {
    FIRST_DELAY.saturating_mul(2u32.saturating_pow(streak)).min(LONGEST_DELAY)
}
