//! A provider's life on the network: claim, serve, and again after a loss.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::{
    client::by_path,
    provider::{Claims, Handlers, Session, Shared},
};
use crate::{
    Backoff, Client, Error,
    proto::{
        self, OpenProviderStreamRequest, open_provider_stream_request::Action as Request,
        open_provider_stream_response::Action as Reply,
    },
};

/// Requests that wait for the connection to take them.
const WAITING: usize = 64;

/// Runs until the task is aborted or an error comes that does not heal. `opened` is told
/// when the broker has accepted all claims for the first time.
pub(super) async fn run(
    client: Client,
    claims: Claims,
    mut handlers: Handlers,
    shared: Arc<Shared>,
    opened: oneshot::Sender<()>,
) -> Error {
    let mut opened = Some(opened);
    let mut backoff = Backoff::new();
    loop {
        let error = match connect(&client, &claims).await {
            Ok(connection) => {
                backoff = Backoff::new();
                shared.lock().session = Some(connection.session.clone());
                opened.take().map(|opened| opened.send(()));
                serve(&client, connection, &mut handlers, &shared).await
            }
            Err(error) => error,
        };
        shared.lock().session = None;
        // A broker may hold the claims of a lost connection for a while.
        let is_held = opened.is_none() && matches!(error, Error::NotClaimed(_));
        if !error.heals() && !is_held {
            return error;
        }
        backoff.wait().await;
    }
}

/// A stream on which all claims are accepted.
struct Connection {
    session: Session,
    replies: Streaming<proto::OpenProviderStreamResponse>,
    /// The actuators by the broker's numbers, which are given anew when it starts.
    actuators: HashMap<i32, &'static str>,
    /// Actuations that came before all claims were accepted.
    early: Vec<proto::BatchActuateStreamRequest>,
}

async fn connect(client: &Client, claims: &Claims) -> Result<Connection, Error> {
    let mut actuators = HashMap::new();
    for path in &claims.actuators {
        actuators.insert(id_of(client, path).await?, *path);
    }
    let mut ids = HashMap::new();
    for path in &claims.published {
        ids.insert(*path, id_of(client, path).await?);
    }
    let (requests, receiver) = mpsc::channel(WAITING);
    let mut awaited = 0;
    for request in claim_requests(claims, &ids) {
        // There is room for two, and the receiver is here.
        let _ = requests.send(OpenProviderStreamRequest { action: Some(request) }).await;
        awaited += 1;
    }
    let answer = client.rpc().open_provider_stream(ReceiverStream::new(receiver)).await;
    let replies = answer.map_err(|status| client.error(&status, ""))?.into_inner();
    let session = Session { requests, ids: Arc::new(ids) };
    let mut connection = Connection { session, replies, actuators, early: Vec::new() };
    while awaited > 0 {
        match next(client, &mut connection.replies).await? {
            Some(Reply::ProvideActuationResponse(_) | Reply::ProvideSignalResponse(_)) => {
                awaited -= 1;
            }
            Some(Reply::BatchActuateStreamRequest(batch)) => connection.early.push(batch),
            _ => {}
        }
    }
    Ok(connection)
}

fn claim_requests(claims: &Claims, ids: &HashMap<&'static str, i32>) -> Vec<Request> {
    let mut requests = Vec::new();
    if !claims.actuators.is_empty() {
        let actuator_identifiers = claims.actuators.iter().map(|path| by_path(path)).collect();
        let request = proto::ProvideActuationRequest { actuator_identifiers };
        requests.push(Request::ProvideActuationRequest(request));
    }
    if !ids.is_empty() {
        let intervals = ids.values().map(|id| (*id, proto::SampleInterval::default()));
        let request = proto::ProvideSignalRequest { signals_sample_intervals: intervals.collect() };
        requests.push(Request::ProvideSignalRequest(request));
    }
    requests
}

/// The broker's number for a signal.
async fn id_of(client: &Client, path: &str) -> Result<i32, Error> {
    let request = proto::ListMetadataRequest { root: path.to_owned(), filter: String::new() };
    let answer = client.rpc().list_metadata(request).await;
    let found = answer.map_err(|status| client.error(&status, path))?.into_inner().metadata;
    let found = found.iter().find(|metadata| metadata.path == path);
    found
        .map(|metadata| metadata.id)
        .ok_or_else(|| Error::UnknownSignal(format!("{path} is no signal of the broker's model")))
}

async fn next(
    client: &Client,
    replies: &mut Streaming<proto::OpenProviderStreamResponse>,
) -> Result<Option<Reply>, Error> {
    match replies.message().await {
        Ok(Some(reply)) => Ok(reply.action),
        Ok(None) => Err(Error::closed(client.address())),
        Err(status) => Err(Error::from_end(&status, "", client.address())),
    }
}

/// Answers the broker; gives what ended the stream.
async fn serve(
    client: &Client,
    connection: Connection,
    handlers: &mut Handlers,
    shared: &Shared,
) -> Error {
    let Connection { session, mut replies, actuators, early } = connection;
    for batch in early {
        carry_out(batch, &actuators, handlers, &session).await;
    }
    loop {
        match next(client, &mut replies).await {
            Ok(Some(Reply::BatchActuateStreamRequest(batch))) => {
                carry_out(batch, &actuators, handlers, &session).await;
            }
            Ok(Some(Reply::PublishValuesResponse(response))) => {
                let refusals = response.status.into_values().filter(|e| !is_ok(e));
                if let Some(error) = refusals.last() {
                    shared.lock().refused = Some(refusal(error));
                }
            }
            // Acknowledgements, and questions for values and rates, which are answered by
            // publishing.
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}

fn is_ok(error: &proto::Error) -> bool {
    error.code() == proto::ErrorCode::Ok
}

fn refusal(error: proto::Error) -> Error {
    match error.code() {
        proto::ErrorCode::InvalidArgument => Error::InvalidValue(error.message),
        proto::ErrorCode::NotFound => Error::UnknownSignal(error.message),
        proto::ErrorCode::PermissionDenied => Error::PermissionDenied(error.message),
        proto::ErrorCode::Ok | proto::ErrorCode::Unspecified => Error::Broker(error.message),
    }
}

async fn carry_out(
    batch: proto::BatchActuateStreamRequest,
    actuators: &HashMap<i32, &'static str>,
    handlers: &mut Handlers,
    session: &Session,
) {
    for request in batch.actuate_requests {
        let path = match request.signal_id.as_ref().and_then(|id| id.signal.as_ref()) {
            Some(proto::signal_id::Signal::Id(id)) => actuators.get(id).copied(),
            Some(proto::signal_id::Signal::Path(path)) => Some(path.as_str()),
            None => None,
        };
        let handler = path.and_then(|path| handlers.get_mut(path));
        // The broker asks for nothing that was not claimed.
        let Some(handler) = handler else { continue };
        let error = match handler(request.value.and_then(|value| value.typed_value)).await {
            Ok(()) => proto::Error { code: proto::ErrorCode::Ok.into(), message: String::new() },
            Err(reject) => proto::Error {
                code: proto::ErrorCode::InvalidArgument.into(),
                message: reject.to_string(),
            },
        };
        let response =
            proto::BatchActuateStreamResponse { signal_id: request.signal_id, error: Some(error) };
        let action = Some(Request::BatchActuateStreamResponse(response));
        // Fails when the connection is lost, which the next reply tells.
        let _ = session.requests.send(OpenProviderStreamRequest { action }).await;
    }
}
