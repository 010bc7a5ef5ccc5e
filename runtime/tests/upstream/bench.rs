//! A broker of ours that mirrors an upstream: a second one, which comes and goes.

use std::{fmt::Write, net::SocketAddr, time::Duration};

use jiff::Timestamp;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};
use vehicle_edge_runtime::signals::{
    ActuationStream, Broker, Client, Part, Provider, SignalRef, SourceState, SourceStatus, Sources,
    kuksa::{Kuksa, Upstream as Address},
    serve_tcp,
};
use vss_codegen::model::{Manifest, Value};

pub(crate) const SPEED: &str = "Vehicle.Speed";
pub(crate) const VIN: &str = "Vehicle.VIN";
pub(crate) const SEAT: &str = "Vehicle.Cabin.Seat.Position";
pub(crate) const LIGHT: &str = "Vehicle.Cabin.Light.Level";
/// A float here, an integer upstream.
pub(crate) const DIFFERS: &str = "Vehicle.Differs";
/// Not there upstream.
pub(crate) const OURS: &str = "Vehicle.Ours";
/// More signals than one subscription of the upstream has.
pub(crate) const NUMBERED: usize = 450;

pub(crate) fn numbered(number: usize) -> String {
    format!("Vehicle.Numbered.N{number}")
}

/// Our model.
pub(crate) fn here() -> Manifest {
    manifest(&["float", "int8"], 0)
}

/// The upstream's: fewer signals, one of another type, and another order each time.
pub(crate) fn there(turn: usize) -> Manifest {
    manifest(&["int32"], turn)
}

fn manifest(others: &[&str], turn: usize) -> Manifest {
    let mut signals = vec![
        (SPEED.to_owned(), "sensor", "float"),
        (VIN.to_owned(), "attribute", "string"),
        (SEAT.to_owned(), "actuator", "uint32"),
        (LIGHT.to_owned(), "actuator", "uint8"),
    ];
    for (path, datatype) in [DIFFERS, OURS].into_iter().zip(others) {
        signals.push((path.to_owned(), "sensor", datatype));
    }
    signals.extend((0..NUMBERED).map(|number| (numbered(number), "sensor", "int32")));
    let turn = turn * 37 % signals.len();
    signals.rotate_left(turn);
    let mut list = String::new();
    for (path, kind, datatype) in signals {
        let access = if kind == "actuator" {
            r#"["read", "write", "provide"]"#
        } else {
            r#"["read", "provide"]"#
        };
        let comma = if list.is_empty() { "" } else { "," };
        write!(
            list,
            r#"{comma}{{"path": "{path}", "type": "{kind}", "datatype": "{datatype}", "access": {access}}}"#
        )
        .unwrap();
    }
    let json = format!(
        r#"{{"model": {{"name": "Vehicle", "hash": "sha256:00"}},
            "sdk": {{"name": "vehicle_signal_model", "version": "1"}}, "signals": [{list}]}}"#
    );
    serde_json::from_str(&json).unwrap()
}

/// A broker that others mirror, with one that carries out what its actuators are asked for.
pub(crate) struct Upstream {
    pub(crate) broker: Broker,
    pub(crate) address: SocketAddr,
    pub(crate) actuations: ActuationStream,
    provider: Provider,
    stop: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
}

impl Upstream {
    pub(crate) async fn start(manifest: &Manifest, address: &str) -> Upstream {
        let broker = Broker::new(manifest).unwrap();
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let (provider, actuations) = broker.provider(&Client::runtime());
        provider.claim_actuations(&[SignalRef::Path(SEAT)]).unwrap();
        let server = tokio::spawn(serve_tcp(broker.clone(), listener, stop.clone()));
        Upstream { broker, address, actuations, provider, stop, server }
    }

    pub(crate) fn publish(&self, path: &str, value: Value) {
        self.broker.publish(&Client::runtime(), path, value).unwrap();
    }

    /// Cuts all connections in the middle of whatever they carry. Gives what its provider
    /// was asked for and had not read.
    pub(crate) async fn kill(self) -> ActuationStream {
        self.stop.cancel();
        self.server.await.unwrap().unwrap();
        drop(self.provider);
        self.actuations
    }
}

/// A broker that mirrors an upstream.
pub(crate) struct Mirror {
    pub(crate) broker: Broker,
    pub(crate) client: Client,
    pub(crate) sources: Sources,
    _stop: DropGuard,
}

pub(crate) fn kuksa(address: &str, patterns: &[&str]) -> Part {
    let upstream = Address { address: address.parse().unwrap(), token: None, ca: None };
    let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    Part::new(Kuksa::new(upstream), patterns).unwrap()
}

impl Mirror {
    pub(crate) fn start(manifest: &Manifest, parts: Vec<Part>) -> Mirror {
        Mirror::of(Broker::new(manifest).unwrap(), parts)
    }

    pub(crate) fn of(broker: Broker, parts: Vec<Part>) -> Mirror {
        let stop = CancellationToken::new();
        let sources = Sources::start(&broker, parts, &stop);
        Mirror { broker, client: Client::outside(), sources, _stop: stop.drop_guard() }
    }

    pub(crate) fn status(&self) -> SourceStatus {
        self.sources.list().remove(0)
    }

    pub(crate) async fn is(&self, state: SourceState) {
        until(|| self.status().state == state).await;
    }

    pub(crate) fn value(&self, path: &str) -> Option<Value> {
        self.broker.get(&self.client, path).unwrap().value
    }

    pub(crate) fn time(&self, path: &str) -> Option<Timestamp> {
        self.broker.get(&self.client, path).unwrap().timestamp
    }
}

pub(crate) async fn until(mut what: impl FnMut() -> bool) {
    let wait = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("it never happened");
}
