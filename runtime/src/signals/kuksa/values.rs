//! Values: from the upstream's subscriptions into our broker, and out of it again when the
//! upstream is away.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::{
    Stream, StreamExt,
    stream::{self, SelectAll},
};
use jiff::Timestamp;
use tonic::{Code, Status};

use super::{plan::Plan, upstream::Val};
use crate::signals::{
    Datapoint, Entry, Stage, Update, proto::v2 as proto, slot::Aspect, v2::convert,
};

/// Signals of one subscription: a broker that encodes all its values at once is not asked
/// for a message of megabytes.
const CHUNK: usize = 200;

/// What may wait at the upstream for us. The most that brokers take is 1000.
const BUFFER: u32 = 500;

pub(super) type Messages = stream::BoxStream<'static, Result<proto::SubscribeByIdResponse, Status>>;

/// All subscriptions as one stream, which ends with an error. Beside it, the ids that may
/// not be read; they cost the others nothing.
pub(super) async fn subscribe(
    val: &mut Val,
    ids: &[i32],
) -> Result<(SelectAll<Messages>, Vec<(i32, Status)>), Status> {
    let mut all = SelectAll::new();
    let mut refused = Vec::new();
    let mut chunks: Vec<&[i32]> = ids.chunks(CHUNK).collect();
    while let Some(chunk) = chunks.pop() {
        let (signal_ids, buffer_size) = (chunk.to_vec(), BUFFER);
        let request = proto::SubscribeByIdRequest { signal_ids, buffer_size, filter: None };
        match val.subscribe_by_id(request).await {
            Ok(messages) => all.push(ending(messages.into_inner()).boxed()),
            Err(status) => match (status.code(), chunk) {
                (Code::PermissionDenied | Code::NotFound, [id]) => refused.push((*id, status)),
                // One signal of them fails the whole subscription.
                (Code::PermissionDenied | Code::NotFound, _) => {
                    let (first, second) = chunk.split_at(chunk.len() / 2);
                    chunks.extend([first, second]);
                }
                _ => return Err(status),
            },
        }
    }
    Ok((all, refused))
}

/// A subscription that simply ends is lost as one that fails.
pub(super) fn ending<T>(
    messages: impl Stream<Item = Result<T, Status>>,
) -> impl Stream<Item = Result<T, Status>> {
    let end = async { Err(Status::unavailable("it ended a subscription")) };
    messages.chain(stream::once(end))
}

/// What of the upstream stands in our broker.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    /// By our ids.
    shown: HashMap<i32, Arc<Update>>,
    /// Paths of what was complained about: once is enough.
    named: HashSet<String>,
}

impl Mirror {
    /// Shows a value of the upstream, with its time.
    pub(super) fn show(&mut self, stage: &Stage, id: i32, datapoint: proto::Datapoint) {
        let registry = stage.broker().registry();
        let Some(entry) = registry.by_id(id) else { return };
        // Somebody here has claimed to publish it, so it is theirs until they leave.
        if entry.slot().publisher().is_some() {
            self.shown.remove(&id);
            return;
        }
        let timestamp = datapoint.timestamp.and_then(time);
        let value = datapoint.value.and_then(convert::to_value);
        // It never had one.
        if value.is_none() && timestamp.is_none() && !self.shown.contains_key(&id) {
            return;
        }
        let datapoint =
            Datapoint { value, timestamp: timestamp.or_else(|| Some(Timestamp::now())) };
        match stage.publish(entry, datapoint) {
            Ok(update) => {
                self.shown.insert(id, update);
            }
            Err(error) => {
                // The value before it is not the upstream's any more.
                self.withdraw(stage, entry);
                if self.is_new(entry.path()) {
                    tracing::warn!(%error, "a value of the upstream does not fit our model");
                }
            }
        }
    }

    /// Names what the upstream lets us not read, and shows it no more.
    pub(super) fn leave_out(&mut self, stage: &Stage, plan: &Plan, refused: &[(i32, Status)]) {
        let registry = stage.broker().registry();
        for (id, status) in refused {
            let Some(entry) = plan.signals.get(id).and_then(|id| registry.by_id(*id)) else {
                continue;
            };
            self.withdraw(stage, entry);
            if self.is_new(entry.path()) {
                let (path, why) = (entry.path(), status.message());
                tracing::warn!("{path} is left out: the upstream says: {why}");
            }
        }
    }

    /// Withdraws what is not among these signals of ours.
    pub(super) fn keep<'a>(&mut self, stage: &Stage, signals: impl IntoIterator<Item = &'a i32>) {
        let kept: HashSet<_> = signals.into_iter().collect();
        let registry = stage.broker().registry();
        let gone: Vec<_> = self.shown.keys().filter(|id| !kept.contains(id)).copied().collect();
        for entry in gone.into_iter().filter_map(|id| registry.by_id(id)) {
            self.withdraw(stage, entry);
        }
    }

    /// Withdraws all values: each signal has none, at the time of its last.
    pub(super) fn withdraw_all(&mut self, stage: &Stage) {
        self.keep(stage, []);
        self.shown.clear();
    }

    fn withdraw(&mut self, stage: &Stage, entry: &Entry) {
        let Some(shown) = self.shown.remove(&entry.id()) else { return };
        // What somebody here set since then is not the upstream's to withdraw.
        let current = entry.slot().get(Aspect::Current);
        if !current.is_some_and(|current| Arc::ptr_eq(&current, &shown)) {
            return;
        }
        let timestamp = shown.datapoint().timestamp;
        if let Err(error) = stage.publish(entry, Datapoint { value: None, timestamp }) {
            tracing::error!(%error, "a value of the upstream cannot be withdrawn");
        }
    }

    /// Whether nothing was said of this path yet.
    pub(super) fn is_new(&mut self, path: &str) -> bool {
        !self.named.contains(path) && self.named.insert(path.to_owned())
    }
}

/// `None` for a time that cannot be.
pub(super) fn time(at: prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(at.seconds, at.nanos).ok()
}
