//! When an operation is over.

use std::time::Duration;

use tokio::{sync::broadcast, time::Instant};

use crate::{
    app::{AppId, AppStatus, Operation, State},
    supervisor::{Event, EventBody, Supervisor},
};

/// Nobody waits longer in one request; ask again instead.
pub(crate) const MAX: Duration = Duration::from_secs(600);

/// How an operation ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Settled(AppStatus),
    /// The app is gone; the reason is there when it ought not to be.
    Removed(Option<String>),
    /// It still goes on, or the runtime shuts down.
    Pending,
}

/// Follows one app's changes from before the operation was asked for, so that none is
/// missed however fast it went.
#[derive(Debug)]
pub(crate) struct Watch {
    events: broadcast::Receiver<Event>,
}

impl Watch {
    pub(crate) fn new(supervisor: &Supervisor) -> Watch {
        Watch { events: supervisor.events().1 }
    }

    pub(crate) async fn settled(
        mut self,
        supervisor: &Supervisor,
        app: &AppId,
        goal: Goal,
        wait: Duration,
    ) -> Outcome {
        let deadline = Instant::now() + wait.min(MAX);
        let mut moved = false;
        loop {
            let event = match tokio::time::timeout_at(deadline, self.events.recv()).await {
                Ok(Ok(event)) if event.app == *app => event.body,
                Ok(Ok(_)) => continue,
                // Some were missed: what is now tells as much.
                Ok(Err(broadcast::error::RecvError::Lagged(_))) => match supervisor.status(app) {
                    Some(status) => EventBody::Status(status),
                    None => EventBody::Removed { reason: None },
                },
                Ok(Err(broadcast::error::RecvError::Closed)) | Err(_) => return Outcome::Pending,
            };
            match event {
                EventBody::Removed { reason } => return Outcome::Removed(reason),
                EventBody::Progress { .. } => {}
                EventBody::Status(status) => {
                    if is_settled(goal, status.state, moved) {
                        return Outcome::Settled(status);
                    }
                    moved |= in_between(status.state);
                }
            }
        }
    }
}

/// What an operation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    Installed,
    Running,
    /// Running again: the run before does not count.
    RunningAnew,
    Paused,
    Resumed,
    Stopped,
    Gone,
}

impl Goal {
    pub(crate) fn of(operation: Operation) -> Goal {
        match operation {
            Operation::Install => Goal::Installed,
            Operation::Start => Goal::Running,
            Operation::Restart => Goal::RunningAnew,
            Operation::Pause => Goal::Paused,
            Operation::Resume => Goal::Resumed,
            Operation::Stop => Goal::Stopped,
            Operation::Uninstall => Goal::Gone,
        }
    }
}

/// Whether nothing more will come of it, for better or worse. `moved` says that the app was
/// seen on its way (starting, stopping) since the operation was asked for.
fn is_settled(goal: Goal, state: State, moved: bool) -> bool {
    if state == State::Failed {
        return goal != Goal::RunningAnew || moved;
    }
    match goal {
        Goal::Installed => state != State::Installing,
        Goal::Running => {
            matches!(state, State::Running | State::Backoff)
                || (moved && matches!(state, State::Stopped | State::Paused))
        }
        Goal::RunningAnew => moved && matches!(state, State::Running | State::Backoff),
        Goal::Paused => !in_between(state) && state != State::Running,
        Goal::Resumed => !in_between(state) && state != State::Paused,
        Goal::Stopped => matches!(state, State::Stopped | State::Installed),
        Goal::Gone => false,
    }
}

pub(super) fn in_between(state: State) -> bool {
    matches!(state, State::Installing | State::Starting | State::Stopping | State::Uninstalling)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settles_at(goal: Goal, states: &[State]) -> Option<State> {
        let mut moved = false;
        for state in states {
            if is_settled(goal, *state, moved) {
                return Some(*state);
            }
            moved |= in_between(*state);
        }
        None
    }

    #[test]
    fn a_restart_is_over_when_the_new_run_is_there() {
        use State::*;
        let states = [Running, Stopping, Stopped, Starting, Running];
        assert_eq!(settles_at(Goal::RunningAnew, &states[..4]), None);
        assert_eq!(settles_at(Goal::RunningAnew, &states), Some(Running));
        assert_eq!(settles_at(Goal::RunningAnew, &[Stopping, Starting, Failed]), Some(Failed));
    }

    #[test]
    fn a_start_is_over_when_it_runs_or_has_ended() {
        use State::*;
        assert_eq!(settles_at(Goal::Running, &[Installing, Installed, Starting]), None);
        assert_eq!(settles_at(Goal::Running, &[Starting, Running]), Some(Running));
        assert_eq!(settles_at(Goal::Running, &[Starting, Stopped]), Some(Stopped));
        assert_eq!(settles_at(Goal::Running, &[Starting, Backoff]), Some(Backoff));
    }

    #[test]
    fn pause_and_resume_wait_for_the_other_state() {
        use State::*;
        assert_eq!(settles_at(Goal::Paused, &[Running]), None);
        assert_eq!(settles_at(Goal::Paused, &[Running, Paused]), Some(Paused));
        assert_eq!(settles_at(Goal::Paused, &[Stopped]), Some(Stopped));
        assert_eq!(settles_at(Goal::Resumed, &[Paused, Running]), Some(Running));
    }

    #[test]
    fn uninstalling_is_over_only_when_the_app_is_gone() {
        assert_eq!(settles_at(Goal::Gone, &[State::Stopping, State::Uninstalling]), None);
        assert_eq!(
            settles_at(Goal::Gone, &[State::Uninstalling, State::Failed]),
            Some(State::Failed)
        );
    }
}
