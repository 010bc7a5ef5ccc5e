//! A broker elsewhere as a client uses it: what it says as [`Sample`]s, and samples into it.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream::SelectAll};
use jiff::Timestamp;
use tonic::Status;

use super::{
    Upstream,
    providing::{Provided, Providing},
    upstream::{Connection, Val},
    values,
};
use crate::signals::{
    proto::v2 as proto,
    trace::{Sample, replay::Sink},
    v2::convert,
};

/// Signals of one subscription, as for a mirror.
const CHUNK: usize = 200;
/// The most that brokers take.
const BUFFER: u32 = 1000;

/// One connection; it is never opened anew.
#[allow(missing_debug_implementations, reason = "tonic's clients have none")]
pub struct Remote {
    val: Val,
}

impl Remote {
    /// An error says what is wrong in a sentence for users.
    pub async fn connect(upstream: &Upstream) -> Result<Remote, String> {
        let Connection { val, .. } = upstream.connect().await?;
        Ok(Remote { val })
    }

    /// The values that these signals have, then each change. Ends with an error.
    pub async fn follow(
        &mut self,
        paths: &[Arc<str>],
    ) -> Result<impl Stream<Item = Result<Vec<Sample>, String>> + Send + Unpin + use<>, String>
    {
        let mut all = SelectAll::new();
        for chunk in paths.chunks(CHUNK) {
            let signal_paths = chunk.iter().map(ToString::to_string).collect();
            let request =
                proto::SubscribeRequest { signal_paths, buffer_size: BUFFER, filter: None };
            let messages = self.val.subscribe(request).await.map_err(said)?.into_inner();
            all.push(values::ending(messages).boxed());
        }
        Ok(all.map(|message: Result<proto::SubscribeResponse, Status>| {
            let entries = message.map_err(said)?.entries.into_iter();
            Ok(entries.filter_map(|(path, datapoint)| sample(path, datapoint)).collect())
        }))
    }

    /// Claims these signals for as long as the result lives.
    pub async fn provide(&mut self, signals: &[Provided]) -> Result<Providing, String> {
        Providing::open(&mut self.val, signals).await
    }
}

/// `None` for a signal that never had a value.
fn sample(path: String, datapoint: proto::Datapoint) -> Option<Sample> {
    let value = datapoint.value.and_then(convert::to_value);
    let time = datapoint.timestamp.and_then(values::time);
    let time = time.or_else(|| value.is_some().then(Timestamp::now))?;
    Some(Sample { path: path.into(), time, value })
}

/// Each value as the current one, now.
impl Sink for Remote {
    async fn publish(&mut self, sample: Sample) -> Result<(), String> {
        let signal = proto::signal_id::Signal::Path(sample.path.to_string());
        let value = sample.value.as_ref().map(convert::value);
        let request = proto::PublishValueRequest {
            signal_id: Some(proto::SignalId { signal: Some(signal) }),
            data_point: Some(proto::Datapoint { timestamp: None, value }),
        };
        self.val.publish_value(request).await.map(drop).map_err(said)
    }
}

pub(super) fn said(status: Status) -> String {
    match status.message() {
        "" => status.code().to_string(),
        message => message.to_owned(),
    }
}
