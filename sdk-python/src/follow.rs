//! A subscription's life on the network: subscribe, read, and again after a loss.

use std::{collections::HashMap, sync::Arc};

use tonic::Streaming;
use vehicle_signal_client::Backoff;

use crate::{
    bridge::{Outcome, Waiter},
    failure::{Failure, Kind},
    link::{Link, one},
    proto,
    queue::{Queue, Update},
};

/// Waits until the broker answers, and on which connection; an error is one that does not heal.
pub(crate) async fn ready(link: &Link) -> Result<u64, Failure> {
    let mut backoff = Backoff::new();
    loop {
        let answers = link.answers();
        match link.ping().await {
            Err(failure) if failure.heals() => backoff.wait_or(link.answers_after(answers)).await,
            result => return result,
        }
    }
}

/// Fills the queue until the task is aborted or an error comes that does not heal.
/// `opened` is resolved when the broker has accepted the first subscription.
pub(crate) async fn follow(
    link: Arc<Link>,
    paths: Vec<String>,
    buffer_size: u32,
    queue: Arc<Queue>,
    opened: (Waiter, Outcome),
) {
    let index: HashMap<String, usize> = paths.iter().cloned().zip(0..).collect();
    let mut opened = Some(opened);
    let mut backoff = Backoff::new();
    let mut is_first = true;
    loop {
        let answers = link.answers();
        let lost = match link.subscribe(&paths, buffer_size).await {
            Ok(stream) => {
                if let Some((waiter, outcome)) = opened.take() {
                    waiter.resolve(outcome);
                }
                let (received, failure) = read(stream, &paths, &index, &queue, is_first).await;
                if received {
                    backoff = Backoff::new();
                    is_first = false;
                }
                link.forget();
                failure
            }
            Err(failure) => failure,
        };
        if !lost.heals() {
            match opened.take() {
                Some((waiter, _)) => waiter.resolve(Outcome::Failed(lost)),
                None => queue.end(lost),
            }
            return;
        }
        backoff.wait_or(link.answers_after(answers)).await;
    }
}

/// Whether anything was received, and what ended the stream.
///
/// A stream begins with the values of the moment. On the first one, signals without a value
/// are left out: nothing has happened to them. Later their having none is news.
async fn read(
    mut stream: Streaming<proto::SubscribeResponse>,
    paths: &[String],
    index: &HashMap<String, usize>,
    queue: &Queue,
    is_first: bool,
) -> (bool, Failure) {
    let mut received = false;
    loop {
        match stream.message().await {
            Ok(Some(message)) => {
                let skip_empty = is_first && !received;
                received = true;
                queue.push(message.entries.into_iter().filter_map(|(path, datapoint)| {
                    let update = Update { signal: *index.get(&path)?, datapoint };
                    (!skip_empty || update.datapoint.value.is_some()).then_some(update)
                }));
            }
            // A broker that stops ends its streams without an error.
            Ok(None) => {
                let message = "the broker closed the stream";
                return (received, Failure::new(Kind::NotConnected, one(paths), message));
            }
            Err(status) => return (received, stream_failure(&status, paths)),
        }
    }
}

/// On an open stream UNAVAILABLE means a broker that goes away, not a missing provider.
fn stream_failure(status: &tonic::Status, paths: &[String]) -> Failure {
    let mut failure = Failure::from_status(status, one(paths));
    if matches!(failure.kind, Kind::NoProvider) {
        failure.kind = Kind::NotConnected;
    }
    failure
}
