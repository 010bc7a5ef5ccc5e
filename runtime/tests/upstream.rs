//! A broker of ours in front of an upstream, which is a second one of ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "upstream/bench.rs"]
mod bench;
#[path = "upstream/killed.rs"]
mod killed;
#[path = "upstream/restarts.rs"]
mod restarts;

use bench::{
    DIFFERS, LIGHT, Mirror, NUMBERED, OURS, SEAT, SPEED, Upstream, VIN, here, kuksa, numbered,
    there, until,
};
use vehicle_edge_runtime::signals::{
    Broker, Client, Part, SignalError, SignalRef, SourceState,
    mock::{Mock, Script},
};
use vss_codegen::model::Value;

const ANY: &str = "127.0.0.1:0";

#[tokio::test]
async fn what_the_upstream_has_is_ours_with_its_time() {
    let upstream = Upstream::start(&there(1), ANY).await;
    upstream.publish(SPEED, Value::Float(1.5));
    upstream.publish(VIN, Value::String("W1".into()));
    upstream.publish(DIFFERS, Value::Int32(1));
    for number in 0..NUMBERED {
        upstream.publish(&numbered(number), Value::Int32(number as i32));
    }
    let mirror = Mirror::start(&here(), vec![kuksa(&upstream.address.to_string(), &[])]);
    let all = || {
        (0..NUMBERED).all(|n| mirror.value(&numbered(n)) == Some(Value::Int32(n as i32)))
            && mirror.value(SPEED) == Some(Value::Float(1.5))
            && mirror.value(VIN) == Some(Value::String("W1".into()))
    };
    until(all).await;
    let time = upstream.broker.get(&Client::runtime(), SPEED).unwrap().timestamp;
    assert_eq!(mirror.time(SPEED), time);
    // One is of another type, one is not there, one never had a value.
    for path in [DIFFERS, OURS, SEAT] {
        assert_eq!((mirror.value(path), mirror.time(path)), (None, None), "{path}");
    }
    mirror.is(SourceState::Connected).await;
    let signals = NUMBERED + 4;
    let detail = format!(
        "vehicle-edge {} at {}, {signals} of {} signals",
        env!("CARGO_PKG_VERSION"),
        upstream.address,
        signals + 2
    );
    assert_eq!(mirror.status().detail, Some(detail));

    // Onwards: new values, and that there is none.
    upstream.publish(SPEED, Value::Float(2.5));
    until(|| mirror.value(SPEED) == Some(Value::Float(2.5))).await;
    upstream.broker.clear(&Client::runtime(), SPEED).unwrap();
    until(|| mirror.value(SPEED).is_none()).await;
}

#[tokio::test]
async fn actuations_go_upstream_and_come_back_as_values() {
    let mut upstream = Upstream::start(&there(2), ANY).await;
    let mirror = Mirror::start(&here(), vec![kuksa(&upstream.address.to_string(), &[])]);
    mirror.is(SourceState::Connected).await;
    mirror.broker.actuate(&mirror.client, SEAT, Value::Uint32(7)).await.unwrap();
    let batch = upstream.actuations.recv().await.unwrap();
    assert_eq!(batch[0].path().as_ref(), SEAT);
    assert_eq!(batch[0].datapoint().value, Some(Value::Uint32(7)));
    upstream.publish(SEAT, Value::Uint32(7));
    until(|| mirror.value(SEAT) == Some(Value::Uint32(7))).await;

    // Nobody carries that out upstream: it is taken here, and refused there.
    assert_eq!(mirror.broker.refused(), 0);
    mirror.broker.actuate(&mirror.client, LIGHT, Value::Uint32(7)).await.unwrap();
    until(|| mirror.broker.refused() == 1).await;

    // Whoever claims an actuator here goes first.
    let (provider, mut here) = mirror.broker.provider(&mirror.client);
    provider.claim_actuations(&[SignalRef::Path(SEAT)]).unwrap();
    mirror.broker.actuate(&mirror.client, SEAT, Value::Uint32(8)).await.unwrap();
    assert_eq!(here.recv().await.unwrap()[0].datapoint().value, Some(Value::Uint32(8)));
    assert!(upstream.actuations.try_recv().is_err(), "and nobody else was asked");
}

#[tokio::test]
async fn what_is_published_here_stays_here() {
    let upstream = Upstream::start(&there(3), ANY).await;
    let mirror = Mirror::start(&here(), vec![kuksa(&upstream.address.to_string(), &[])]);
    mirror.is(SourceState::Connected).await;
    let (provider, _actuations) = mirror.broker.provider(&mirror.client);
    provider.claim_signals(&[SignalRef::Path(SPEED)]).unwrap();
    provider.publish(SignalRef::Path(SPEED), Some(Value::Float(5.0))).unwrap();
    upstream.publish(SPEED, Value::Float(6.0));
    upstream.publish(VIN, Value::String("W2".into()));
    until(|| mirror.value(VIN).is_some()).await;
    assert_eq!(mirror.value(SPEED), Some(Value::Float(5.0)), "claimed here");
    let there = upstream.broker.get(&Client::runtime(), SPEED).unwrap().value;
    assert_eq!(there, Some(Value::Float(6.0)));

    // And it is not withdrawn with the upstream's.
    let _actuations = upstream.kill().await;
    mirror.is(SourceState::Away).await;
    assert_eq!(mirror.value(VIN), None);
    assert_eq!(mirror.value(SPEED), Some(Value::Float(5.0)));
}

#[tokio::test]
async fn some_branches_come_from_the_car_and_others_are_mocked() {
    let mut upstream = Upstream::start(&there(4), ANY).await;
    let broker = Broker::new(&here()).unwrap();
    let mock = Mock::new(&broker, Script::default()).unwrap();
    let mock = Part::new(mock, Vec::new()).unwrap();
    let cabin = kuksa(&upstream.address.to_string(), &["Vehicle.Cabin.**", VIN]);
    let mirror = Mirror::of(broker, vec![cabin, mock]);
    mirror.is(SourceState::Connected).await;
    until(|| mirror.value(SPEED).is_some() && mirror.value(OURS).is_some()).await;
    assert_eq!((mirror.value(VIN), mirror.value(SEAT)), (None, None), "the car's");
    upstream.publish(VIN, Value::String("W3".into()));
    until(|| mirror.value(VIN) == Some(Value::String("W3".into()))).await;
    mirror.broker.actuate(&mirror.client, SEAT, Value::Uint32(9)).await.unwrap();
    let asked = upstream.actuations.recv().await.unwrap();
    assert_eq!(asked[0].datapoint().value, Some(Value::Uint32(9)));

    let names: Vec<_> = mirror.sources.list().into_iter().map(|source| source.name).collect();
    assert_eq!(names, ["kuksa", "mock"]);
    // The mock does not take over what the car gives no more.
    let _actuations = upstream.kill().await;
    mirror.is(SourceState::Away).await;
    assert_eq!(mirror.value(VIN), None);
    let refused = mirror.broker.actuate(&mirror.client, SEAT, Value::Uint32(1)).await;
    assert!(matches!(refused, Err(SignalError::NoProvider { .. })), "{refused:?}");
}

#[tokio::test]
async fn an_upstream_that_was_never_there_is_away_and_then_found() {
    let listener = tokio::net::TcpListener::bind(ANY).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mirror = Mirror::start(&here(), vec![kuksa(&address, &[])]);
    mirror.is(SourceState::Away).await;
    let detail = mirror.status().detail.unwrap();
    assert!(detail.starts_with(&format!("{address}: Connection refused")), "{detail}");
    let upstream = Upstream::start(&there(0), &address).await;
    upstream.publish(SPEED, Value::Float(1.0));
    until(|| mirror.value(SPEED) == Some(Value::Float(1.0))).await;
}

#[tokio::test]
async fn an_exchanged_model_keeps_what_survives_and_takes_what_is_new() {
    let mut upstream = Upstream::start(&there(6), ANY).await;
    upstream.publish(SPEED, Value::Float(3.0));
    upstream.publish(VIN, Value::String("W4".into()));
    let mut older = here();
    older.signals.retain(|signal| signal.path != VIN);
    let mirror = Mirror::start(&older, vec![kuksa(&upstream.address.to_string(), &[])]);
    until(|| mirror.value(SPEED) == Some(Value::Float(3.0))).await;
    let mut speeds = mirror.broker.subscribe(&mirror.client, &[SPEED], 100).unwrap();

    mirror.broker.swap_model(&here()).unwrap();
    until(|| mirror.broker.get(&mirror.client, VIN).unwrap().value.is_some()).await;
    until(|| mirror.value(SPEED) == Some(Value::Float(3.0))).await;
    upstream.publish(SPEED, Value::Float(4.0));
    loop {
        let value = speeds.next().await.unwrap()[0].datapoint().value.clone();
        assert!(value.is_some(), "a surviving value was withdrawn");
        if value == Some(Value::Float(4.0)) {
            break;
        }
    }
    let signals = format!("{} of {} signals", NUMBERED + 4, NUMBERED + 6);
    until(|| mirror.status().detail.is_some_and(|detail| detail.ends_with(&signals))).await;
    mirror.broker.actuate(&mirror.client, SEAT, Value::Uint32(5)).await.unwrap();
    let asked = upstream.actuations.recv().await.unwrap();
    assert_eq!(asked[0].datapoint().value, Some(Value::Uint32(5)));
}
