//! A broker with a small model, and clients for it.

use std::{
    collections::HashMap,
    future::Future,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, UnixStream},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{
    Status, Streaming,
    transport::{Channel, Endpoint},
};
use vehicle_edge_runtime::signals::{
    AppSocket, Broker, Client, Grants,
    proto::{
        v1,
        v2::{
            self as proto, open_provider_stream_request::Action as Request,
            open_provider_stream_response::Action as Reply, val_client::ValClient,
            value::TypedValue,
        },
    },
    serve_app, serve_tcp,
};
use vss_codegen::model::Access;

pub(crate) type Val = ValClient<Channel>;

pub(crate) const MANIFEST: &str = r#"{
    "model": {"name": "Vehicle", "hash": "sha256:00"},
    "sdk": {"name": "vehicle_signal_model", "version": "1"},
    "signals": [
        {"path": "Vehicle.Speed", "type": "sensor", "datatype": "float",
         "access": ["read", "provide"], "unit": "km/h", "max": 250},
        {"path": "Vehicle.Gear", "type": "sensor", "datatype": "string",
         "access": ["read", "provide"], "allowed": ["PARK", "DRIVE"]},
        {"path": "Vehicle.Cabin.Door.IsOpen", "type": "actuator", "datatype": "boolean",
         "access": ["read", "write", "provide"]},
        {"path": "Vehicle.Cabin.Light.Level", "type": "actuator", "datatype": "uint8",
         "access": ["read", "write", "provide"], "max": 100, "unit": "percent",
         "comment": "Of the ceiling"},
        {"path": "Vehicle.VIN", "type": "attribute", "datatype": "string",
         "access": ["read", "provide"]}
    ]
}"#;

pub(crate) struct Bench {
    pub(crate) broker: Broker,
    pub(crate) outside: Client,
    address: String,
    server: JoinHandle<io::Result<()>>,
    stop: DropGuard,
}

impl Bench {
    pub(crate) async fn start() -> Bench {
        Bench::with(MANIFEST).await
    }

    pub(crate) async fn with(manifest: &str) -> Bench {
        let broker = Broker::new(&serde_json::from_str(manifest).unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve_tcp(broker.clone(), listener, stop.clone()));
        let (outside, stop) = (Client::outside(), stop.drop_guard());
        Bench { broker, outside, address, server, stop }
    }

    /// Asks the server to end.
    pub(crate) fn stop(self) -> JoinHandle<io::Result<()>> {
        drop(self.stop);
        self.server
    }

    pub(crate) async fn tcp(&self) -> Val {
        ValClient::connect(self.address.clone()).await.unwrap()
    }

    pub(crate) async fn v1(&self) -> v1::val_client::ValClient<Channel> {
        v1::val_client::ValClient::connect(self.address.clone()).await.unwrap()
    }

    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::new(self.address.clone()).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn provider(&self) -> ProviderEnd {
        ProviderEnd::open(self.tcp().await).await
    }

    /// An app with these grants, behind a socket of its own.
    pub(crate) fn app(&self, id: &str, grants: &[(&str, Access)]) -> Door {
        let grants = grants.iter().map(|(pattern, access)| ((*pattern).to_owned(), *access));
        let client = Client::app(id, Grants::new(grants).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let served = folder.path().join("b");
        let socket = serve_app(self.broker.clone(), client.clone(), &served).unwrap();
        Door { socket, folder, app: client }
    }
}

pub(crate) struct Door {
    socket: AppSocket,
    folder: TempDir,
    /// Who is behind it.
    pub(crate) app: Client,
}

impl Door {
    pub(crate) async fn client(&self) -> Val {
        ValClient::new(self.channel().await)
    }

    pub(crate) async fn v1(&self) -> v1::val_client::ValClient<Channel> {
        v1::val_client::ValClient::new(self.channel().await)
    }

    pub(crate) async fn channel(&self) -> Channel {
        let path = self.socket.path().to_owned();
        let connector = tower::service_fn(move |_| {
            let path: PathBuf = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        Endpoint::from_static("http://app").connect_with_connector(connector).await.unwrap()
    }

    pub(crate) async fn provider(&self) -> ProviderEnd {
        ProviderEnd::open(self.client().await).await
    }

    pub(crate) fn path(&self) -> &Path {
        self.socket.path()
    }

    pub(crate) fn close(self) -> TempDir {
        drop(self.socket);
        self.folder
    }
}

/// A provider's end of its stream.
pub(crate) struct ProviderEnd {
    requests: mpsc::Sender<proto::OpenProviderStreamRequest>,
    replies: Streaming<proto::OpenProviderStreamResponse>,
}

impl ProviderEnd {
    async fn open(mut client: Val) -> ProviderEnd {
        let (requests, stream) = mpsc::channel(16);
        let stream = ReceiverStream::new(stream);
        let replies = client.open_provider_stream(stream).await.unwrap().into_inner();
        ProviderEnd { requests, replies }
    }

    pub(crate) async fn send(&self, action: Request) {
        let request = proto::OpenProviderStreamRequest { action: Some(action) };
        self.requests.send(request).await.unwrap();
    }

    pub(crate) async fn reply(&mut self) -> Result<Reply, Status> {
        let next = tokio::time::timeout(Duration::from_secs(5), self.replies.next()).await;
        Ok(next.expect("no reply").expect("the stream ended")?.action.unwrap())
    }

    pub(crate) async fn claim_actuations(&mut self, paths: &[&str]) {
        self.send(Request::ProvideActuationRequest(claim(paths))).await;
        assert!(matches!(self.reply().await.unwrap(), Reply::ProvideActuationResponse(_)));
    }

    pub(crate) async fn claim_signals(&mut self, ids: &[i32]) {
        let signals_sample_intervals: HashMap<_, _> =
            ids.iter().map(|id| (*id, proto::SampleInterval::default())).collect();
        let request = proto::ProvideSignalRequest { signals_sample_intervals };
        self.send(Request::ProvideSignalRequest(request)).await;
        assert!(matches!(self.reply().await.unwrap(), Reply::ProvideSignalResponse(_)));
    }

    /// The next batch of actuations, as ids and values.
    pub(crate) async fn actuations(&mut self) -> Vec<(i32, Option<proto::Value>)> {
        let reply = self.reply().await.unwrap();
        let Reply::BatchActuateStreamRequest(batch) = reply else { panic!("{reply:?}") };
        let requests = batch.actuate_requests.into_iter();
        let id = |id: Option<proto::SignalId>| match id.and_then(|id| id.signal) {
            Some(proto::signal_id::Signal::Id(id)) => id,
            other => panic!("{other:?}"),
        };
        requests.map(|request| (id(request.signal_id), request.value)).collect()
    }
}

pub(crate) fn claim(paths: &[&str]) -> proto::ProvideActuationRequest {
    let actuator_identifiers = paths.iter().map(|path| by_path(path)).collect();
    proto::ProvideActuationRequest { actuator_identifiers }
}

pub(crate) fn by_path(path: &str) -> proto::SignalId {
    proto::SignalId { signal: Some(proto::signal_id::Signal::Path(path.to_owned())) }
}

pub(crate) fn value(value: bool) -> proto::Value {
    proto::Value { typed_value: Some(TypedValue::Bool(value)) }
}

pub(crate) fn float(value: f32) -> proto::Value {
    proto::Value { typed_value: Some(TypedValue::Float(value)) }
}

pub(crate) fn string(value: &str) -> proto::Value {
    proto::Value { typed_value: Some(TypedValue::String(value.to_owned())) }
}

pub(crate) fn datapoint(value: proto::Value) -> proto::Datapoint {
    proto::Datapoint { timestamp: None, value: Some(value) }
}

pub(crate) fn publish(path: &str, value: proto::Value) -> proto::PublishValueRequest {
    let data_point = Some(datapoint(value));
    proto::PublishValueRequest { signal_id: Some(by_path(path)), data_point }
}

pub(crate) fn actuate(path: &str, value: proto::Value) -> proto::ActuateRequest {
    proto::ActuateRequest { signal_id: Some(by_path(path)), value: Some(value) }
}

pub(crate) async fn until<F: Future<Output = bool>>(what: impl Fn() -> F) {
    for _ in 0..250 {
        if what().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never happened");
}
