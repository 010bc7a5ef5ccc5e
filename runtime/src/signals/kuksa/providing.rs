//! A provider of signals at a broker elsewhere: what it claims is its own until it is dropped.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use vss_codegen::model::Value;

use super::{remote::said, upstream::Val};
use crate::signals::{
    Datapoint,
    proto::v2::{
        self as proto, open_provider_stream_request::Action,
        open_provider_stream_response::Action as Reply, signal_id::Signal,
    },
    v2::convert,
};

/// Messages on their way to the broker.
const WAITING: usize = 16;

/// A signal, and whether its actuations are carried out here.
pub type Provided = (Arc<str>, bool);

/// The claimed signals; they are given back when it is dropped.
#[allow(missing_debug_implementations, reason = "tonic's streams have none")]
pub struct Providing {
    requests: mpsc::Sender<proto::OpenProviderStreamRequest>,
    replies: Streaming<proto::OpenProviderStreamResponse>,
    ids: HashMap<Arc<str>, i32>,
    paths: HashMap<i32, Arc<str>>,
    news: VecDeque<News>,
    number: u32,
}

/// What a provider is told.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// An actuator is to have this value.
    Asked { path: Arc<str>, value: Value },
    /// A value was not taken.
    Refused { path: Arc<str>, why: String },
}

impl Providing {
    /// An error says which claim failed, and why.
    pub(super) async fn open(val: &mut Val, signals: &[Provided]) -> Result<Providing, String> {
        let mut ids = HashMap::new();
        for (path, _) in signals {
            ids.insert(path.clone(), id(val, path).await?);
        }
        let paths = ids.iter().map(|(path, id)| (*id, path.clone())).collect();
        let (requests, receiver) = mpsc::channel(WAITING);
        let every = proto::SampleInterval { interval_ms: 0 };
        let signals_sample_intervals = ids.values().map(|id| (*id, every)).collect();
        let mut claims = vec![Action::ProvideSignalRequest(proto::ProvideSignalRequest {
            signals_sample_intervals,
        })];
        let actuators = signals.iter().filter(|(_, is_actuator)| *is_actuator);
        let actuator_identifiers: Vec<_> = actuators.map(|(path, _)| by_path(path)).collect();
        if !actuator_identifiers.is_empty() {
            let claim = proto::ProvideActuationRequest { actuator_identifiers };
            claims.push(Action::ProvideActuationRequest(claim));
        }
        let mut answers = claims.len();
        for claim in claims {
            let request = proto::OpenProviderStreamRequest { action: Some(claim) };
            requests.send(request).await.map_err(|_| ended())?;
        }
        let replies = val.open_provider_stream(ReceiverStream::new(receiver)).await;
        let replies = replies.map_err(said)?.into_inner();
        let news = VecDeque::new();
        let mut providing = Providing { requests, replies, ids, paths, news, number: 0 };
        while answers > 0 {
            match providing.reply().await? {
                Reply::ProvideSignalResponse(_) | Reply::ProvideActuationResponse(_) => {
                    answers -= 1
                }
                other => providing.take(other),
            }
        }
        Ok(providing)
    }

    /// Sets the current value of a signal that was claimed. What the broker has against it
    /// comes as [`News::Refused`].
    pub async fn publish(&mut self, path: &str, value: Value) -> Result<(), String> {
        let Some(id) = self.ids.get(path) else {
            return Err(format!("{path}: this signal is not provided here"));
        };
        self.number += 1;
        let datapoint = Datapoint { value: Some(value), timestamp: Some(Timestamp::now()) };
        let data_points = HashMap::from([(*id, convert::datapoint(&datapoint))]);
        let publish = proto::PublishValuesRequest { request_id: self.number, data_points };
        let action = Some(Action::PublishValuesRequest(publish));
        let request = proto::OpenProviderStreamRequest { action };
        self.requests.send(request).await.map_err(|_| ended())
    }

    /// The next that concerns a provider; an error when the claims are lost. Can be cancelled
    /// without loss.
    pub async fn next(&mut self) -> Result<News, String> {
        loop {
            if let Some(news) = self.news.pop_front() {
                return Ok(news);
            }
            let reply = self.reply().await?;
            self.take(reply);
        }
    }

    async fn reply(&mut self) -> Result<Reply, String> {
        loop {
            let message = self.replies.message().await.map_err(said)?;
            if let Some(reply) = message.ok_or_else(ended)?.action {
                return Ok(reply);
            }
        }
    }

    fn take(&mut self, reply: Reply) {
        match reply {
            Reply::BatchActuateStreamRequest(batch) => {
                for request in batch.actuate_requests {
                    let path = request.signal_id.and_then(|id| self.path(id));
                    let value = request.value.and_then(|value| value.typed_value);
                    let value = value.and_then(|typed_value| {
                        convert::to_value(proto::Value { typed_value: Some(typed_value) })
                    });
                    if let (Some(path), Some(value)) = (path, value) {
                        self.news.push_back(News::Asked { path, value });
                    }
                }
            }
            Reply::PublishValuesResponse(response) => {
                for (id, error) in response.status {
                    if let Some(path) = self.paths.get(&id) {
                        let (path, why) = (path.clone(), error.message);
                        self.news.push_back(News::Refused { path, why });
                    }
                }
            }
            _ => {}
        }
    }

    fn path(&self, id: proto::SignalId) -> Option<Arc<str>> {
        match id.signal? {
            Signal::Id(id) => self.paths.get(&id).cloned(),
            Signal::Path(path) => Some(path.into()),
        }
    }
}

async fn id(val: &mut Val, path: &Arc<str>) -> Result<i32, String> {
    let request = proto::ListMetadataRequest { root: path.to_string(), filter: String::new() };
    let listed = val.list_metadata(request).await.map_err(said)?.into_inner().metadata;
    let first = listed.first().ok_or_else(|| format!("{path}: the broker has no such signal"))?;
    Ok(first.id)
}

fn by_path(path: &Arc<str>) -> proto::SignalId {
    proto::SignalId { signal: Some(Signal::Path(path.to_string())) }
}

fn ended() -> String {
    "the broker ended the provider's stream".to_owned()
}
