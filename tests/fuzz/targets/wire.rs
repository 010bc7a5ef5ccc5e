//! Any bytes as the requests of any call of any interface, through the real services.
//!
//! The first byte chooses the call, from the interfaces' own descriptors; the others are its
//! message, or several between bytes of 255 where the call takes a stream of them.
#![no_main]

use std::{sync::OnceLock, time::Duration};

use hyper_util::rt::TokioIo;
use prost::{Message, bytes::BufMut};
use tokio::{io::duplex, time::timeout};
use tokio_stream::{StreamExt, iter};
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::{Channel, Endpoint},
};
use vehicle_edge_runtime::signals::{Broker, Client, PipeDoor, proto::DESCRIPTORS};
use vss_codegen::model::{Manifest, Value};

const MANIFEST: &str = r#"{
    "model": {"name": "A", "hash": "sha256:00"},
    "sdk": {"name": "a", "version": "1"},
    "signals": [
        {"path": "A.S", "type": "sensor", "datatype": "float", "access": ["read", "provide"],
         "max": 250},
        {"path": "A.B.C", "type": "actuator", "datatype": "uint8",
         "access": ["read", "write", "provide"]},
        {"path": "A.B.D", "type": "attribute", "datatype": "string[]",
         "access": ["read", "provide"]}
    ]
}"#;

/// Long enough for whatever comes by itself. The clock is not the wall's: it goes on at once
/// when everybody waits.
const PATIENCE: Duration = Duration::from_millis(10);

struct Call {
    path: String,
    takes_stream: bool,
}

static CALLS: OnceLock<(Manifest, Vec<Call>)> = OnceLock::new();

fn calls() -> (Manifest, Vec<Call>) {
    let manifest = serde_json::from_str(MANIFEST).unwrap_or_else(|error| panic!("{error}"));
    let files = prost_types::FileDescriptorSet::decode(DESCRIPTORS);
    let files = files.unwrap_or_else(|error| panic!("{error}")).file;
    let mut calls = Vec::new();
    for file in &files {
        for service in &file.service {
            calls.extend(service.method.iter().map(|method| Call {
                path: format!("/{}.{}/{}", file.package(), service.name(), method.name()),
                takes_stream: method.client_streaming(),
            }));
        }
    }
    (manifest, calls)
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (manifest, calls) = CALLS.get_or_init(calls);
    let Some((choice, body)) = bytes.split_first() else { return };
    let call = &calls[usize::from(*choice) % calls.len()];
    let messages: Vec<Vec<u8>> = match call.takes_stream {
        true => body.split(|byte| *byte == u8::MAX).map(<[u8]>::to_vec).collect(),
        false => vec![body.to_vec()],
    };
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build();
    let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(async {
        let broker = Broker::new(manifest).unwrap_or_else(|error| panic!("{error}"));
        let door = PipeDoor::new(broker.clone(), Client::outside());
        let channel = connect(&door).await;
        let asked = ask(channel, call, messages, &broker);
        // Whoever asked, others go on.
        let _ = timeout(PATIENCE, asked).await;
        let set = broker.publish(&Client::outside(), "A.S", Value::Float(3.0));
        set.unwrap_or_else(|error| panic!("{error}"));
    });
});

/// A connection through the door, in memory.
async fn connect(door: &PipeDoor) -> Channel {
    let (ours, theirs) = duplex(64 << 10);
    let mut ours = Some(TokioIo::new(ours));
    let connector = tower::service_fn(move |_| {
        let ours = ours.take().ok_or_else(|| std::io::Error::other("connected twice"));
        async move { ours }
    });
    let endpoint = Endpoint::from_static("http://broker");
    let (served, channel) =
        tokio::join!(door.serve(theirs), endpoint.connect_with_connector(connector));
    served.unwrap_or_else(|error| panic!("{error}"));
    channel.unwrap_or_else(|error| panic!("{error}"))
}

/// Reads what is answered, while values come.
async fn ask(
    channel: Channel,
    call: &Call,
    messages: Vec<Vec<u8>>,
    broker: &Broker,
) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let path = call.path.parse().map_err(|_| Status::internal("a path that is none"))?;
    // A stream of requests stays open, and what it claimed with it.
    let open = if call.takes_stream { 1 } else { 0 };
    let rest = iter(vec![(); open]).then(|()| std::future::pending::<Vec<u8>>());
    let request = tonic::Request::new(iter(messages).chain(rest));
    let mut replies = client.streaming(request, path, Raw).await?.into_inner();
    for speed in [1.0, 2.0] {
        let _ = broker.publish(&Client::outside(), "A.S", Value::Float(speed));
        let _ = timeout(PATIENCE / 5, replies.message()).await;
    }
    Ok(())
}

/// Messages as they are.
#[derive(Clone, Copy, Debug, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        use prost::bytes::Buf;
        buffer.advance(buffer.remaining());
        Ok(Some(()))
    }
}
