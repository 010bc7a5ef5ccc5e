//! The broker as a client of `kuksa.val.v1` sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "broker/bench.rs"]
#[allow(dead_code, reason = "half of it is for the v2 tests")]
mod bench;

use bench::{Bench, actuate, publish, value};
use tokio_stream::StreamExt;
use tonic::{Code, transport::Channel};
use vehicle_edge_runtime::signals::proto::v1::{
    self as proto, Field, View, datapoint::Value, val_client::ValClient,
};
use vss_codegen::model::Access;

type Val = ValClient<Channel>;

const SPEED: &str = "Vehicle.Speed";
const DOOR: &str = "Vehicle.Cabin.Door.IsOpen";
const LEVEL: &str = "Vehicle.Cabin.Light.Level";

fn ask(path: &str, view: View) -> proto::GetRequest {
    let entry = proto::EntryRequest { path: path.to_owned(), view: view.into(), fields: vec![] };
    proto::GetRequest { entries: vec![entry] }
}

fn set(path: &str, field: Field, value: Value) -> proto::SetRequest {
    let datapoint = Some(proto::Datapoint { timestamp: None, value: Some(value) });
    let mut entry = proto::DataEntry { path: path.to_owned(), ..Default::default() };
    match field {
        Field::ActuatorTarget => entry.actuator_target = datapoint,
        _ => entry.value = datapoint,
    }
    let update = proto::EntryUpdate { entry: Some(entry), fields: vec![field.into()] };
    proto::SetRequest { updates: vec![update] }
}

fn follow(path: &str, view: View) -> proto::SubscribeRequest {
    let (path, view) = (path.to_owned(), view.into());
    proto::SubscribeRequest { entries: vec![proto::SubscribeEntry { path, view, fields: vec![] }] }
}

/// The code of the only error in the answer; 200 without one.
fn only(errors: &[proto::DataEntryError]) -> u32 {
    match errors {
        [] => 200,
        [one] => {
            let error = one.error.as_ref().unwrap();
            assert!(!error.message.is_empty());
            error.code
        }
        more => panic!("{more:?}"),
    }
}

async fn get_code(client: &mut Val, path: &str) -> u32 {
    let answer = client.get(ask(path, View::CurrentValue)).await.unwrap().into_inner();
    assert_eq!(answer.error.is_some(), !answer.errors.is_empty());
    only(&answer.errors)
}

async fn set_code(client: &mut Val, path: &str, field: Field, value: Value) -> u32 {
    only(&client.set(set(path, field, value)).await.unwrap().into_inner().errors)
}

#[tokio::test]
async fn errors_stand_in_the_answer_where_the_interface_has_them() {
    let bench = Bench::start().await;
    let mut client = bench.v1().await;
    for (path, expected) in [
        (SPEED, 200),
        ("Vehicle.Cabin", 200),
        ("", 200),
        ("Vehicle.Nothing", 404),
        ("Vehicle.Ca*", 400),
    ] {
        assert_eq!(get_code(&mut client, path).await, expected, "Get '{path}'");
    }
    for (path, field, value, expected) in [
        (SPEED, Field::Value, Value::Float(250.0), 200),
        (SPEED, Field::Value, Value::Float(251.0), 400),
        (SPEED, Field::Value, Value::Double(1.0), 400),
        (SPEED, Field::MetadataUnit, Value::Float(1.0), 400),
        ("Vehicle.Nothing", Field::Value, Value::Float(1.0), 404),
        ("Vehicle.Nothing", Field::ActuatorTarget, Value::Bool(true), 404),
        (DOOR, Field::ActuatorTarget, Value::Bool(true), 200),
        (DOOR, Field::ActuatorTarget, Value::Int32(1), 400),
    ] {
        let what = format!("Set {path} {field:?} {value:?}");
        assert_eq!(set_code(&mut client, path, field, value).await, expected, "{what}");
    }
    // These are the call's own.
    let none = client.get(proto::GetRequest::default()).await.unwrap_err();
    assert_eq!(none.code(), Code::InvalidArgument);
    let none = client.subscribe(proto::SubscribeRequest::default()).await.unwrap_err();
    assert_eq!(none.code(), Code::InvalidArgument);
    let sensor = set(SPEED, Field::ActuatorTarget, Value::Float(1.0));
    assert_eq!(client.set(sensor).await.unwrap_err().code(), Code::InvalidArgument);
    let unknown = client.subscribe(follow("Vehicle.Nothing", View::CurrentValue)).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_v1_target_reaches_a_v2_provider_and_a_v2_one_a_v1_follower() {
    let bench = Bench::start().await;
    let mut client = bench.v1().await;
    let mut targets = client.subscribe(follow(DOOR, View::TargetValue)).await.unwrap().into_inner();
    let first = targets.next().await.unwrap().unwrap().updates;
    assert_eq!(first[0].entry.as_ref().unwrap().actuator_target, None);

    let mut provider = bench.provider().await;
    provider.claim_actuations(&[DOOR]).await;
    let code = set_code(&mut client, DOOR, Field::ActuatorTarget, Value::Bool(true)).await;
    assert_eq!(code, 200);
    assert_eq!(provider.actuations().await, [(3, Some(value(true)))]);
    bench.tcp().await.actuate(actuate(DOOR, value(false))).await.unwrap();
    assert_eq!(provider.actuations().await, [(3, Some(value(false)))]);

    for expected in [true, false] {
        let updates = targets.next().await.unwrap().unwrap().updates;
        let entry = updates[0].entry.as_ref().unwrap();
        assert_eq!(updates[0].fields, [i32::from(Field::ActuatorTarget)]);
        let target = entry.actuator_target.as_ref().unwrap();
        assert_eq!(target.value, Some(Value::Bool(expected)));
    }
}

#[tokio::test]
async fn a_follower_gets_all_first_and_then_what_changed() {
    let bench = Bench::start().await;
    let mut client = bench.v1().await;
    let mut updates = client.subscribe(follow("Vehicle", View::All)).await.unwrap().into_inner();
    let first = updates.next().await.unwrap().unwrap().updates;
    assert_eq!(first.len(), 5);
    assert!(first.iter().all(|update| update.entry.as_ref().unwrap().metadata.is_some()));

    bench.tcp().await.publish_value(publish(SPEED, bench::float(3.0))).await.unwrap();
    let next = updates.next().await.unwrap().unwrap().updates;
    let entry = next[0].entry.as_ref().unwrap();
    assert_eq!((next.len(), entry.path.as_str()), (1, SPEED));
    assert_eq!(entry.value.as_ref().unwrap().value, Some(Value::Float(3.0)));
}

#[tokio::test]
async fn an_app_learns_nothing_that_it_was_not_granted() {
    let bench = Bench::start().await;
    let door = bench.app("speedy", &[(SPEED, Access::Read), (LEVEL, Access::Write)]);
    let mut app = door.v1().await;
    let mut outside = bench.tcp().await;
    for (path, value) in [(SPEED, bench::float(1.0)), (DOOR, value(true))] {
        outside.publish_value(publish(path, value)).await.unwrap();
    }
    assert_eq!(get_code(&mut app, SPEED).await, 200);
    for path in [DOOR, LEVEL] {
        assert_eq!(get_code(&mut app, path).await, 403, "{path}");
        for view in [View::TargetValue, View::All] {
            let answer = app.get(ask(path, view)).await.unwrap().into_inner();
            assert_eq!((answer.entries, only(&answer.errors)), (vec![], 403));
            let refused = app.subscribe(follow(path, view)).await.unwrap_err();
            assert_eq!(refused.code(), Code::PermissionDenied);
        }
    }
    for root in ["", "Vehicle", "Vehicle.**"] {
        let answer = app.get(ask(root, View::All)).await.unwrap().into_inner();
        let paths: Vec<_> = answer.entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, [SPEED], "values of '{root}'");
        let answer = app.get(ask(root, View::Metadata)).await.unwrap().into_inner();
        let paths: Vec<_> = answer.entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, [SPEED, LEVEL], "metadata of '{root}'");
        let mut updates = app.subscribe(follow(root, View::All)).await.unwrap().into_inner();
        assert_eq!(updates.next().await.unwrap().unwrap().updates.len(), 1);
    }
    assert_eq!(get_code(&mut app, "Vehicle.Cabin").await, 404);
    assert_eq!(only(&app.get(ask(DOOR, View::Metadata)).await.unwrap().into_inner().errors), 404);

    for (path, field, value, expected) in [
        (LEVEL, Field::ActuatorTarget, Value::Uint32(5), 200),
        (LEVEL, Field::Value, Value::Uint32(5), 403),
        (SPEED, Field::Value, Value::Float(5.0), 403),
        (DOOR, Field::ActuatorTarget, Value::Bool(false), 403),
    ] {
        let what = format!("{path} {field:?}");
        let request = set(path, field, value.clone());
        assert_eq!(set_code(&mut app, path, field, value).await, expected, "{what}");
        let request = proto::StreamedUpdateRequest { updates: request.updates };
        let stream = tokio_stream::iter([request]);
        let mut answers = app.streamed_update(stream).await.unwrap().into_inner();
        assert_eq!(only(&answers.next().await.unwrap().unwrap().errors), expected, "{what}");
    }
}

#[tokio::test]
async fn a_request_that_asks_for_too_much_is_refused_soon() {
    let bench = Bench::start().await;
    let door = bench.app("greedy", &[(SPEED, Access::Read)]);
    let mut app = door.v1().await;
    for path in ["", "Vehicle.**", SPEED] {
        let mut request = ask(path, View::All);
        request.entries = vec![request.entries[0].clone(); 100_000];
        let refused = app.get(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted, "{path}: {refused}");
        let mut request = follow(path, View::All);
        request.entries = vec![request.entries[0].clone(); 100_000];
        let refused = app.subscribe(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted, "{path}: {refused}");
    }
    // Each signal of a large catalogue by its name is not too much.
    let mut request = ask(SPEED, View::CurrentValue);
    request.entries = vec![request.entries[0].clone(); 5_000];
    assert_eq!(app.get(request).await.unwrap().into_inner().entries.len(), 5_000);
}
