//! What may happen to an app, and what follows. One pure function; everything else acts on
//! its outcome.
//!
//! ```text
//!  install ─▶ installing ──failed, uninstall──────────────────────────▶ uninstalling ─▶ gone
//!                 │ installed                                              ▲
//!                 ▼                                                        │ uninstall, from
//!             installed                                                    │ every state; an
//!                 │ start                                                  │ app that runs is
//!                 ▼          started             pause                     │ ended before
//!      ┌──▶   starting  ───────────────▶ running ───────▶ paused
//!      │       ▲     │                   │  │  ▲           │  │
//!      │ start │     │ not started       │  │  └──resume───┘  │
//!      │       │     ▼                   │  └──────┬──────────┘
//!      │   backoff / failed / stopped ◀──┘ended    │ stop, restart
//!      │             ▲                             ▼
//!      │             │ ended                    stopping
//!      │             └─────────────────────────────┤
//!      └───────────────────────────────────────────┘ ended, after a restart
//! ```
//!
//! An app that ends on its own comes to `backoff` (and by its delay to `starting`) where its
//! restart policy says so, to `failed` where it does not or has failed too often, and to
//! `stopped` when it ended well. An app that was asked to stop comes to `stopped` whatever
//! its exit code.
//!
//! `desired` is the wish, `state` what was observed. A request changes the wish at once and
//! the state when the outcome is known; so two requests in a row need no waiting between.
//! Whoever calls this carries the actions out in order and feeds each outcome back, that of
//! `Freeze` and `Thaw` before any other input.

mod ask;
mod restart;

use std::time::Duration;

use jiff::Timestamp;

use super::{Desired, Exit, Health, Limits, Operation, RestartPolicy, State};

/// All that decides what may happen next. Kept in the database, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Situation {
    pub state: State,
    pub desired: Desired,
    pub health: Health,
    /// Why it is in this state, for a person.
    pub reason: String,
    /// When it came into this state.
    pub since: Timestamp,
    pub pid: Option<u32>,
    pub exit_code: Option<i32>,
    pub started_at: Option<Timestamp>,
    /// Automatic restarts since it was last asked to start.
    pub restarts: u32,
    /// While stopping: start again once it has ended.
    pub again: bool,
    /// Runs in a row that ended too soon; doubles the delay.
    pub streak: u32,
    /// The failures that still count.
    pub failures: Vec<Timestamp>,
}

/// What the app's manifest has to say here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    pub restart: RestartPolicy,
    /// For words: `killed: out of memory, limit 64 MiB`.
    pub limits: Limits,
}

/// What was asked, or has happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Ask(Operation),
    Installed,
    NotInstalled(String),
    Started {
        pid: u32,
    },
    NotStarted(String),
    Frozen,
    NotFrozen(String),
    Thawed,
    NotThawed(String),
    Ended(Exit),
    /// It is gone and nobody knows how it ended.
    Lost(String),
    DelayOver,
    NotRemoved(String),
    /// The runtime came back and found its process alive.
    Adopted {
        pid: u32,
    },
    /// The runtime came back and found no process.
    NotAdopted,
    /// The runtime is about to leave. The wish stays.
    Leaving,
}

/// In the order to be carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Give up the installation; its outcome still comes.
    CancelInstall,
    Launch,
    Freeze,
    Thaw,
    /// Ask the app to end, and kill it after its grace period.
    Terminate,
    /// Then `DelayOver`, unless something else happens first.
    Wait(Duration),
    /// Take everything of the app away.
    Remove,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is so already, or on the way.
    Already,
    Next(Situation, Vec<Action>),
}

/// Not in this state; the reason says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Denied(pub String);

impl Situation {
    /// An app whose installation begins.
    pub fn new(start: bool, at: Timestamp) -> Situation {
        Situation {
            state: State::Installing,
            desired: if start { Desired::Running } else { Desired::Stopped },
            health: Health::Unknown,
            reason: "being installed".to_owned(),
            since: at,
            pid: None,
            exit_code: None,
            started_at: None,
            restarts: 0,
            again: false,
            streak: 0,
            failures: Vec::new(),
        }
    }

    fn to(&self, state: State, at: Timestamp, reason: impl Into<String>) -> Situation {
        let since = if state == self.state { self.since } else { at };
        Situation { state, since, reason: reason.into(), ..self.clone() }
    }

    fn wishing(self, desired: Desired) -> Situation {
        Situation { desired, ..self }
    }

    /// Being launched, for the first time or again.
    fn starting(&self, at: Timestamp, reason: impl Into<String>) -> Situation {
        Situation { again: false, pid: None, ..self.to(State::Starting, at, reason) }
    }

    /// A person's request or a new runtime starts with a clean record.
    fn forgiven(self) -> Situation {
        Situation { restarts: 0, streak: 0, failures: Vec::new(), ..self }
    }
}

/// `at` is when it happened.
pub fn transition(
    now: &Situation,
    input: &Input,
    rules: &Rules,
    at: Timestamp,
) -> Result<Outcome, Denied> {
    if let Input::Ask(operation) = input {
        return ask::ask(now, *operation, at);
    }
    let next = outcome(now, input, rules, at);
    Ok(next.map_or(Outcome::Already, |(next, actions)| Outcome::Next(next, actions)))
}

/// `None`: it changes nothing here, as with the late echo of something undone meanwhile.
fn outcome(
    now: &Situation,
    input: &Input,
    rules: &Rules,
    at: Timestamp,
) -> Option<(Situation, Vec<Action>)> {
    match input {
        Input::Ask(_) => None,
        Input::Installed => installed(now, at),
        Input::NotInstalled(reason) => match now.state {
            State::Installing => {
                let reason = format!("installation failed: {reason}");
                Some((now.to(State::Uninstalling, at, reason), vec![Action::Remove]))
            }
            State::Uninstalling => Some((now.clone(), vec![Action::Remove])),
            _ => None,
        },
        Input::Started { pid } => started(now, *pid, at),
        Input::NotStarted(reason) => {
            let reason = format!("could not be started: {reason}");
            restart::ended(now, restart::End { success: false, reason, code: None }, rules, at)
        }
        Input::Frozen => match (now.state, now.desired) {
            (State::Running, Desired::Paused) => {
                Some((now.to(State::Paused, at, "paused"), vec![]))
            }
            // Resumed while the freeze was on its way.
            (State::Running, Desired::Running) => Some((now.clone(), vec![Action::Thaw])),
            _ => None,
        },
        Input::NotFrozen(reason) => match (now.state, now.desired) {
            (State::Running | State::Paused, Desired::Paused) => {
                let next = now.to(State::Running, at, format!("could not be paused: {reason}"));
                Some((next.wishing(Desired::Running), vec![]))
            }
            _ => None,
        },
        Input::Thawed => match (now.state, now.desired) {
            (State::Paused, Desired::Running) => {
                Some((now.to(State::Running, at, "resumed"), vec![]))
            }
            (State::Paused, Desired::Paused) => Some((now.clone(), vec![Action::Freeze])),
            _ => None,
        },
        Input::NotThawed(reason) => match (now.state, now.desired) {
            (State::Running | State::Paused, Desired::Running) => {
                let next = now.to(State::Paused, at, format!("could not be resumed: {reason}"));
                Some((next.wishing(Desired::Paused), vec![]))
            }
            _ => None,
        },
        Input::Ended(exit) => {
            let reason = exit.reason(&rules.limits);
            let (success, code) = (exit.success(), exit.shell_code());
            restart::ended(now, restart::End { success, reason, code }, rules, at)
        }
        Input::Lost(reason) => {
            let reason = format!("it is no longer under control: {reason}");
            restart::ended(now, restart::End { success: false, reason, code: None }, rules, at)
        }
        Input::DelayOver => (now.state == State::Backoff).then(|| {
            let next = now.starting(at, format!("starting again, as it {}", past(&now.reason)));
            (Situation { restarts: now.restarts + 1, ..next }, vec![Action::Launch])
        }),
        Input::NotRemoved(reason) => (now.state == State::Uninstalling).then(|| {
            let reason = format!("could not be removed: {reason}; uninstall it again");
            (now.to(State::Failed, at, reason).wishing(Desired::Stopped), vec![])
        }),
        Input::Adopted { pid } => adopted(now, *pid, at),
        Input::NotAdopted => not_adopted(now, at),
        Input::Leaving => leaving(now, at),
    }
}

/// The reason of a backoff without its announcement.
fn past(reason: &str) -> &str {
    reason.split_once(restart::ANNOUNCEMENT).map_or(reason, |(before, _)| before)
}

fn installed(now: &Situation, at: Timestamp) -> Option<(Situation, Vec<Action>)> {
    match now.state {
        State::Installing if now.desired == Desired::Stopped => {
            Some((now.to(State::Installed, at, "installed"), vec![]))
        }
        State::Installing => {
            Some((now.starting(at, "installed and starting"), vec![Action::Launch]))
        }
        // Uninstalled while the last step was under way.
        State::Uninstalling => Some((now.clone(), vec![Action::Remove])),
        _ => None,
    }
}

fn started(now: &Situation, pid: u32, at: Timestamp) -> Option<(Situation, Vec<Action>)> {
    let now = Situation { pid: Some(pid), started_at: Some(at), ..now.clone() };
    match now.state {
        State::Starting => {
            let next = now.to(State::Running, at, started_reason(&now));
            let freeze = now.desired == Desired::Paused;
            Some((next, if freeze { vec![Action::Freeze] } else { vec![] }))
        }
        State::Stopping | State::Uninstalling => Some((now, vec![Action::Terminate])),
        _ => None,
    }
}

fn started_reason(now: &Situation) -> String {
    match now.reason.strip_prefix("starting ") {
        Some(rest) => format!("started {rest}"),
        None => "started".to_owned(),
    }
}

fn adopted(now: &Situation, pid: u32, at: Timestamp) -> Option<(Situation, Vec<Action>)> {
    let found = Situation { pid: Some(pid), ..now.clone() };
    let again = "still running when the runtime came back";
    Some(match (now.state, now.desired) {
        (State::Uninstalling, _) => (found, vec![Action::Terminate]),
        // It was being stopped, to start again (restart) or with the runtime.
        (State::Stopping, desired) => {
            let again = desired != Desired::Stopped;
            (Situation { again, ..found }, vec![Action::Terminate])
        }
        (_, Desired::Stopped) => {
            let reason = "stopping: it ran but should not";
            (found.to(State::Stopping, at, reason), vec![Action::Terminate])
        }
        (State::Paused, Desired::Running) => (found, vec![Action::Thaw]),
        (State::Paused, Desired::Paused) => (found, vec![Action::Freeze]),
        (_, Desired::Running) => (found.to(State::Running, at, again), vec![]),
        (_, Desired::Paused) => (found.to(State::Running, at, again), vec![Action::Freeze]),
    })
}

fn not_adopted(now: &Situation, at: Timestamp) -> Option<(Situation, Vec<Action>)> {
    // How a run ended that was there when the runtime went, nobody saw.
    let exit_code = now.exit_code.filter(|_| now.pid.is_none());
    let gone = Situation { pid: None, exit_code, ..now.clone() };
    match (now.state, now.desired) {
        (State::Installing, _) => {
            let reason = "installation failed: the runtime ended before it was complete";
            Some((gone.to(State::Uninstalling, at, reason), vec![Action::Remove]))
        }
        (State::Uninstalling, _) => Some((gone, vec![Action::Remove])),
        (_, Desired::Running) => {
            let reason = "starting again with the runtime";
            Some((gone.starting(at, reason).forgiven(), vec![Action::Launch]))
        }
        (_, Desired::Paused) => {
            let reason = "starting again with the runtime, to be paused: its paused run was lost";
            Some((gone.starting(at, reason).forgiven(), vec![Action::Launch]))
        }
        (State::Starting | State::Running | State::Paused | State::Stopping, Desired::Stopped) => {
            Some((gone.to(State::Stopped, at, "ended while the runtime was away"), vec![]))
        }
        _ => None,
    }
}

fn leaving(now: &Situation, at: Timestamp) -> Option<(Situation, Vec<Action>)> {
    let with_runtime = "stopping with the runtime";
    match now.state {
        State::Installing => {
            let reason = "installation failed: the runtime was stopped before it was complete";
            Some((now.to(State::Uninstalling, at, reason), vec![Action::CancelInstall]))
        }
        State::Starting | State::Running | State::Paused => {
            Some((now.to(State::Stopping, at, with_runtime), vec![Action::Terminate]))
        }
        State::Stopping => Some((Situation { again: false, ..now.clone() }, vec![])),
        _ => None,
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
