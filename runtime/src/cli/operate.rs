//! `vehicle-edge start|stop|pause|resume|restart|uninstall APP…`.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::{
    client::Client,
    failure::Failure,
    output::{Format, Output, print_line},
};
use crate::{
    api::wire::OperationReply,
    app::{AppId, AppStatus, State},
    supervisor::Admission,
};

#[derive(Debug, Args)]
pub(crate) struct Operate {
    /// Ids of the apps
    #[arg(value_name = "APP", required = true)]
    apps: Vec<AppId>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    output: Output,
}

/// How long to wait for an operation.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Wait {
    /// Return when the operation is admitted
    #[arg(long)]
    no_wait: bool,
    /// Give up waiting after this long, at most 600; the operation goes on
    #[arg(long, value_name = "SECONDS", conflicts_with = "no_wait")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: Option<u64>,
}

/// More than any grace period that makes sense.
const PATIENCE: u64 = 120;

impl Wait {
    /// `patience` holds where nothing is asked for.
    pub(crate) fn duration(self, patience: u64) -> Duration {
        Duration::from_secs(if self.no_wait { 0 } else { self.timeout.unwrap_or(patience) })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Start,
    Stop,
    Pause,
    Resume,
    Restart,
    Uninstall,
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Verb::Start => "start",
            Verb::Stop => "stop",
            Verb::Pause => "pause",
            Verb::Resume => "resume",
            Verb::Restart => "restart",
            Verb::Uninstall => "uninstall",
        }
    }
}

impl Operate {
    /// Goes through all apps; one that fails does not keep the others from their turn.
    pub(crate) async fn run(self, client: &Client, verb: Verb) -> Result<()> {
        let mut failed = false;
        for app in &self.apps {
            match self.one(client, verb, app).await {
                Ok(()) => {}
                // Nothing can be done for the next one either.
                Err(error) if matches!(error.downcast_ref(), Some(Failure::Unreachable { .. })) => {
                    return Err(error);
                }
                Err(error) => {
                    eprintln!("error: {error:#}");
                    failed = true;
                }
            }
        }
        if failed { Err(Failure::Said.into()) } else { Ok(()) }
    }

    async fn one(&self, client: &Client, verb: Verb, app: &AppId) -> Result<()> {
        let wait = self.wait.duration(PATIENCE);
        let seconds = wait.as_secs().to_string();
        let path = format!("/api/apps/{app}/{}", verb.name());
        let reply: OperationReply = client.post(&path, &[("wait", &seconds)], wait).await?;
        if self.output.output == Format::Table {
            print_line(&summary(app, &reply));
        } else {
            self.output.one(&reply, || ())?;
        }
        match verdict(verb, app, &reply, wait) {
            Ok(()) => Ok(()),
            Err(message) => Err(anyhow::Error::msg(message)),
        }
    }
}

/// `counter: running, pid 12`.
pub(crate) fn summary(app: &AppId, reply: &OperationReply) -> String {
    let Some(status) = &reply.app else { return format!("{app}: uninstalled") };
    let already = reply.admission == Admission::Already && reply.settled;
    let already = if already { "already " } else { "" };
    let pid = status.pid.map_or_else(String::new, |pid| format!(", pid {pid}"));
    format!("{app}: {already}{}{pid}", status.state)
}

/// Whether the operation did what was asked, or why not.
fn verdict(verb: Verb, app: &AppId, reply: &OperationReply, wait: Duration) -> Result<(), String> {
    if !reply.settled {
        return match wait.is_zero() {
            true => Ok(()),
            false => Err(pending(app, wait)),
        };
    }
    let Some(status) = &reply.app else { return Ok(()) };
    let good = match verb {
        Verb::Start | Verb::Restart | Verb::Resume => ran(status),
        Verb::Pause => status.state == State::Paused,
        Verb::Stop => matches!(status.state, State::Stopped | State::Installed | State::Failed),
        Verb::Uninstall => false,
    };
    if good { Ok(()) } else { Err(complaint(app, status)) }
}

pub(crate) fn pending(app: &AppId, waited: Duration) -> String {
    let seconds = waited.as_secs();
    format!("'{app}' is not through after {seconds} s; it goes on, see `vehicle-edge ps`")
}

/// Runs, or has run to a good end.
pub(crate) fn ran(status: &AppStatus) -> bool {
    match status.state {
        State::Running => true,
        State::Stopped => status.exit_code.is_none_or(|code| code == 0),
        _ => false,
    }
}

pub(crate) fn complaint(app: &AppId, status: &AppStatus) -> String {
    let reason = match (&status.reason, status.exit_code) {
        (Some(reason), _) => format!(": {reason}"),
        (None, Some(code)) => format!(": exit code {code}"),
        (None, None) => String::new(),
    };
    format!("'{app}' is {}{reason}; `vehicle-edge logs {app}` may tell more", status.state)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::app::{Desired, Health};

    fn reply(state: State, exit_code: Option<i32>) -> OperationReply {
        let app = AppStatus {
            id: "a".parse().unwrap(),
            name: "A".to_owned(),
            version: "1".to_owned(),
            state,
            desired: Desired::Running,
            health: Health::Unknown,
            reason: None,
            pid: None,
            exit_code,
            restarts: 0,
            since: Timestamp::UNIX_EPOCH,
            started_at: None,
        };
        OperationReply { admission: Admission::Accepted, settled: true, app: Some(app) }
    }

    fn judge(verb: Verb, reply: &OperationReply) -> Result<(), String> {
        verdict(verb, &"a".parse().unwrap(), reply, Duration::from_secs(9))
    }

    #[test]
    fn an_app_that_ran_to_a_good_end_was_started() {
        assert_eq!(judge(Verb::Start, &reply(State::Running, None)), Ok(()));
        assert_eq!(judge(Verb::Start, &reply(State::Stopped, Some(0))), Ok(()));
        assert_eq!(
            judge(Verb::Start, &reply(State::Failed, Some(3))),
            Err("'a' is failed: exit code 3; `vehicle-edge logs a` may tell more".to_owned())
        );
    }

    #[test]
    fn pausing_what_does_not_run_any_more_is_a_failure() {
        assert_eq!(judge(Verb::Pause, &reply(State::Paused, None)), Ok(()));
        assert!(judge(Verb::Pause, &reply(State::Stopped, Some(0))).is_err());
    }

    #[test]
    fn a_timeout_says_that_the_operation_goes_on() {
        let pending = OperationReply { settled: false, ..reply(State::Stopping, None) };
        assert_eq!(
            judge(Verb::Stop, &pending),
            Err("'a' is not through after 9 s; it goes on, see `vehicle-edge ps`".to_owned())
        );
    }
}
