//! The mirror before a real databroker: `VEHICLE_EDGE_TEST_KUKSA=HOST:PORT` names one that
//! serves a VSS 4 model or later without a token. A program of its own and no `#[test]`, so
//! that without that address its output says "not run" and nobody reads "ok".
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vehicle_edge_runtime::signals::{
    Broker, Client, Part, SourceState, Sources,
    kuksa::{Kuksa, Upstream},
    proto::v2::{self as proto, signal_id::Signal, val_client::ValClient, value::TypedValue},
};
use vss_codegen::model::Value;

const VARIABLE: &str = "VEHICLE_EDGE_TEST_KUKSA";
const SPEED: &str = "Vehicle.Speed";

fn main() {
    let Ok(address) = std::env::var(VARIABLE) else {
        println!("not run: no databroker was asked, {VARIABLE}=HOST:PORT names one");
        return;
    };
    tokio::runtime::Runtime::new().unwrap().block_on(mirrors(&address));
    println!("{address} is mirrored");
}

async fn mirrors(address: &str) {
    let json = r#"{
        "model": {"name": "Vehicle", "hash": "sha256:00"},
        "sdk": {"name": "vehicle_signal_model", "version": "1"},
        "signals": [{"path": "Vehicle.Speed", "type": "sensor", "datatype": "float",
                     "access": ["read", "provide"]}]
    }"#;
    let broker = Broker::new(&serde_json::from_str(json).unwrap()).unwrap();
    let upstream = Upstream { address: address.parse().unwrap(), token: None, ca: None };
    let part = Part::new(Kuksa::new(upstream), Vec::new()).unwrap();
    let stop = CancellationToken::new();
    let sources = Sources::start(&broker, vec![part], &stop);
    let status = || sources.list().remove(0);
    until(|| status().state == SourceState::Connected, || format!("{:?}", status())).await;
    println!("connected: {}", status().detail.unwrap_or_default());

    let mut client = ValClient::connect(format!("http://{address}")).await.unwrap();
    for speed in [12.5, 13.5] {
        let value = Some(proto::Value { typed_value: Some(TypedValue::Float(speed)) });
        let request = proto::PublishValueRequest {
            signal_id: Some(proto::SignalId { signal: Some(Signal::Path(SPEED.to_owned())) }),
            data_point: Some(proto::Datapoint { timestamp: None, value }),
        };
        client.publish_value(request).await.unwrap();
        let now = || broker.get(&Client::runtime(), SPEED).unwrap().value;
        until(|| now() == Some(Value::Float(speed)), || format!("{:?}", now())).await;
    }
}

async fn until(what: impl Fn() -> bool, is: impl Fn() -> String) {
    let wait = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), wait).await.is_ok(), "{}", is());
}
