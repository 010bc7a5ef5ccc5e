//! Mirrors an upstream broker: what a car's Kuksa databroker has, our clients see as ours.
//!
//! In: the [`Upstream`], by `kuksa.val.v2`. Out: its values with their times in our broker,
//! our actuations there. What clients publish here does not go upstream; a signal that one
//! of them has claimed to publish is left to them.
//!
//! ```text
//!        ┌────────────── backoff ──────────────┐
//!        ▼                                     │
//!    connect ─▶ plan ─▶ claim ─▶ subscribe ─▶ mirror
//!    (upstream) (plan)  (forward) (values)    until anything fails
//! ```
//!
//! Being away is a state. A value that the upstream does not stand for any more is never
//! shown as one: as soon as the connection is lost, each signal has no value, at the time of
//! its last, which every protocol can say (`v2` and `v1` a datapoint without a value, `sdv`
//! "not available"). An upstream that freezes without closing its connection is lost after
//! five seconds. Its actuators have no provider meanwhile, so that nobody is told that an
//! actuation is under way. Nothing outlives a connection but what was complained about:
//! ids are resolved anew, subscriptions and claims made anew.
//! Must not know: how a user names an upstream.

mod backoff;
mod forward;
mod plan;
mod providing;
mod remote;
#[cfg(test)]
mod tests;
mod upstream;
mod values;

use std::error::Error;

use futures_util::{StreamExt, future::BoxFuture, stream::SelectAll};
use tokio::time::Instant;
use tonic::{Code, Status};

use self::{
    backoff::Backoff,
    forward::Forward,
    plan::Plan,
    upstream::Connection,
    values::{Messages, Mirror},
};
pub use self::{
    providing::{News, Provided, Providing},
    remote::Remote,
    upstream::{Address, Upstream},
};
use super::{
    Source, SourceState, Stage,
    proto::{v1, v2 as proto},
};

#[derive(Debug)]
pub struct Kuksa {
    upstream: Upstream,
}

impl Kuksa {
    pub fn new(upstream: Upstream) -> Kuksa {
        Kuksa { upstream }
    }
}

impl Source for Kuksa {
    fn kind(&self) -> &'static str {
        "kuksa"
    }

    fn run(self: Box<Self>, stage: Stage) -> BoxFuture<'static, Result<(), String>> {
        Box::pin(async move { mirror(&self.upstream, &stage).await })
    }
}

async fn mirror(upstream: &Upstream, stage: &Stage) -> ! {
    let mut mirror = Mirror::default();
    let mut backoff = Backoff::new();
    loop {
        let begun = Instant::now();
        let Err(why) = connected(upstream, stage, &mut mirror).await else {
            // The values stand while the signals are looked up anew.
            continue;
        };
        mirror.withdraw_all(stage);
        stage.report(SourceState::Away, format!("{}: {why}", upstream.address));
        // One that accepts and fails at once is not asked at full speed.
        if begun.elapsed() > Backoff::LONGEST {
            backoff = Backoff::new();
        }
        backoff.wait().await;
    }
}

/// One connection's life. It is well over when our model was exchanged; an error says in a
/// sentence why it was lost.
async fn connected(upstream: &Upstream, stage: &Stage, mirror: &mut Mirror) -> Result<(), String> {
    let mut exchanges = stage.broker().exchanges();
    let mut connection = upstream.connect().await?;
    let plan = plan(&mut connection, stage, mirror).await?;
    mirror.keep(stage, plan.signals.values());
    let server = server(&mut connection).await;
    let Connection { mut val, .. } = connection;
    let mut actuating = val.clone();

    let ids: Vec<i32> = plan.signals.keys().copied().collect();
    let subscribed = values::subscribe(&mut val, &ids).await;
    let (mut messages, refused) = subscribed.map_err(|status| why(&status))?;
    mirror.leave_out(stage, &plan, &refused);
    if messages.is_empty() {
        return Err("its token may read none of our signals: give another (token=FILE)".to_owned());
    }
    let mut forward =
        Forward::new(stage.broker(), plan.actuators.clone()).map_err(|error| error.to_string())?;
    let shown = ids.len() - refused.len();
    stage.report(
        SourceState::Connected,
        format!("{server} at {}, {shown} of {} signals", upstream.address, plan.wanted),
    );
    let outcome = tokio::select! {
        lost = receive(&mut messages, &plan, stage, mirror) => Err(lost),
        lost = forward.run(&mut actuating) => Err(lost),
        _ = exchanges.changed() => Ok(()),
    };
    if outcome.is_err() {
        // Before the claims go: who is told that there is no provider finds no value either.
        mirror.withdraw_all(stage);
    }
    forward.end();
    outcome
}

/// Shows what comes. Gives why nothing comes any more.
async fn receive(
    messages: &mut SelectAll<Messages>,
    plan: &Plan,
    stage: &Stage,
    mirror: &mut Mirror,
) -> String {
    while let Some(message) = messages.next().await {
        let entries = match message {
            Ok(message) => message.entries,
            Err(status) => return why(&status),
        };
        for (id, datapoint) in entries {
            if let Some(id) = plan.signals.get(&id) {
                mirror.show(stage, *id, datapoint);
            }
        }
    }
    "it ended all subscriptions".to_owned()
}

/// Asks what the upstream has, and names what differs.
async fn plan(
    connection: &mut Connection,
    stage: &Stage,
    mirror: &mut Mirror,
) -> Result<Plan, String> {
    let everything = proto::ListMetadataRequest::default();
    let there = match connection.val.list_metadata(everything).await {
        Ok(answer) => answer.into_inner().metadata,
        Err(status) if status.code() == Code::NotFound => Vec::new(),
        Err(status) if status.code() == Code::Unimplemented => return Err(older(connection).await),
        Err(status) => return Err(why(&status)),
    };
    let registry = stage.broker().registry();
    let ours = registry.entries().iter().filter(|entry| stage.share().owns(entry.path()));
    let plan = Plan::new(ours, there);
    for (path, how) in &plan.differences {
        if mirror.is_new(path) {
            tracing::warn!("{path} {how}");
        }
    }
    if plan.signals.is_empty() {
        return Err(format!(
            "it has none of the {} signals that it should fill: is its model another one?",
            plan.wanted
        ));
    }
    Ok(plan)
}

async fn server(connection: &mut Connection) -> String {
    match connection.val.get_server_info(proto::GetServerInfoRequest {}).await {
        Ok(answer) => {
            let info = answer.into_inner();
            format!("{} {}", info.name, info.version).trim().to_owned()
        }
        Err(_) => "a broker".to_owned(),
    }
}

/// What is there instead of `kuksa.val.v2`.
async fn older(connection: &mut Connection) -> String {
    let needed = "kuksa.val.v2 is needed, which databroker has since 0.5";
    match connection.v1.get_server_info(v1::GetServerInfoRequest {}).await {
        Ok(answer) => {
            let info = answer.into_inner();
            format!("{} {} speaks kuksa.val.v1 only: {needed}", info.name, info.version)
        }
        Err(_) => format!("it speaks neither kuksa.val.v2 nor v1: {needed}"),
    }
}

fn why(status: &Status) -> String {
    if is_lost(status) {
        return format!("the connection is lost: {}", upstream::root(status));
    }
    let message = status.message();
    match status.code() {
        Code::Unauthenticated => format!("it wants another token (token=FILE): {message}"),
        Code::PermissionDenied => format!("its token does not allow this: {message}"),
        _ => format!("it says: {message}"),
    }
}

/// Whether the status is our own, of a connection that broke, and not the upstream's answer.
fn is_lost(status: &Status) -> bool {
    status.source().is_some()
}
