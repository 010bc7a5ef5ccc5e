//! What a person or a program may ask for, by the state the app is in.

use jiff::Timestamp;

use super::{Action, Denied, Outcome, Situation};
use crate::app::{Desired, Operation, State};

type Answer = Result<Outcome, Denied>;

pub(super) fn ask(now: &Situation, operation: Operation, at: Timestamp) -> Answer {
    if now.state == State::Uninstalling {
        return match operation {
            Operation::Uninstall => Ok(Outcome::Already),
            _ => denied("it is being uninstalled"),
        };
    }
    match operation {
        Operation::Install => install(now),
        Operation::Uninstall => uninstall(now, at),
        Operation::Start => start(now, at),
        Operation::Stop => stop(now, at),
        Operation::Pause => pause(now),
        Operation::Resume => resume(now),
        Operation::Restart => restart(now, at),
    }
}

fn install(now: &Situation) -> Answer {
    match now.state {
        State::Installing => Ok(Outcome::Already),
        _ => denied("it is installed already: uninstall it first"),
    }
}

fn uninstall(now: &Situation, at: Timestamp) -> Answer {
    let next = now.to(State::Uninstalling, at, "being uninstalled").wishing(Desired::Stopped);
    let action = match now.state {
        State::Installing => Some(Action::CancelInstall),
        State::Starting | State::Running | State::Paused => Some(Action::Terminate),
        // Its end is on the way and leads on to the removal.
        State::Stopping => None,
        _ => Some(Action::Remove),
    };
    go(next, action)
}

fn start(now: &Situation, at: Timestamp) -> Answer {
    match now.state {
        State::Installed | State::Stopped | State::Failed | State::Backoff => {
            let next = now.starting(at, "starting as asked").forgiven();
            go(next.wishing(Desired::Running), Some(Action::Launch))
        }
        State::Installing => wish(now, Desired::Running, None),
        State::Starting => wish(now, Desired::Running, None),
        State::Running => resume(now),
        State::Paused => denied("it is paused: resume it"),
        State::Stopping => after_stop(now),
        State::Uninstalling => denied("it is being uninstalled"),
    }
}

fn restart(now: &Situation, at: Timestamp) -> Answer {
    match now.state {
        State::Installing => denied("it is being installed"),
        State::Running | State::Paused => {
            let next = now.to(State::Stopping, at, "stopping to start again").forgiven();
            let next = Situation { again: true, ..next.wishing(Desired::Running) };
            go(next, Some(Action::Terminate))
        }
        _ => start(now, at),
    }
}

/// Start while it stops: it ends first.
fn after_stop(now: &Situation) -> Answer {
    if now.again {
        return Ok(Outcome::Already);
    }
    let next = now.clone().forgiven().wishing(Desired::Running);
    go(Situation { again: true, ..next }, None)
}

fn stop(now: &Situation, at: Timestamp) -> Answer {
    match now.state {
        State::Starting | State::Running | State::Paused => {
            let next = now.to(State::Stopping, at, "stopping as asked");
            go(next.wishing(Desired::Stopped), Some(Action::Terminate))
        }
        State::Stopping if now.again => {
            let next = Situation { again: false, ..now.clone() };
            go(next.wishing(Desired::Stopped), None)
        }
        State::Backoff => {
            let next = now.to(State::Stopped, at, "stopped as asked while waiting to start again");
            go(next.wishing(Desired::Stopped), None)
        }
        _ => wish(now, Desired::Stopped, None),
    }
}

fn pause(now: &Situation) -> Answer {
    match now.state {
        State::Running | State::Paused => wish(now, Desired::Paused, Some(Action::Freeze)),
        State::Starting => wish(now, Desired::Paused, None),
        State::Stopping => denied("it is stopping"),
        State::Installing => denied("it is being installed"),
        State::Backoff => denied("it is not running: it waits to be started again"),
        _ => denied("it is not running"),
    }
}

fn resume(now: &Situation) -> Answer {
    match now.state {
        State::Running | State::Paused => wish(now, Desired::Running, Some(Action::Thaw)),
        State::Starting => wish(now, Desired::Running, None),
        State::Stopping => denied("it is stopping"),
        State::Installing => denied("it is being installed"),
        _ => denied("it is not paused: start it"),
    }
}

/// The wish alone changes; an outcome of `action` will change the state.
fn wish(now: &Situation, desired: Desired, action: Option<Action>) -> Answer {
    if now.desired == desired {
        return Ok(Outcome::Already);
    }
    go(now.clone().wishing(desired), action)
}

fn go(next: Situation, action: Option<Action>) -> Answer {
    Ok(Outcome::Next(next, action.into_iter().collect()))
}

fn denied(reason: &str) -> Answer {
    Err(Denied(reason.to_owned()))
}
