//! Calls of any method, with messages as JSON.

use std::{fmt, time::Duration};

use futures_util::FutureExt as _;
use prost::{
    Message,
    bytes::{Buf, BufMut},
};
use prost_reflect::{
    DescriptorPool, DynamicMessage, Kind, MapKey, MessageDescriptor, MethodDescriptor,
    ReflectMessage, Value,
};
use tokio::{sync::oneshot, time::timeout};
use tokio_stream::{Stream, StreamExt};
use tonic::{
    Code, Request, Status, Streaming,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    transport::Channel,
};
use vehicle_edge_runtime::signals::proto::DESCRIPTORS;

/// All methods that the broker serves for signals.
pub(crate) fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let services: Vec<_> = pool.services().collect();
    services.iter().flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

/// One method on a connection.
pub(crate) struct Call {
    method: MethodDescriptor,
    grpc: Grpc<Channel>,
    token: Option<String>,
}

impl Call {
    pub(crate) fn new(channel: Channel, method: MethodDescriptor) -> Call {
        Call { method, grpc: Grpc::new(channel), token: None }
    }

    pub(crate) fn with_token(self, token: Option<String>) -> Call {
        Call { token, ..self }
    }

    /// The answers to one request, or to several for a method that takes a stream, whose
    /// half stays open then.
    pub(crate) async fn send(mut self, requests: &[serde_json::Value]) -> Result<Answers, Status> {
        let input = self.method.input();
        let message = |json: &serde_json::Value| {
            DynamicMessage::deserialize(input.clone(), json).expect("a request of this method")
        };
        let requests: Vec<_> = requests.iter().map(message).collect();
        let path = format!("/{}/{}", self.method.parent_service().full_name(), self.method.name());
        let (path, codec) = (PathAndQuery::try_from(path).unwrap(), Dynamic(self.method.output()));
        self.grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let all = tokio_stream::iter(requests);
        let answers = match (self.method.is_client_streaming(), self.method.is_server_streaming()) {
            (true, true) => {
                let (open, closed) = oneshot::channel();
                let until_closed = closed.into_stream().filter_map(|_| None);
                let open_half = all.chain(until_closed);
                let answers = self.grpc.streaming(request(&self.token, open_half), path, codec);
                let stream = Box::new(answers.await?.into_inner());
                return Ok(Answers::Stream { stream, _open: Some(open) });
            }
            // The answer comes when the requests end.
            (true, false) => {
                let answer = self.grpc.client_streaming(request(&self.token, all), path, codec);
                return Ok(Answers::One(Some(answer.await?.into_inner())));
            }
            (false, _) => self.grpc.streaming(request(&self.token, all), path, codec).await?,
        };
        Ok(Answers::Stream { stream: Box::new(answers.into_inner()), _open: None })
    }
}

fn request<S: Stream>(token: &Option<String>, stream: S) -> Request<S> {
    let mut request = Request::new(stream);
    if let Some(token) = token {
        let header = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", header);
    }
    request
}

pub(crate) enum Answers {
    One(Option<DynamicMessage>),
    Stream {
        stream: Box<Streaming<DynamicMessage>>,
        /// Keeps the other half open.
        _open: Option<oneshot::Sender<()>>,
    },
}

impl Answers {
    /// `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<DynamicMessage>, Status> {
        match self {
            Answers::One(answer) => Ok(answer.take()),
            Answers::Stream { stream, .. } => stream.message().await,
        }
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers")
    }
}

/// Reads messages of this type, and writes any.
struct Dynamic(MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Dynamic;
    type Decoder = Dynamic;

    fn encoder(&mut self) -> Dynamic {
        Dynamic(self.0.clone())
    }

    fn decoder(&mut self) -> Dynamic {
        Dynamic(self.0.clone())
    }
}

impl Encoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item.encode_to_vec().as_slice());
        Ok(())
    }
}

impl Decoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        let message = DynamicMessage::decode(self.0.clone(), bytes);
        message.map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}

/// Asks, and gives the outcome as the tables have it, a status or what stands in the last
/// answer, with all that was answered. A stream answers each request of a stream, or begins.
pub(crate) async fn ask(
    call: Call,
    requests: &[serde_json::Value],
) -> (String, Vec<DynamicMessage>) {
    let mut said = Vec::new();
    let asking = async {
        let mut answers = call.send(requests).await?;
        let expected = match answers {
            Answers::One(_) => 1,
            Answers::Stream { .. } => requests.len(),
        };
        for _ in 0..expected {
            let Some(answer) = answers.next().await? else { break };
            said.push(answer);
        }
        Ok::<_, Status>(())
    };
    let outcome = match timeout(Duration::from_secs(10), asking).await {
        Ok(Ok(())) => said.last().map_or_else(|| "OK".to_owned(), in_band),
        Ok(Err(status)) => code_name(status.code()),
        Err(_) => "no answer within 10 s".to_owned(),
    };
    (outcome, said)
}

/// As it is written in the tables.
pub(crate) fn name(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

/// What stands in an answer where its protocol has errors; `OK` where none does.
fn in_band(message: &DynamicMessage) -> String {
    found(message).unwrap_or_else(|| "OK".to_owned())
}

fn found(message: &DynamicMessage) -> Option<String> {
    if message.descriptor().full_name() == "kuksa.val.v1.Error" {
        let code = message.get_field_by_name("code")?.as_u32()?;
        return Some(code.to_string());
    }
    message.fields().find_map(|(field, value)| {
        let kind = match field.kind() {
            Kind::Message(entry) if entry.is_map_entry() => entry.map_entry_value_field().kind(),
            kind => kind,
        };
        in_value(&kind, value)
    })
}

fn in_value(kind: &Kind, value: &Value) -> Option<String> {
    let errors = ["ErrorCode", "Failure", "DatapointError"];
    match (kind, value) {
        (_, Value::Message(message)) => found(message),
        (kind, Value::List(list)) => list.iter().find_map(|value| in_value(kind, value)),
        (kind, Value::Map(map)) => {
            let mut entries: Vec<(&MapKey, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| format!("{key:?}"));
            entries.into_iter().find_map(|(_, value)| in_value(kind, value))
        }
        (Kind::Enum(of), Value::EnumNumber(number)) if errors.contains(&of.name()) => {
            Some(of.get_value(*number)?.name().to_owned())
        }
        _ => None,
    }
}

/// As gRPC writes it: `NOT_FOUND`.
fn code_name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
