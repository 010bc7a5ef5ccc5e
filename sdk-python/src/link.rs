//! The calls to the broker, in terms of the model; nothing here knows Python.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use http::uri::PathAndQuery;
use tokio::sync::watch;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Request, Status, Streaming, client::Grpc, transport::Channel};
use vehicle_edge_runtime::signals::condition::Condition;
use vehicle_signal_client::{Address, Connection};
use vss_codegen::model::{Literal, Value};

use crate::{
    decode::{Index, Message, SubscribeCodec},
    failure::{Failure, Kind},
    metadata::Metadata,
    proto::{self, val_client::ValClient},
    signal_type::SignalType,
    wire,
};

/// Larger than any broker's answer to "list everything" for a large model.
const LARGEST_MESSAGE: usize = 64 << 20;

/// What the reference broker takes at most.
const LARGEST_BUFFER: u32 = 1000;

#[derive(Debug)]
pub(crate) struct Link {
    rpc: ValClient<Channel>,
    /// For the one call with a decoder of its own.
    channel: Channel,
    connection: Connection,
    /// Counts the pings and subscriptions that were answered; watched while waiting to try again.
    answers: watch::Sender<u64>,
    /// As it was given, to be named when nothing answers there.
    address: String,
    /// Of signals that were asked for by path; forgotten when the connection is lost,
    /// because the next broker may have another model.
    known: Mutex<HashMap<String, Arc<Metadata>>>,
}

/// What a value is to be checked against.
#[derive(Debug)]
pub(crate) enum Check {
    /// The generated model says so.
    Given(SignalType),
    /// Ask the broker, once per signal.
    Metadata,
}

fn signal_id(path: &str) -> Option<proto::SignalId> {
    Some(proto::SignalId { signal: Some(proto::signal_id::Signal::Path(path.to_owned())) })
}

impl Link {
    /// Connects lazily; must be called on the background runtime.
    pub(crate) fn new(address: &str) -> Result<Link, String> {
        let connection = Connection::default();
        let channel = Address::parse(address)?.watched_channel(&connection)?;
        Ok(Link::over(channel, connection, address))
    }

    pub(crate) fn over(channel: Channel, connection: Connection, address: &str) -> Link {
        let rpc = ValClient::new(channel.clone()).max_decoding_message_size(LARGEST_MESSAGE);
        let (answers, address) = (watch::Sender::new(0), address.to_owned());
        Link { rpc, channel, connection, answers, address, known: Mutex::default() }
    }

    /// Says in an error at which broker it happened.
    pub(crate) fn at(&self, failure: Failure) -> Failure {
        Failure { address: Some(self.address.clone()), ..failure }
    }

    fn failure(&self, status: &Status, path: &str) -> Failure {
        self.at(Failure::from_status(status, path))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Metadata>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn forget(&self) {
        self.known().clear();
    }

    /// The number of the connection on which the broker has answered.
    pub(crate) async fn ping(&self) -> Result<u64, Failure> {
        match self.rpc.clone().get_server_info(proto::GetServerInfoRequest {}).await {
            Ok(_) => {
                self.answers.send_modify(|count| *count += 1);
                Ok(self.connection.number())
            }
            Err(status) => Err(self.failure(&status, "")),
        }
    }

    /// Waits until that connection is gone, and says why.
    pub(crate) async fn lost(&self, connection: u64) -> String {
        let reason = self.connection.lost(connection).await;
        self.forget();
        reason
    }

    /// How many pings and subscriptions the broker has answered.
    pub(crate) fn answers(&self) -> u64 {
        *self.answers.borrow()
    }

    /// Waits until the broker has answered more of them than that.
    pub(crate) async fn answers_after(&self, count: u64) {
        // It fails when the sender is gone, which lives as long as this.
        let _ = self.answers.subscribe().wait_for(|now| *now > count).await;
    }

    pub(crate) async fn get(&self, path: &str) -> Result<proto::Datapoint, Failure> {
        let request = proto::GetValueRequest { signal_id: signal_id(path) };
        match self.rpc.clone().get_value(request).await {
            Ok(response) => Ok(response.into_inner().data_point.unwrap_or_default()),
            Err(status) => Err(self.failure(&status, path)),
        }
    }

    /// In the order of the paths.
    pub(crate) async fn get_many(
        &self,
        paths: &[String],
    ) -> Result<Vec<proto::Datapoint>, Failure> {
        let signal_ids = paths.iter().filter_map(|path| signal_id(path)).collect();
        let request = proto::GetValuesRequest { signal_ids };
        let data_points = match self.rpc.clone().get_values(request).await {
            Ok(response) => response.into_inner().data_points,
            Err(status) => return Err(self.failure(&status, one(paths))),
        };
        if data_points.len() != paths.len() {
            let message =
                format!("the broker gave {} values for {} signals", data_points.len(), paths.len());
            return Err(Failure::new(Kind::Broker, "", message));
        }
        Ok(data_points)
    }

    pub(crate) async fn actuate(
        &self,
        path: &str,
        literal: &Literal,
        check: Check,
    ) -> Result<(), Failure> {
        let value = self.checked(path, literal, check, true).await?;
        match self.rpc.clone().actuate(actuation(path, &value)).await {
            Ok(_) => Ok(()),
            Err(status) => Err(self.failure(&status, path)),
        }
    }

    /// Several in one message: the broker takes all of them or none.
    pub(crate) async fn actuate_all(&self, values: &[(String, Value)]) -> Result<(), Failure> {
        let actuate_requests = values.iter().map(|(path, value)| actuation(path, value)).collect();
        let request = proto::BatchActuateRequest { actuate_requests };
        match self.rpc.clone().batch_actuate(request).await {
            Ok(_) => Ok(()),
            Err(status) => Err(self.failure(&status, one(values.iter().map(|(path, _)| path)))),
        }
    }

    pub(crate) async fn publish(
        &self,
        path: &str,
        literal: &Literal,
        check: Check,
    ) -> Result<(), Failure> {
        let value = self.checked(path, literal, check, false).await?;
        self.publish_value(path, &value).await
    }

    pub(crate) async fn publish_value(&self, path: &str, value: &Value) -> Result<(), Failure> {
        self.publish_datapoint(path, wire::now(value)).await
    }

    /// Says that the signal has no value now.
    pub(crate) async fn clear(&self, path: &str) -> Result<(), Failure> {
        let timestamp = Some(SystemTime::now().into());
        self.publish_datapoint(path, proto::Datapoint { timestamp, value: None }).await
    }

    async fn publish_datapoint(
        &self,
        path: &str,
        datapoint: proto::Datapoint,
    ) -> Result<(), Failure> {
        let request =
            proto::PublishValueRequest { signal_id: signal_id(path), data_point: Some(datapoint) };
        match self.rpc.clone().publish_value(request).await {
            Ok(_) => Ok(()),
            Err(status) => Err(self.failure(&status, path)),
        }
    }

    /// A provider's stream; its claims come later.
    pub(crate) async fn open_provider(
        &self,
        requests: UnboundedReceiverStream<proto::OpenProviderStreamRequest>,
    ) -> Result<Streaming<proto::OpenProviderStreamResponse>, Failure> {
        match self.rpc.clone().open_provider_stream(requests).await {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(self.failure(&status, "")),
        }
    }

    /// The value, once it is known that the signal may hold it.
    pub(crate) async fn checked(
        &self,
        path: &str,
        literal: &Literal,
        check: Check,
        actuation: bool,
    ) -> Result<Value, Failure> {
        let signal_type = match check {
            Check::Given(signal_type) => signal_type,
            Check::Metadata => {
                let metadata = self.metadata_of(path).await?;
                if actuation {
                    metadata.must_be_actuator("set")?;
                }
                metadata.signal_type()?.clone()
            }
        };
        signal_type.value(path, literal)
    }

    async fn metadata_of(&self, path: &str) -> Result<Arc<Metadata>, Failure> {
        if let Some(metadata) = self.known().get(path) {
            return Ok(metadata.clone());
        }
        let metadata = Arc::new(self.metadata(path).await?);
        self.known().insert(path.to_owned(), metadata.clone());
        Ok(metadata)
    }

    /// Of one signal. The broker answers for branches and patterns too, with all below them.
    pub(crate) async fn metadata(&self, path: &str) -> Result<Metadata, Failure> {
        let request = proto::ListMetadataRequest { root: path.to_owned(), filter: String::new() };
        let found = match self.rpc.clone().list_metadata(request).await {
            Ok(response) => response.into_inner().metadata,
            Err(status) => return Err(self.failure(&status, path)),
        };
        let message = match found.is_empty() {
            true => "the broker knows no signal of this path",
            false => "is a branch or a pattern, not one signal",
        };
        let mut found = found.into_iter().map(Metadata::from_wire);
        let signal = found.find(|metadata| metadata.path == path);
        signal.ok_or_else(|| Failure::new(Kind::UnknownSignal, path, message))
    }

    /// Asks for the longest buffer on the broker's side, however short our own queue: what
    /// the broker pushed out could not be counted here.
    pub(crate) async fn subscribe(
        &self,
        paths: &[String],
        index: &Arc<Index>,
    ) -> Result<Streaming<Message>, Failure> {
        let failed = |status: &Status| self.failure(status, one(paths));
        let request = Request::new(proto::SubscribeRequest {
            signal_paths: paths.to_vec(),
            buffer_size: LARGEST_BUFFER,
            filter: None,
        });
        let mut rpc = Grpc::new(self.channel.clone()).max_decoding_message_size(LARGEST_MESSAGE);
        rpc.ready().await.map_err(|error| failed(&Status::from_error(error.into())))?;
        let path = PathAndQuery::from_static("/kuksa.val.v2.VAL/Subscribe");
        let codec = SubscribeCodec { index: index.clone() };
        match rpc.server_streaming(request, path, codec).await {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(failed(&status)),
        }
    }
}

fn actuation(path: &str, value: &Value) -> proto::ActuateRequest {
    proto::ActuateRequest { signal_id: signal_id(path), value: Some(wire::from_value(value)) }
}

impl Link {
    /// Whether the condition's operands fit the types of its signals.
    pub(crate) async fn check(&self, condition: &Condition) -> Result<(), Failure> {
        let mut types = HashMap::new();
        for path in condition.signals() {
            let metadata = self.metadata_of(path).await?;
            types.insert(path.clone(), metadata.datatype.parse().ok());
        }
        let datatype = |path: &String| types.get(path).cloned().flatten();
        condition
            .check(&datatype)
            .map_err(|mismatch| Failure::new(Kind::InvalidCondition, "", mismatch.to_string()))
    }
}

/// The path to name in an error about several signals: none, unless there is only one.
pub(crate) fn one<'a>(paths: impl IntoIterator<Item = &'a String>) -> &'a str {
    let mut paths = paths.into_iter();
    match (paths.next(), paths.next()) {
        (Some(path), None) => path,
        _ => "",
    }
}
