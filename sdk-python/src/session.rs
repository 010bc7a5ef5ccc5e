//! One provider stream, from its claims to its end.
//!
//! The interface answers a publish only when it refuses some of it. So each publish is
//! followed by an empty claim, whose answer says that the broker is done with all before it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::try_join_all;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Streaming;
use vss_codegen::model::Value;

use crate::{
    bridge::Outcome,
    failure::{Failure, Kind},
    link::{Link, one},
    metadata::Metadata,
    proto::{
        self, open_provider_stream_request::Action as Request,
        open_provider_stream_response::Action as Reply,
    },
    wire,
};

/// How long a broker is waited for that should end a stream because we have.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a provider asks to be the one for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    /// Paths whose actuations it carries out.
    pub(crate) actuators: Vec<String>,
    /// Paths that it publishes.
    pub(crate) signals: Vec<String>,
}

/// The sending half.
#[derive(Debug)]
pub(crate) struct Session {
    /// By path, of all claims. Numbers are those of this broker, fetched on this connection.
    known: HashMap<String, Metadata>,
    state: Mutex<State>,
}

struct State {
    /// Given up at the end: while it is there, the stream is not closed at the broker.
    requests: Option<mpsc::UnboundedSender<proto::OpenProviderStreamRequest>>,
    /// In the order in which they were sent.
    publishes: VecDeque<Publish>,
    sent: u32,
    ended: Option<Failure>,
}

/// A publish that the broker is not done with.
struct Publish {
    request_id: u32,
    refused: Vec<Failure>,
    done: Done,
}

type Done = Box<dyn FnOnce(Outcome) + Send>;

/// The receiving half. Dropping it ends the claims.
#[derive(Debug)]
pub(crate) struct Inbound {
    stream: Streaming<proto::OpenProviderStreamResponse>,
    /// Came before the answer to the claim that brought them.
    early: VecDeque<proto::BatchActuateStreamRequest>,
}

/// Opens a stream and makes the claims: all of them, or it is an error.
pub(crate) async fn open(link: &Link, claims: &Claims) -> Result<(Arc<Session>, Inbound), Failure> {
    let (requests, outbound) = mpsc::unbounded_channel();
    let stream = link.open_provider(UnboundedReceiverStream::new(outbound)).await?;
    // Asked for once the stream is open: should another broker answer, then the stream is
    // broken, and no number of the one is used with the other.
    let all = claims.actuators.iter().chain(&claims.signals);
    let known = try_join_all(all.map(|path| link.metadata(path))).await?;
    let known = known.into_iter().map(|metadata| (metadata.path.clone(), metadata)).collect();
    let (requests, publishes) = (Some(requests), VecDeque::new());
    let state = Mutex::new(State { requests, publishes, sent: 0, ended: None });
    let session = Arc::new(Session { known, state });
    let mut inbound = Inbound { stream, early: VecDeque::new() };
    // Signals first: once actuators are claimed, there is something to carry out.
    for claim in session.claims(claims)? {
        session.state().send(claim);
        inbound.claimed(claims).await?;
    }
    Ok((session, inbound))
}

/// Publishes several values in one message, on a stream of its own.
pub(crate) async fn publish_once(
    link: &Link,
    values: &[(String, Value)],
) -> Result<Outcome, Failure> {
    let signals = values.iter().map(|(path, _)| path.clone()).collect();
    let (session, mut inbound) = open(link, &Claims { signals, ..Claims::default() }).await?;
    let values = values.iter().filter_map(|(path, value)| Some((session.id(path)?, value)));
    let (done, answer) = oneshot::channel();
    let done: Done = Box::new(|outcome| drop(done.send(outcome)));
    session.publish(values.map(|(id, value)| (id, wire::now(value))).collect(), done);
    let lost = tokio::select! {
        Ok(outcome) = answer => {
            drop(session);
            inbound.end().await;
            return Ok(outcome);
        }
        lost = inbound.nothing_but_answers(&session) => lost,
    };
    Err(link.at(lost))
}

impl Session {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn known(&self, path: &str) -> Option<&Metadata> {
        self.known.get(path)
    }

    pub(crate) fn id(&self, path: &str) -> Option<i32> {
        self.known(path).map(|metadata| metadata.id)
    }

    /// The path of a signal's number on this connection.
    pub(crate) fn path(&self, id: i32) -> Option<&str> {
        let mut known = self.known.values();
        known.find(|metadata| metadata.id == id).map(|metadata| metadata.path.as_str())
    }

    fn claims(&self, claims: &Claims) -> Result<Vec<Request>, Failure> {
        let mut requests = Vec::new();
        if !claims.signals.is_empty() {
            let ids = claims.signals.iter().filter_map(|path| self.id(path));
            requests.push(claim_signals(ids));
        }
        if !claims.actuators.is_empty() {
            for metadata in claims.actuators.iter().filter_map(|path| self.known(path)) {
                metadata.must_be_actuator("carried out")?;
            }
            let ids = claims.actuators.iter().filter_map(|path| self.id(path));
            let actuator_identifiers = ids.map(signal_id).collect();
            let request = proto::ProvideActuationRequest { actuator_identifiers };
            requests.push(Request::ProvideActuationRequest(request));
        }
        Ok(requests)
    }

    /// `done` is called once: when the broker has all values, or why it has not.
    pub(crate) fn publish(&self, data_points: HashMap<i32, proto::Datapoint>, done: Done) {
        let mut state = self.state();
        if let Some(failure) = state.ended.clone() {
            drop(state);
            return done(Outcome::Failed(failure));
        }
        let request_id = state.sent;
        state.sent = request_id.wrapping_add(1);
        state.publishes.push_back(Publish { request_id, refused: Vec::new(), done });
        // Sent under the lock: answers come in the order of the queue.
        state.send(Request::PublishValuesRequest(proto::PublishValuesRequest {
            request_id,
            data_points,
        }));
        state.send(claim_signals([]));
    }

    /// Says what became of an actuation; `Err` holds why it is refused.
    pub(crate) fn answer(&self, id: i32, result: Result<(), String>) {
        let (code, message) = match result {
            Ok(()) => (proto::ErrorCode::Ok, String::new()),
            Err(why) => (proto::ErrorCode::InvalidArgument, why),
        };
        self.state().send(Request::BatchActuateStreamResponse(proto::BatchActuateStreamResponse {
            signal_id: Some(signal_id(id)),
            error: Some(proto::Error { code: code.into(), message }),
        }));
    }

    /// Tells everybody who still waits, and all who come later.
    pub(crate) fn end(&self, failure: &Failure) {
        let publishes = {
            let mut state = self.state();
            state.ended = Some(failure.clone());
            state.requests = None;
            std::mem::take(&mut state.publishes)
        };
        for publish in publishes {
            (publish.done)(Outcome::Failed(failure.clone()));
        }
    }

    fn refused(&self, response: proto::PublishValuesResponse) {
        let failures = response.status.into_iter().filter_map(|(id, error)| {
            let kind = match error.code() {
                proto::ErrorCode::Ok => return None,
                proto::ErrorCode::NotFound => Kind::UnknownSignal,
                proto::ErrorCode::PermissionDenied => Kind::PermissionDenied,
                proto::ErrorCode::InvalidArgument => Kind::InvalidValue,
                proto::ErrorCode::Unspecified => Kind::Broker,
            };
            Some(Failure::new(kind, self.path(id).unwrap_or_default(), error.message))
        });
        let failures: Vec<Failure> = failures.collect();
        let mut state = self.state();
        let request_id = response.request_id;
        if let Some(publish) = state.publishes.iter_mut().find(|p| p.request_id == request_id) {
            publish.refused.extend(failures);
        }
    }

    /// The broker is done with the oldest publish.
    fn done(&self) {
        let publish = self.state().publishes.pop_front();
        let Some(Publish { mut refused, done, .. }) = publish else { return };
        done(match refused.len() {
            0 => Outcome::Done,
            1 => Outcome::Failed(refused.remove(0)),
            _ => Outcome::Refused("the other values were published", refused),
        });
    }
}

impl State {
    /// Without effect once the stream has ended; who waits is told by `end`.
    fn send(&self, action: Request) {
        if let Some(requests) = &self.requests {
            let _ = requests.send(proto::OpenProviderStreamRequest { action: Some(action) });
        }
    }
}

impl Inbound {
    /// The next actuations; what answers a publish goes to the session.
    pub(crate) async fn next(
        &mut self,
        session: &Session,
    ) -> Result<Vec<proto::ActuateRequest>, Failure> {
        if let Some(early) = self.early.pop_front() {
            return Ok(early.actuate_requests);
        }
        loop {
            match self.reply("").await? {
                Reply::BatchActuateStreamRequest(batch) => return Ok(batch.actuate_requests),
                Reply::PublishValuesResponse(response) => session.refused(response),
                Reply::ProvideSignalResponse(_) => session.done(),
                _ => {}
            }
        }
    }

    async fn nothing_but_answers(&mut self, session: &Session) -> Failure {
        loop {
            if let Err(failure) = self.next(session).await {
                return failure;
            }
        }
    }

    async fn claimed(&mut self, claims: &Claims) -> Result<(), Failure> {
        let path = one(claims.actuators.iter().chain(&claims.signals));
        loop {
            match self.reply(path).await? {
                Reply::BatchActuateStreamRequest(batch) => self.early.push_back(batch),
                Reply::ProvideSignalResponse(_) | Reply::ProvideActuationResponse(_) => {
                    return Ok(());
                }
                _ => {}
            }
        }
    }

    async fn reply(&mut self, path: &str) -> Result<Reply, Failure> {
        loop {
            match self.stream.message().await {
                Ok(Some(message)) => {
                    if let Some(action) = message.action {
                        return Ok(action);
                    }
                }
                Ok(None) => return Err(Failure::of_stream(None, path)),
                Err(status) => return Err(Failure::of_stream(Some(&status), path)),
            }
        }
    }

    /// Waits until the broker has ended the claims of a session that is dropped.
    async fn end(mut self) {
        let rest = async { while let Ok(Some(_)) = self.stream.message().await {} };
        let _ = timeout(FAREWELL, rest).await;
    }
}

fn signal_id(id: i32) -> proto::SignalId {
    proto::SignalId { signal: Some(proto::signal_id::Signal::Id(id)) }
}

fn claim_signals(ids: impl IntoIterator<Item = i32>) -> Request {
    let interval = proto::SampleInterval { interval_ms: 0 };
    let signals_sample_intervals = ids.into_iter().map(|id| (id, interval)).collect();
    Request::ProvideSignalRequest(proto::ProvideSignalRequest { signals_sample_intervals })
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} publishes under way, ended: {:?}", self.publishes.len(), self.ended)
    }
}
