//! The broker as a client of `kuksa.val.v2` sees it: over TCP, and over an app's socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "broker/bench.rs"]
#[allow(dead_code, reason = "half of it is for the v1 tests")]
mod bench;

use std::{collections::HashMap, io, sync::Mutex, time::Duration};

use bench::{Bench, Val, actuate, by_path, datapoint, float, publish, string, value};
use hyper_util::rt::TokioIo;
use tokio_stream::StreamExt;
use tonic::{Code, transport::Endpoint};
use vehicle_edge_runtime::signals::{
    Client, Grants, PipeDoor,
    proto::v2::{
        self as proto, open_provider_stream_request::Action as Request,
        open_provider_stream_response::Action as Reply, val_client::ValClient, value::TypedValue,
    },
    serve_app,
};
use vss_codegen::model::Access;

const SPEED: &str = "Vehicle.Speed";
const DOOR: &str = "Vehicle.Cabin.Door.IsOpen";
const LEVEL: &str = "Vehicle.Cabin.Light.Level";
const GEAR: &str = "Vehicle.Gear";

/// A call by name, with its outcome as one code.
async fn code<T, F>(call: F) -> Code
where
    F: Future<Output = Result<tonic::Response<T>, tonic::Status>>,
{
    match call.await {
        Ok(_) => Code::Ok,
        Err(status) => {
            assert!(!status.message().is_empty(), "{status:?} says nothing");
            status.code()
        }
    }
}

async fn get(client: &mut Val, path: &str) -> Option<proto::Value> {
    let request = proto::GetValueRequest { signal_id: Some(by_path(path)) };
    client.get_value(request).await.unwrap().into_inner().data_point.unwrap().value
}

fn subscribe(paths: &[&str], buffer_size: u32) -> proto::SubscribeRequest {
    let signal_paths = paths.iter().map(|path| (*path).to_owned()).collect();
    proto::SubscribeRequest { signal_paths, buffer_size, filter: None }
}

#[tokio::test]
async fn metadata_lists_a_branch_with_everything_the_model_says() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    let request =
        proto::ListMetadataRequest { root: "Vehicle.Cabin".to_owned(), filter: String::new() };
    let list = client.list_metadata(request).await.unwrap().into_inner().metadata;
    let paths: Vec<_> = list.iter().map(|metadata| metadata.path.as_str()).collect();
    assert_eq!(paths, [DOOR, LEVEL]);
    let level = &list[1];
    assert_eq!(level.data_type(), proto::DataType::Uint8);
    assert_eq!(level.entry_type(), proto::EntryType::Actuator);
    assert_eq!((level.unit.as_str(), level.comment.as_str()), ("percent", "Of the ceiling"));
    assert_eq!(level.max.as_ref().unwrap().typed_value, Some(TypedValue::Uint32(100)));
    assert_eq!(level.min, None);
}

#[tokio::test]
async fn a_subscriber_gets_all_first_and_then_what_changed() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    client.publish_value(publish(SPEED, float(10.0))).await.unwrap();
    let mut stream = client.subscribe(subscribe(&[SPEED, DOOR], 0)).await.unwrap().into_inner();

    let first = stream.next().await.unwrap().unwrap().entries;
    assert_eq!(first.len(), 2);
    assert_eq!(first[SPEED].value, Some(float(10.0)));
    assert!(first[SPEED].timestamp.is_some());
    assert_eq!((&first[DOOR].value, &first[DOOR].timestamp), (&None, &None));

    // A sensor's equal value is told again.
    for speed in [11.0, 11.0] {
        client.publish_value(publish(SPEED, float(speed))).await.unwrap();
        let next = stream.next().await.unwrap().unwrap().entries;
        assert_eq!(next.len(), 1);
        assert_eq!(next[SPEED].value, Some(float(speed)));
    }

    let ids = proto::SubscribeByIdRequest { signal_ids: vec![1], ..Default::default() };
    let mut by_id = client.subscribe_by_id(ids).await.unwrap().into_inner();
    let first = by_id.next().await.unwrap().unwrap().entries;
    assert_eq!(first[&1].value, Some(float(11.0)));
}

#[tokio::test]
async fn an_attribute_is_told_only_when_it_changes() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    let vin = "Vehicle.VIN";
    let mut stream = client.subscribe(subscribe(&[vin], 10)).await.unwrap().into_inner();
    stream.next().await.unwrap().unwrap();
    for text in ["A", "A", "B"] {
        client.publish_value(publish(vin, string(text))).await.unwrap();
    }
    for text in ["A", "B"] {
        let next = stream.next().await.unwrap().unwrap().entries;
        assert_eq!(next[vin].value, Some(string(text)));
    }
}

#[tokio::test]
async fn a_slow_reader_loses_the_oldest_and_keeps_the_newest() {
    let bench = Bench::start().await;
    let mut subscription = bench.broker.subscribe(&bench.outside, &[SPEED, DOOR], 9).unwrap();
    subscription.next().await.unwrap();
    let mut client = bench.tcp().await;
    client.publish_value(publish(DOOR, value(true))).await.unwrap();
    for speed in 0..100 {
        client.publish_value(publish(SPEED, float(speed as f32))).await.unwrap();
    }
    assert_eq!(subscription.dropped(), 91);
    let mut speeds = Vec::new();
    let mut doors = 0;
    for _ in 0..9 {
        for update in subscription.next().await.unwrap() {
            match &**update.path() {
                SPEED => speeds.push(update.datapoint().value.as_ref().unwrap().to_string()),
                _ => doors += 1,
            }
        }
    }
    assert_eq!(doors, 1);
    assert_eq!(speeds, ["91", "92", "93", "94", "95", "96", "97", "98", "99"]);
    drop(subscription);
    assert_eq!(bench.broker.dropped(), 91);
}

#[tokio::test]
async fn a_sample_interval_thins_out_and_still_brings_the_last_value() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    let mut request = subscribe(&[SPEED], 0);
    let min_sample_interval = Some(proto::SampleInterval { interval_ms: 200 });
    request.filter = Some(proto::Filter { duration_ms: 2000, min_sample_interval });
    let mut stream = client.subscribe(request).await.unwrap().into_inner();
    stream.next().await.unwrap().unwrap();
    for speed in 0..20 {
        client.publish_value(publish(SPEED, float(speed as f32))).await.unwrap();
    }
    let next = stream.next().await.unwrap().unwrap().entries;
    assert_eq!(next[SPEED].value, Some(float(19.0)));
    // The end that the filter asked for.
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn actuations_go_to_the_provider_that_claimed_them() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    let mut provider = bench.provider().await;
    provider.claim_actuations(&[DOOR, LEVEL]).await;

    client.actuate(actuate(DOOR, value(true))).await.unwrap();
    assert_eq!(provider.actuations().await, [(3, Some(value(true)))]);
    // Nothing is stored: that is for the provider to publish.
    assert_eq!(get(&mut client, DOOR).await, None);

    let dim = proto::Value { typed_value: Some(TypedValue::Uint32(30)) };
    let both = vec![actuate(DOOR, value(false)), actuate(LEVEL, dim.clone())];
    let batch = proto::BatchActuateRequest { actuate_requests: both };
    client.batch_actuate(batch).await.unwrap();
    assert_eq!(provider.actuations().await, [(3, Some(value(false))), (4, Some(dim))]);

    let stream = tokio_stream::iter([true, false].map(|open| actuate(DOOR, value(open))));
    client.actuate_stream(stream).await.unwrap();
    assert_eq!(provider.actuations().await, [(3, Some(value(true)))]);
    assert_eq!(provider.actuations().await, [(3, Some(value(false)))]);

    let mut second = bench.provider().await;
    second.send(Request::ProvideActuationRequest(bench::claim(&[DOOR]))).await;
    assert_eq!(second.reply().await.unwrap_err().code(), Code::AlreadyExists);

    drop(provider);
    bench::until(|| async {
        let mut client = bench.tcp().await;
        code(client.actuate(actuate(DOOR, value(true)))).await == Code::Unavailable
    })
    .await;
    let mut third = bench.provider().await;
    third.claim_actuations(&[DOOR]).await;
}

#[tokio::test]
async fn one_bad_request_keeps_the_whole_batch_from_being_sent() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    let mut provider = bench.provider().await;
    provider.claim_actuations(&[DOOR]).await;
    let batch = proto::BatchActuateRequest {
        actuate_requests: vec![
            actuate(DOOR, value(true)),
            actuate(LEVEL, proto::Value { typed_value: Some(TypedValue::Uint32(1)) }),
        ],
    };
    assert_eq!(code(client.batch_actuate(batch)).await, Code::Unavailable);
    client.actuate(actuate(DOOR, value(false))).await.unwrap();
    assert_eq!(provider.actuations().await, [(3, Some(value(false)))]);
}

#[tokio::test]
async fn a_provider_that_closes_its_half_keeps_its_claim() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    let action = Some(Request::ProvideActuationRequest(bench::claim(&[DOOR])));
    let requests = tokio_stream::iter([proto::OpenProviderStreamRequest { action }]);
    let mut replies = client.open_provider_stream(requests).await.unwrap().into_inner();
    let claimed = replies.next().await.unwrap().unwrap().action;
    assert!(matches!(claimed, Some(Reply::ProvideActuationResponse(_))));
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.actuate(actuate(DOOR, value(true))).await.unwrap();
    let actuation = replies.next().await.unwrap().unwrap().action;
    assert!(matches!(actuation, Some(Reply::BatchActuateStreamRequest(_))));
}

#[tokio::test]
async fn a_provider_publishes_what_it_claimed_and_hears_what_was_refused() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    let mut provider = bench.provider().await;
    provider.claim_signals(&[1]).await;

    let values = |pairs: &[(i32, f32)]| {
        let data_points = pairs.iter().map(|(id, speed)| (*id, datapoint(float(*speed))));
        Request::PublishValuesRequest(proto::PublishValuesRequest {
            request_id: 7,
            data_points: data_points.collect(),
        })
    };
    provider.send(values(&[(1, 42.0)])).await;
    bench::until(|| async { get(&mut bench.tcp().await, SPEED).await == Some(float(42.0)) }).await;

    // Refusals stand in the answer, and the stream goes on.
    provider.send(values(&[(1, 999.0), (77, 1.0)])).await;
    let Ok(Reply::PublishValuesResponse(response)) = provider.reply().await else { panic!() };
    assert_eq!(response.request_id, 7);
    let codes: HashMap<i32, proto::ErrorCode> =
        response.status.iter().map(|(id, error)| (*id, error.code())).collect();
    assert_eq!(codes[&1], proto::ErrorCode::InvalidArgument);
    assert_eq!(codes[&77], proto::ErrorCode::NotFound);
    assert!(response.status[&1].message.contains(SPEED), "{response:?}");

    // Others may not claim it, nor publish it on a stream; a single PublishValue may.
    let mut second = bench.provider().await;
    second.send(values(&[(1, 1.0)])).await;
    assert_eq!(second.reply().await.unwrap_err().code(), Code::AlreadyExists);
    let mut third = bench.provider().await;
    let claim = HashMap::from([(1, proto::SampleInterval::default())]);
    let claim = proto::ProvideSignalRequest { signals_sample_intervals: claim };
    third.send(Request::ProvideSignalRequest(claim)).await;
    assert_eq!(third.reply().await.unwrap_err().code(), Code::AlreadyExists);
    client.publish_value(publish(SPEED, float(1.0))).await.unwrap();

    // What nobody claimed, nobody publishes on a stream.
    let mut fourth = bench.provider().await;
    fourth.send(values(&[(2, 1.0)])).await;
    assert_eq!(fourth.reply().await.unwrap_err().code(), Code::Aborted);
}

#[tokio::test]
async fn a_provider_that_only_publishes_ends_by_closing_its_half() {
    let bench = Bench::start().await;
    for _ in 0..100 {
        let mut client = bench.tcp().await;
        let claim = HashMap::from([(1, proto::SampleInterval::default())]);
        let claim = proto::ProvideSignalRequest { signals_sample_intervals: claim };
        let action = Some(Request::ProvideSignalRequest(claim));
        let requests = tokio_stream::iter([proto::OpenProviderStreamRequest { action }]);
        let mut replies = client.open_provider_stream(requests).await.unwrap().into_inner();
        let claimed = replies.next().await.unwrap().unwrap().action;
        assert!(matches!(claimed, Some(Reply::ProvideSignalResponse(_))));
        // Once the stream has ended, the signal is free for the next.
        assert!(replies.next().await.is_none());
    }
}

#[tokio::test]
async fn actuations_that_a_provider_refuses_are_counted() {
    let bench = Bench::start().await;
    let mut provider = bench.provider().await;
    provider.claim_actuations(&[DOOR]).await;
    let answer = |code: proto::ErrorCode, path: &str| {
        Request::BatchActuateStreamResponse(proto::BatchActuateStreamResponse {
            signal_id: Some(by_path(path)),
            error: Some(proto::Error { code: code.into(), message: "it is locked".to_owned() }),
        })
    };
    provider.send(answer(proto::ErrorCode::Ok, DOOR)).await;
    provider.send(answer(proto::ErrorCode::InvalidArgument, DOOR)).await;
    provider.send(answer(proto::ErrorCode::InvalidArgument, "Vehicle.Nothing")).await;
    provider.send(answer(proto::ErrorCode::PermissionDenied, DOOR)).await;
    // The answer to a claim says that all before it is done.
    provider.claim_actuations(&[LEVEL]).await;
    assert_eq!(bench.broker.refused(), 2);
}

#[tokio::test]
async fn claims_of_what_is_not_there_end_the_stream() {
    let bench = Bench::start().await;
    for (path, expected) in [
        ("Vehicle.Nothing", Code::NotFound),
        ("", Code::InvalidArgument),
        (SPEED, Code::InvalidArgument),
    ] {
        let mut provider = bench.provider().await;
        provider.send(Request::ProvideActuationRequest(bench::claim(&[DOOR, path]))).await;
        assert_eq!(provider.reply().await.unwrap_err().code(), expected, "{path}");
    }
    // The good one of a refused claim is free again.
    let mut provider = bench.provider().await;
    provider.claim_actuations(&[DOOR]).await;
}

#[tokio::test]
async fn an_app_may_do_what_it_was_granted_and_nothing_else() {
    let bench = Bench::start().await;
    let grants = [(SPEED, Access::Read), (LEVEL, Access::Write), ("Vehicle.VIN", Access::Provide)];
    let door = bench.app("speedy", &grants);
    let mut app = door.client().await;
    let mut outside = bench.tcp().await;
    for (path, value) in [(SPEED, float(1.0)), (DOOR, value(true)), ("Vehicle.VIN", string("A"))] {
        outside.publish_value(publish(path, value)).await.unwrap();
    }
    let mut provider = bench.provider().await;
    provider.claim_actuations(&[DOOR, LEVEL]).await;
    let level = |level| proto::Value { typed_value: Some(TypedValue::Uint32(level)) };

    assert_eq!(get(&mut app, SPEED).await, Some(float(1.0)));
    app.actuate(actuate(LEVEL, level(5))).await.unwrap();
    app.publish_value(publish("Vehicle.VIN", string("B"))).await.unwrap();

    let denied = Code::PermissionDenied;
    for path in [DOOR, LEVEL, "Vehicle.VIN", GEAR] {
        let by_id = bench.broker.registry().get(path).unwrap().id();
        let id = proto::SignalId { signal: Some(proto::signal_id::Signal::Id(by_id)) };
        for signal_id in [by_path(path), id] {
            let request = proto::GetValueRequest { signal_id: Some(signal_id.clone()) };
            assert_eq!(code(app.get_value(request)).await, denied, "GetValue {path}");
            let signal_ids = vec![by_path(SPEED), signal_id];
            let request = proto::GetValuesRequest { signal_ids };
            assert_eq!(code(app.get_values(request)).await, denied, "GetValues {path}");
        }
        assert_eq!(code(app.subscribe(subscribe(&[SPEED, path], 0))).await, denied, "{path}");
        let request = proto::SubscribeByIdRequest { signal_ids: vec![by_id], ..Default::default() };
        assert_eq!(code(app.subscribe_by_id(request)).await, denied, "SubscribeById {path}");
    }
    for (path, value) in [(SPEED, float(2.0)), (LEVEL, level(1)), (DOOR, value(false))] {
        assert_eq!(code(app.publish_value(publish(path, value))).await, denied, "{path}");
    }
    let request = actuate(DOOR, value(true));
    assert_eq!(code(app.actuate(request.clone())).await, denied);
    let both = vec![actuate(LEVEL, level(9)), request.clone()];
    let batch = proto::BatchActuateRequest { actuate_requests: both };
    assert_eq!(code(app.batch_actuate(batch)).await, denied);
    assert_eq!(code(app.actuate_stream(tokio_stream::iter([request]))).await, denied);
    for claim in [
        Request::ProvideActuationRequest(bench::claim(&[LEVEL])),
        Request::ProvideSignalRequest(proto::ProvideSignalRequest {
            signals_sample_intervals: HashMap::from([(1, proto::SampleInterval::default())]),
        }),
    ] {
        let mut stream = door.provider().await;
        stream.send(claim).await;
        assert_eq!(stream.reply().await.unwrap_err().code(), denied);
    }

    // The refusal says what to do about it.
    let request = proto::GetValueRequest { signal_id: Some(by_path(DOOR)) };
    let refusal = app.get_value(request).await.unwrap_err();
    assert_eq!(
        refusal.message(),
        "app speedy may not read Vehicle.Cabin.Door.IsOpen: declare it with access 'read' in \
         the app's manifest (vehicle_signal_lib.signals)"
    );
    // Only what was granted is listed, and the provider saw one actuation only.
    for root in ["", "Vehicle", "**"] {
        let request = proto::ListMetadataRequest { root: root.to_owned(), filter: String::new() };
        let list = app.list_metadata(request).await.unwrap().into_inner().metadata;
        let mut paths: Vec<_> = list.iter().map(|metadata| metadata.path.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, [LEVEL, SPEED, "Vehicle.VIN"]);
    }
    let request = proto::ListMetadataRequest { root: DOOR.to_owned(), filter: String::new() };
    assert_eq!(code(app.list_metadata(request)).await, Code::PermissionDenied);
    assert_eq!(provider.actuations().await, [(4, Some(level(5)))]);
    let unknown = proto::GetValueRequest { signal_id: Some(by_path("Vehicle.Cabin.Door.IsOpem")) };
    let refusal = app.get_value(unknown).await.unwrap_err();
    assert!(!refusal.message().contains("did you mean"), "{refusal}");
}

#[tokio::test]
async fn closing_an_apps_door_cuts_its_streams() {
    let bench = Bench::start().await;
    let door = bench.app("gone", &[(SPEED, Access::Read), (DOOR, Access::Provide)]);
    let mut app = door.client().await;
    let mut stream = app.subscribe(subscribe(&[SPEED], 0)).await.unwrap().into_inner();
    stream.next().await.unwrap().unwrap();
    let mut provider = door.provider().await;
    provider.claim_actuations(&[DOOR]).await;
    let folder = door.close();
    assert!(!folder.path().join("broker.sock").exists());

    let end = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.unwrap();
    assert!(end.is_none_or(|message| message.is_err()));
    bench::until(|| async {
        code(bench.tcp().await.actuate(actuate(DOOR, value(true)))).await == Code::Unavailable
    })
    .await;
}

#[tokio::test]
async fn a_pipe_is_a_door_like_the_others() {
    let bench = Bench::start().await;
    let grants = Grants::new([(SPEED.to_owned(), Access::Read)]).unwrap();
    let door = PipeDoor::new(bench.broker.clone(), Client::app("piped", grants));
    let (near, far) = tokio::io::duplex(1024);
    door.serve(far).await.unwrap();
    let near = Mutex::new(Some(TokioIo::new(near)));
    let connector = tower::service_fn(move |_| {
        let near = near.lock().unwrap().take().ok_or(io::ErrorKind::ConnectionRefused);
        async move { near.map_err(io::Error::from) }
    });
    let channel = Endpoint::from_static("http://pipe").connect_with_connector(connector).await;
    let mut app = ValClient::new(channel.unwrap());

    assert_eq!(code(app.actuate(actuate(DOOR, value(true)))).await, Code::PermissionDenied);
    let mut stream = app.subscribe(subscribe(&[SPEED], 0)).await.unwrap().into_inner();
    stream.next().await.unwrap().unwrap();
    drop(door);
    let end = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.unwrap();
    assert!(end.is_none_or(|message| message.is_err()));
    assert_eq!(code(app.get_server_info(proto::GetServerInfoRequest {})).await, Code::Unavailable);
}

#[tokio::test]
async fn a_door_that_was_opened_anew_outlives_the_old_one() {
    let bench = Bench::start().await;
    let old = bench.app("again", &[(SPEED, Access::Read)]);
    let path = old.path().to_owned();
    let new = serve_app(bench.broker.clone(), bench.outside.clone(), path.parent().unwrap());
    let _folder = old.close();
    assert!(path.exists());
    drop(new);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_clients_that_stay() {
    let bench = Bench::start().await;
    let mut client = bench.tcp().await;
    let mut stream = client.subscribe(subscribe(&[SPEED], 0)).await.unwrap().into_inner();
    stream.next().await.unwrap().unwrap();
    let server = bench.stop();
    tokio::time::timeout(Duration::from_secs(5), server).await.unwrap().unwrap().unwrap();
    assert!(stream.next().await.is_none_or(|message| message.is_err()));
}

#[tokio::test]
async fn a_reader_that_stops_reading_harms_nobody() {
    let bench = Bench::start().await;
    let mut lazy = bench.tcp().await;
    let unread = lazy.subscribe(subscribe(&[SPEED], 1000)).await.unwrap();
    let mut client = bench.tcp().await;
    let mut stream = client.subscribe(subscribe(&[SPEED], 0)).await.unwrap().into_inner();
    let mut provider = bench.provider().await;
    provider.claim_signals(&[1]).await;
    for number in 0..20_000 {
        let data_points = HashMap::from([(1, datapoint(float((number % 250) as f32)))]);
        let request = proto::PublishValuesRequest { request_id: number, data_points };
        provider.send(Request::PublishValuesRequest(request)).await;
    }
    // The last of 20,000 arrives, and both connections still live.
    let last = float(249.0);
    let wanted = async {
        while let Some(message) = stream.next().await {
            if message.unwrap().entries[SPEED].value.as_ref() == Some(&last) {
                return;
            }
        }
        panic!("the stream ended");
    };
    tokio::time::timeout(Duration::from_secs(20), wanted).await.unwrap();
    assert_eq!(code(lazy.get_server_info(proto::GetServerInfoRequest {})).await, Code::Ok);
    drop(unread);
}

#[tokio::test]
async fn one_request_cannot_multiply_a_large_value() {
    let bench = Bench::start().await;
    let vin = "Vehicle.VIN";
    let door = bench.app("loud", &[(vin, Access::Read), (vin, Access::Provide)]);
    let mut app = door.client().await;
    let too_large = "x".repeat((64 << 10) + 1);
    let refused = app.publish_value(publish(vin, bench::string(&too_large))).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.message(), "Vehicle.VIN: a value has at most 65536 bytes, this one 65537");
    app.publish_value(publish(vin, bench::string(&too_large[1..]))).await.unwrap();

    let signal_ids = vec![by_path(vin); 1000];
    let refused = app.get_values(proto::GetValuesRequest { signal_ids }).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    let signal_ids = vec![by_path(vin); 20];
    let answer = app.get_values(proto::GetValuesRequest { signal_ids }).await.unwrap();
    assert_eq!(answer.into_inner().data_points.len(), 20);
}

#[tokio::test]
async fn a_stream_on_which_nothing_is_sent_ends_with_its_client() {
    let bench = Bench::start().await;
    let door = bench.app("quiet", &[(DOOR, Access::Write)]);
    let mut client = door.client().await;
    let open = tokio::spawn(async move { client.actuate_stream(tokio_stream::pending()).await });
    door.provider().await;
    door.app.close();
    let ended = tokio::time::timeout(Duration::from_secs(10), open).await.unwrap().unwrap();
    assert_eq!(ended.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_revoked_app_loses_its_streams_and_claims() {
    let bench = Bench::start().await;
    let door = bench.app("revoked", &[(DOOR, Access::Provide), (SPEED, Access::Read)]);
    let mut values = door.client().await.subscribe(subscribe(&[SPEED], 0)).await.unwrap();
    values.get_mut().message().await.unwrap().unwrap();
    let mut provider = door.provider().await;
    provider.claim_actuations(&[DOOR]).await;

    door.app.set_grants(Grants::default());
    let ended = values.get_mut().message().await.unwrap_err();
    assert_eq!(ended.code(), Code::PermissionDenied, "{ended}");
    let ended = provider.reply().await.unwrap_err();
    assert_eq!(ended.code(), Code::PermissionDenied, "{ended}");
    let mut outside = bench.tcp().await;
    let refused = outside.actuate(actuate(DOOR, value(true))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
}
