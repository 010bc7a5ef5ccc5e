//! What goes wrong in the reference broker, and must not here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "broker/bench.rs"]
#[allow(dead_code, reason = "half of it is for the other tests")]
mod bench;

use std::time::Duration;

use bench::{Bench, Val, actuate, by_path, float, publish, until, value};
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tonic::Code;
use vehicle_edge_runtime::signals::proto::{v1, v2};

const SPEED: &str = "Vehicle.Speed";
const DOOR: &str = "Vehicle.Cabin.Door.IsOpen";
const ALL: [&str; 5] = [SPEED, "Vehicle.Gear", DOOR, "Vehicle.Cabin.Light.Level", "Vehicle.VIN"];

async fn get(client: &mut Val, path: &str) -> Option<v2::Value> {
    let request = v2::GetValueRequest { signal_id: Some(by_path(path)) };
    client.get_value(request).await.unwrap().into_inner().data_point.unwrap().value
}

fn subscribe(paths: &[&str]) -> v2::SubscribeRequest {
    let signal_paths = paths.iter().map(|path| (*path).to_owned()).collect();
    v2::SubscribeRequest { signal_paths, buffer_size: 0, filter: None }
}

fn follow(paths: &[&str]) -> v1::SubscribeRequest {
    let entry = |path: &&str| v1::SubscribeEntry {
        path: (*path).to_owned(),
        view: v1::View::CurrentValue.into(),
        fields: Vec::new(),
    };
    v1::SubscribeRequest { entries: paths.iter().map(entry).collect() }
}

/// There, GetValue asks the provider, waits for a second for one that is silent, holds up
/// everybody meanwhile, and panics on signals that no provider has.
#[tokio::test]
async fn a_silent_provider_holds_up_no_get() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    client.publish_value(publish(SPEED, float(3.0))).await.unwrap();
    let mut silent = bench.provider().await;
    silent.claim_signals(&[1, 2]).await;
    // Nothing that the provider would have to answer is ever sent to it.
    assert_eq!(get(&mut client, SPEED).await, Some(float(3.0)));
    for path in &ALL[1..] {
        assert_eq!(get(&mut client, path).await, None, "{path}");
    }
    let unasked = timeout(Duration::from_millis(100), silent.reply()).await;
    assert!(unasked.is_err(), "{unasked:?}");
}

/// There, a subscription within a second of it panics.
#[tokio::test]
async fn a_provider_may_leave_while_others_come() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    for round in 0..50_u8 {
        let mut provider = bench.provider().await;
        until(async || bench.broker.holders(SPEED).publisher.is_none()).await;
        provider.claim_signals(&[1]).await;
        provider.claim_actuations(&[DOOR]).await;
        drop(provider);
        let mut stream = client.subscribe(subscribe(&[SPEED])).await.unwrap().into_inner();
        assert_eq!(stream.next().await.unwrap().unwrap().entries.len(), 1);
        client.publish_value(publish(SPEED, float(f32::from(round)))).await.unwrap();
        let update = stream.next().await.unwrap().unwrap();
        assert_eq!(update.entries[SPEED].value, Some(float(f32::from(round))));
    }
    // Who asks for an actuation is told that nobody is there.
    until(async || {
        let told = client.clone().actuate(actuate(DOOR, value(true))).await;
        told.is_err_and(|status| status.code() == Code::Unavailable)
    })
    .await;
}

/// There, it fails the whole subscription, always.
#[tokio::test]
async fn an_unknown_path_is_left_out_where_that_is_wanted() {
    let bench = Bench::start().await;
    let (mut client, mut v1) = (bench.tcp().await, bench.v1().await);
    let mixed = ["Vehicle.Nothing", SPEED];
    let refused = client.subscribe(subscribe(&mixed)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert_eq!(v1.subscribe(follow(&mixed)).await.unwrap_err().code(), Code::NotFound);

    bench.broker.skip_unknown(true);
    let mut stream = client.subscribe(subscribe(&mixed)).await.unwrap().into_inner();
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(first.entries.keys().collect::<Vec<_>>(), [SPEED]);
    let mut stream = v1.subscribe(follow(&mixed)).await.unwrap().into_inner();
    assert_eq!(stream.next().await.unwrap().unwrap().updates.len(), 1);
    // With nothing left there is nothing to follow.
    let nothing = client.subscribe(subscribe(&mixed[..1])).await.unwrap_err();
    assert_eq!(nothing.code(), Code::NotFound);
    assert_eq!(v1.subscribe(follow(&mixed[..1])).await.unwrap_err().code(), Code::NotFound);
}
