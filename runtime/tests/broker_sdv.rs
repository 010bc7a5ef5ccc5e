//! The broker as a client of `sdv.databroker.v1` sees it, and what it tells of itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "broker/bench.rs"]
#[allow(dead_code, reason = "half of it is for the other protocols")]
mod bench;

use std::{collections::HashMap, time::Duration};

use bench::{Bench, Door, actuate, by_path, publish, value as v2_value};
use prost_reflect::DescriptorPool;
use tokio_stream::StreamExt;
use tonic::{Code, Streaming, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest as Ask,
    server_reflection_response::MessageResponse as Answer,
};
use vehicle_edge_runtime::signals::{
    Grants,
    proto::{
        DESCRIPTORS,
        sdv::{
            self as proto, DatapointError, broker_client::BrokerClient,
            collector_client::CollectorClient, datapoint::Failure, datapoint::Value,
        },
        v2,
    },
};
use vss_codegen::model::{Access, Manifest};

type Broker = BrokerClient<Channel>;
type Collector = CollectorClient<Channel>;

const SPEED: &str = "Vehicle.Speed";
const GEAR: &str = "Vehicle.Gear";
const DOOR: &str = "Vehicle.Cabin.Door.IsOpen";
const LEVEL: &str = "Vehicle.Cabin.Light.Level";
const VIN: &str = "Vehicle.VIN";

async fn outside(bench: &Bench) -> (Broker, Collector) {
    let channel = bench.channel().await;
    (BrokerClient::new(channel.clone()), CollectorClient::new(channel))
}

async fn inside(door: &Door) -> (Broker, Collector) {
    let channel = door.channel().await;
    (BrokerClient::new(channel.clone()), CollectorClient::new(channel))
}

fn datapoint(value: Value) -> proto::Datapoint {
    proto::Datapoint { timestamp: None, value: Some(value) }
}

fn failure(failure: Failure) -> Value {
    Value::FailureValue(failure.into())
}

async fn get(client: &mut Broker, path: &str) -> Value {
    let request = proto::GetDatapointsRequest { datapoints: vec![path.to_owned()] };
    let mut reply = client.get_datapoints(request).await.unwrap().into_inner();
    assert_eq!(reply.datapoints.len(), 1);
    reply.datapoints.remove(path).unwrap().value.unwrap()
}

/// The error of a target; `None` when it was taken.
async fn set(client: &mut Broker, path: &str, value: Value) -> Option<DatapointError> {
    let datapoints = HashMap::from([(path.to_owned(), datapoint(value))]);
    let request = proto::SetDatapointsRequest { datapoints };
    let mut errors = client.set_datapoints(request).await.unwrap().into_inner().errors;
    let error = errors.remove(path).map(|error| DatapointError::try_from(error).unwrap());
    assert!(errors.is_empty());
    error
}

async fn update(client: &mut Collector, id: i32, value: Value) -> Option<DatapointError> {
    let datapoints = HashMap::from([(id, datapoint(value))]);
    let request = proto::UpdateDatapointsRequest { datapoints: datapoints.clone() };
    let reply = client.update_datapoints(request).await.unwrap().into_inner();
    // The stream answers the same.
    let stream = tokio_stream::iter([proto::StreamDatapointsRequest { datapoints }]);
    let mut replies = client.stream_datapoints(stream).await.unwrap().into_inner();
    assert_eq!(replies.next().await.unwrap().unwrap().errors, reply.errors);
    reply.errors.get(&id).map(|error| DatapointError::try_from(*error).unwrap())
}

fn registration(name: &str, data_type: proto::DataType) -> proto::RegistrationMetadata {
    let (name, data_type) = (name.to_owned(), data_type.into());
    proto::RegistrationMetadata { name, data_type, ..Default::default() }
}

async fn register(
    client: &mut Collector,
    list: Vec<proto::RegistrationMetadata>,
) -> Result<HashMap<String, i32>, tonic::Status> {
    let request = proto::RegisterDatapointsRequest { list };
    Ok(client.register_datapoints(request).await?.into_inner().results)
}

async fn subscribe(
    client: &mut Broker,
    query: &str,
) -> Result<Streaming<proto::SubscribeReply>, tonic::Status> {
    let request = proto::SubscribeRequest { query: query.to_owned() };
    Ok(client.subscribe(request).await?.into_inner())
}

async fn row(stream: &mut Streaming<proto::SubscribeReply>) -> HashMap<String, Value> {
    let next = tokio::time::timeout(Duration::from_secs(5), stream.next()).await;
    let fields = next.expect("no row").expect("the stream ended").unwrap().fields;
    fields.into_iter().map(|(name, datapoint)| (name, datapoint.value.unwrap())).collect()
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> HashMap<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_with_a_failure() {
    let bench = Bench::start().await;
    let (mut client, mut collector) = outside(&bench).await;
    assert_eq!(get(&mut client, SPEED).await, failure(Failure::NotAvailable));
    assert_eq!(update(&mut collector, 1, Value::FloatValue(60.5)).await, None);
    assert_eq!(get(&mut client, SPEED).await, Value::FloatValue(60.5));
    for path in ["Vehicle.Nothing", "Vehicle", "", "Vehicle.*", &"A".repeat(2000)] {
        assert_eq!(get(&mut client, path).await, failure(Failure::UnknownDatapoint), "{path}");
    }
    let request = proto::GetDatapointsRequest { datapoints: vec![SPEED.into(), GEAR.into()] };
    let both = client.get_datapoints(request).await.unwrap().into_inner().datapoints;
    assert!(both[SPEED].timestamp.is_some() && both[GEAR].timestamp.is_none());
    // A failure says that the value is gone.
    assert_eq!(update(&mut collector, 1, failure(Failure::InvalidValue)).await, None);
    assert_eq!(get(&mut client, SPEED).await, failure(Failure::NotAvailable));
}

#[tokio::test]
async fn targets_and_values_that_are_wrong_are_named_and_the_others_are_set() {
    let bench = Bench::start().await;
    let (mut client, mut collector) = outside(&bench).await;
    for (path, value, expected) in [
        (DOOR, Value::BoolValue(true), None),
        (DOOR, Value::Int32Value(1), Some(DatapointError::InvalidType)),
        (DOOR, failure(Failure::NotAvailable), Some(DatapointError::InvalidType)),
        (LEVEL, Value::Uint32Value(100), None),
        (LEVEL, Value::Uint32Value(101), Some(DatapointError::OutOfBounds)),
        (LEVEL, Value::Uint32Value(256), Some(DatapointError::OutOfBounds)),
        (SPEED, Value::FloatValue(1.0), Some(DatapointError::AccessDenied)),
        (VIN, Value::StringValue("W".into()), Some(DatapointError::AccessDenied)),
        ("Vehicle.Nothing", Value::BoolValue(true), Some(DatapointError::UnknownDatapoint)),
        ("", Value::BoolValue(true), Some(DatapointError::UnknownDatapoint)),
    ] {
        let what = format!("{path} {value:?}");
        assert_eq!(set(&mut client, path, value).await, expected, "SetDatapoints {what}");
    }
    for (id, value, expected) in [
        (1, Value::FloatValue(250.0), None),
        (1, Value::FloatValue(250.5), Some(DatapointError::OutOfBounds)),
        (1, Value::DoubleValue(1.0), Some(DatapointError::InvalidType)),
        (2, Value::StringValue("FLY".into()), Some(DatapointError::OutOfBounds)),
        (2, Value::StringValue("PARK".into()), None),
        (0, Value::FloatValue(1.0), Some(DatapointError::UnknownDatapoint)),
        (4711, Value::FloatValue(1.0), Some(DatapointError::UnknownDatapoint)),
    ] {
        let what = format!("{id} {value:?}");
        assert_eq!(update(&mut collector, id, value).await, expected, "UpdateDatapoints {what}");
    }
    let datapoints = HashMap::from([
        (DOOR.to_owned(), datapoint(Value::BoolValue(false))),
        (SPEED.to_owned(), datapoint(Value::FloatValue(1.0))),
    ]);
    let request = proto::SetDatapointsRequest { datapoints };
    let errors = client.set_datapoints(request).await.unwrap().into_inner().errors;
    let denied = HashMap::from([(SPEED.to_owned(), DatapointError::AccessDenied.into())]);
    assert_eq!(errors, denied);
}

#[tokio::test]
async fn a_target_reaches_a_v2_provider() {
    let bench = Bench::start().await;
    let (mut client, _) = outside(&bench).await;
    let mut provider = bench.provider().await;
    provider.claim_actuations(&[DOOR]).await;
    assert_eq!(set(&mut client, DOOR, Value::BoolValue(true)).await, None);
    assert_eq!(provider.actuations().await, [(3, Some(v2_value(true)))]);
    bench.tcp().await.actuate(actuate(DOOR, v2_value(false))).await.unwrap();
    assert_eq!(provider.actuations().await, [(3, Some(v2_value(false)))]);
}

#[tokio::test]
async fn a_query_gives_a_row_for_each_value_after_which_it_holds() {
    let bench = Bench::start().await;
    let (mut client, mut collector) = outside(&bench).await;
    let missing = || failure(Failure::NotAvailable);
    // All of the selected ones come first, whether they have a value or not.
    let query = "SELECT Vehicle.Speed, Vehicle.Gear";
    let mut all = subscribe(&mut client, query).await.unwrap();
    assert_eq!(row(&mut all).await, fields([(SPEED, missing()), (GEAR, missing())]));

    let query = "SELECT Vehicle.Speed AS now, LAG(Vehicle.Speed) AS before \
                 WHERE Vehicle.Speed > 50 AND Vehicle.Speed NOT BETWEEN 100 AND 110";
    let mut fast = subscribe(&mut client, query).await.unwrap();
    for speed in [40.0, 60.0, 105.0, 120.0] {
        assert_eq!(update(&mut collector, 1, Value::FloatValue(speed)).await, None);
    }
    // Each was sent twice: by a call and on a stream.
    let speed = Value::FloatValue;
    for (now, before) in [(60.0, 40.0), (60.0, 60.0), (120.0, 105.0), (120.0, 120.0)] {
        let expected = fields([("now", speed(now)), ("before", speed(before))]);
        assert_eq!(row(&mut fast).await, expected);
    }
    for _twice in 0..2 {
        assert_eq!(row(&mut all).await, fields([(SPEED, speed(40.0)), (GEAR, missing())]));
    }
    // A signal of the condition alone is followed as well.
    let query = "SELECT Vehicle.Speed WHERE Vehicle.Gear = 'DRIVE'";
    let mut driving = subscribe(&mut client, query).await.unwrap();
    let park = publish(GEAR, bench::string("PARK"));
    let drive = publish(GEAR, bench::string("DRIVE"));
    let mut v2 = bench.tcp().await;
    v2.publish_value(park).await.unwrap();
    v2.publish_value(drive).await.unwrap();
    assert_eq!(row(&mut driving).await, fields([(SPEED, speed(120.0))]));
}

#[tokio::test]
async fn a_query_with_a_mistake_is_refused_with_its_column() {
    let bench = Bench::start().await;
    let (mut client, _) = outside(&bench).await;
    for (query, text) in [
        ("", "column 1 of the query: expected SELECT, found its end"),
        (
            "SELECT Vehicle.Sped",
            "column 8 of the query: no signal has the path 'Vehicle.Sped'; did you mean \
             'Vehicle.Speed'?",
        ),
        (
            "SELECT Vehicle.Speed WHERE Vehicle.Speed > 'fast'",
            "column 28 of the query: Vehicle.Speed (float) cannot be compared with 'fast' (a text)",
        ),
        (
            "SELECT Vehicle.*",
            "column 16 of the query: expected a comma, AS, WHERE or the end, found \"*\"",
        ),
    ] {
        let refused = subscribe(&mut client, query).await.unwrap_err();
        assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, text));
    }
    let nested = format!("SELECT {SPEED} WHERE {}", "(".repeat(100_000));
    let refused = subscribe(&mut client, &nested).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
}

#[tokio::test]
async fn metadata_is_of_the_named_signals_or_of_all() {
    let bench = Bench::start().await;
    let (mut client, _) = outside(&bench).await;
    let mut list = async |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let request = proto::GetMetadataRequest { names };
        client.get_metadata(request).await.unwrap().into_inner().list
    };
    assert_eq!(list(&[]).await.len(), 5);
    let found = list(&[LEVEL, "Vehicle.Nothing", "Vehicle", ""]).await;
    let [level] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((level.id, level.name.as_str()), (4, LEVEL));
    assert_eq!(level.data_type(), proto::DataType::Uint8);
    assert_eq!(level.entry_type(), proto::EntryType::Actuator);
    assert_eq!(level.change_type(), proto::ChangeType::OnChange);
    let max = level.max.as_ref().and_then(|max| max.typed_value.clone());
    assert_eq!(max, Some(proto::value_restriction::TypedValue::Uint32(100)));
}

#[tokio::test]
async fn a_registered_signal_has_the_id_of_the_model() {
    let bench = Bench::start().await;
    let (_, mut collector) = outside(&bench).await;
    use proto::DataType as Type;
    let list = vec![registration(SPEED, Type::Float), registration(LEVEL, Type::Uint8)];
    let ids = register(&mut collector, list).await.unwrap();
    assert_eq!(ids, HashMap::from([(SPEED.to_owned(), 1), (LEVEL.to_owned(), 4)]));
    let wrong = register(&mut collector, vec![registration(SPEED, Type::Double)]).await;
    let wrong = wrong.unwrap_err();
    assert_eq!(wrong.code(), Code::InvalidArgument);
    assert_eq!(
        wrong.message(),
        "Vehicle.Speed is a float and cannot be registered as double: register it as float"
    );
    let wrong = register(&mut collector, vec![registration(SPEED, Type::Timestamp)]).await;
    assert_eq!(wrong.unwrap_err().message(), "Vehicle.Speed: there is no data type 12 here");
}

#[tokio::test]
async fn an_unknown_signal_is_made_by_who_may_and_only_then() {
    let bench = Bench::start().await;
    let door = bench.app("maker", &[("Vehicle.Private.**", Access::Provide)]);
    let (_, mut app) = inside(&door).await;
    let (mut client, mut collector) = outside(&bench).await;
    use proto::DataType as Type;
    let new = |name: &str, data_type| proto::RegistrationMetadata {
        description: "By a test".to_owned(),
        change_type: proto::ChangeType::OnChange.into(),
        ..registration(name, data_type)
    };
    const OWN: &str = "Vehicle.Private.Level";
    let refused = register(&mut app, vec![new(OWN, Type::Int8)]).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    // All or none, as far as can be known beforehand.
    let list = vec![new(OWN, Type::Int8), new(SPEED, Type::Bool)];
    assert_eq!(register(&mut collector, list).await.unwrap_err().code(), Code::InvalidArgument);
    for bad in ["", "Vehicle..Level", "Vehicle Level", &"A".repeat(1001)] {
        let refused = register(&mut collector, vec![new(bad, Type::Int8)]).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    }
    let mut long = new(OWN, Type::Int8);
    long.description = "A".repeat(5000);
    let refused = register(&mut collector, vec![long]).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    assert_eq!(get(&mut client, OWN).await, failure(Failure::UnknownDatapoint));

    let id = register(&mut collector, vec![new(OWN, Type::Int8)]).await.unwrap()[OWN];
    assert_eq!(register(&mut collector, vec![new(OWN, Type::Int8)]).await.unwrap()[OWN], id);
    let refused = register(&mut collector, vec![new(OWN, Type::Int16)]).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    let mut rows = subscribe(&mut client, &format!("SELECT {OWN}")).await.unwrap();
    row(&mut rows).await;
    assert_eq!(update(&mut collector, id, Value::Int32Value(-5)).await, None);
    let beyond = update(&mut collector, id, Value::Int32Value(128)).await;
    assert_eq!(beyond, Some(DatapointError::OutOfBounds));
    assert_eq!(row(&mut rows).await, fields([(OWN, Value::Int32Value(-5))]));
    // Now that it is there, the app may provide it, as it was granted.
    assert_eq!(register(&mut app, vec![new(OWN, Type::Int8)]).await.unwrap()[OWN], id);
}

#[tokio::test]
async fn a_stream_of_rows_ends_when_its_client_is_revoked_or_a_signal_is_gone() {
    let bench = Bench::start().await;
    let door = bench.app("brief", &[(SPEED, Access::Read)]);
    let (mut client, _) = inside(&door).await;
    let query = format!("SELECT {SPEED} WHERE LAG({SPEED}) < {SPEED}");
    // Nothing is sent to wake it.
    let mut rows = subscribe(&mut client, &query).await.unwrap();
    door.app.set_grants(Grants::default());
    let ended = tokio::time::timeout(Duration::from_secs(5), rows.next()).await;
    let status = ended.unwrap().unwrap().unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied, "{status}");
    assert!(rows.next().await.is_none());

    let (mut client, _) = outside(&bench).await;
    let mut rows = subscribe(&mut client, &query).await.unwrap();
    let mut manifest: Manifest = serde_json::from_str(bench::MANIFEST).unwrap();
    manifest.signals.retain(|signal| signal.path != SPEED);
    bench.broker.swap_model(&manifest).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), rows.next()).await;
    let status = ended.unwrap().unwrap().unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "{status}");
}

#[tokio::test]
async fn an_app_learns_and_does_nothing_that_it_was_not_granted() {
    let bench = Bench::start().await;
    let grants = [(SPEED, Access::Read), (LEVEL, Access::Write), (GEAR, Access::Provide)];
    let door = bench.app("speedy", &grants);
    let (mut client, mut collector) = inside(&door).await;
    let (_, mut owner) = outside(&bench).await;
    assert_eq!(update(&mut owner, 1, Value::FloatValue(1.0)).await, None);
    assert_eq!(update(&mut owner, 2, Value::StringValue("PARK".into())).await, None);
    assert_eq!(get(&mut client, SPEED).await, Value::FloatValue(1.0));
    for path in [GEAR, DOOR, LEVEL, VIN] {
        assert_eq!(get(&mut client, path).await, failure(Failure::AccessDenied), "{path}");
        for query in [
            format!("SELECT {path}"),
            format!("SELECT LAG({path})"),
            format!("SELECT {SPEED} WHERE {path} = {path}"),
            format!("SELECT {SPEED} WHERE LAG({path}) BETWEEN {path} AND {path}"),
        ] {
            let refused = subscribe(&mut client, &query).await.unwrap_err();
            assert_eq!(refused.code(), Code::PermissionDenied, "{query}: {refused}");
        }
    }
    let query = format!("SELECT {SPEED} WHERE {SPEED} > 0");
    let mut rows = subscribe(&mut client, &query).await.unwrap();
    assert_eq!(row(&mut rows).await, fields([(SPEED, Value::FloatValue(1.0))]));

    assert_eq!(set(&mut client, LEVEL, Value::Uint32Value(5)).await, None);
    for (path, value) in [(DOOR, Value::BoolValue(true)), (SPEED, Value::FloatValue(2.0))] {
        let denied = set(&mut client, path, value).await;
        assert_eq!(denied, Some(DatapointError::AccessDenied), "{path}");
    }
    assert_eq!(update(&mut collector, 2, Value::StringValue("DRIVE".into())).await, None);
    for (id, value) in [(1, Value::FloatValue(2.0)), (3, Value::BoolValue(true))] {
        let denied = update(&mut collector, id, value).await;
        assert_eq!(denied, Some(DatapointError::AccessDenied), "{id}");
    }
    for names in
        [vec![], vec![SPEED.to_owned(), DOOR.to_owned(), GEAR.to_owned(), LEVEL.to_owned()]]
    {
        let request = proto::GetMetadataRequest { names };
        let mut names: Vec<_> = client
            .get_metadata(request)
            .await
            .unwrap()
            .into_inner()
            .list
            .into_iter()
            .map(|m| m.name)
            .collect();
        names.sort();
        assert_eq!(names, [LEVEL, GEAR, SPEED]);
    }
    use proto::DataType as Type;
    let own = register(&mut collector, vec![registration(GEAR, Type::String)]).await.unwrap();
    assert_eq!(own, HashMap::from([(GEAR.to_owned(), 2)]));
    for foreign in [registration(SPEED, Type::Float), registration(DOOR, Type::Uint8)] {
        let refused = register(&mut collector, vec![foreign]).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    }
}

#[tokio::test]
async fn a_request_that_asks_for_too_much_is_refused_soon() {
    let bench = Bench::start().await;
    let (mut client, mut collector) = outside(&bench).await;
    let names = vec![SPEED.to_owned(); 100_000];
    let request = proto::GetDatapointsRequest { datapoints: names.clone() };
    assert_eq!(client.get_datapoints(request).await.unwrap_err().code(), Code::ResourceExhausted);
    let request = proto::GetMetadataRequest { names };
    assert_eq!(client.get_metadata(request).await.unwrap_err().code(), Code::ResourceExhausted);
    let list = vec![registration(SPEED, proto::DataType::Float); 100_000];
    assert_eq!(register(&mut collector, list).await.unwrap_err().code(), Code::ResourceExhausted);
}

/// What a server with reflection tells about one symbol, with all that this needs.
async fn describe(channel: Channel, symbols: &[&str]) -> (Vec<String>, DescriptorPool) {
    let mut client = ServerReflectionClient::new(channel);
    let ask = |ask| ServerReflectionRequest { host: String::new(), message_request: Some(ask) };
    let mut asked = vec![ask(Ask::ListServices(String::new()))];
    asked.extend(symbols.iter().map(|name| ask(Ask::FileContainingSymbol((*name).to_owned()))));
    let count = asked.len();
    let replies = client.server_reflection_info(tokio_stream::iter(asked)).await.unwrap();
    let mut replies = replies.into_inner().take(count);
    let (mut services, mut files) = (Vec::new(), Vec::new());
    while let Some(reply) = replies.next().await {
        match reply.unwrap().message_response.unwrap() {
            Answer::ListServicesResponse(list) => {
                services = list.service.into_iter().map(|service| service.name).collect();
            }
            Answer::FileDescriptorResponse(found) => files.extend(found.file_descriptor_proto),
            other => panic!("{other:?}"),
        }
    }
    let mut pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    for file in files {
        // A file that is there already must be the same.
        pool.decode_file_descriptor_proto(file.as_slice()).unwrap();
    }
    (services, pool)
}

#[tokio::test]
async fn what_is_served_can_be_asked_for_at_every_door() {
    let bench = Bench::start().await;
    let door = bench.app("curious", &[]);
    let ours = [
        "kuksa.val.v1.VAL",
        "kuksa.val.v2.VAL",
        "sdv.databroker.v1.Broker",
        "sdv.databroker.v1.Collector",
    ];
    for channel in [bench.channel().await, door.channel().await] {
        let (mut services, pool) = describe(channel.clone(), &ours).await;
        services.retain(|name| !name.starts_with("grpc."));
        services.sort();
        assert_eq!(services, ours);
        for (service, method) in [(ours[1], "OpenProviderStream"), (ours[3], "StreamDatapoints")] {
            let service = pool.get_service_by_name(service).unwrap();
            assert!(service.methods().any(|known| known.name() == method));
        }
        let mut health = HealthClient::new(channel);
        for name in ours.into_iter().chain([""]) {
            let request = HealthCheckRequest { service: name.to_owned() };
            let status = health.check(request).await.unwrap().into_inner().status();
            assert_eq!(status, ServingStatus::Serving, "{name}");
        }
        let unknown = HealthCheckRequest { service: "no.such.Service".to_owned() };
        assert_eq!(health.check(unknown).await.unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test]
async fn one_signal_is_the_same_over_all_three_protocols() {
    let bench = Bench::start().await;
    let (mut client, mut collector) = outside(&bench).await;
    assert_eq!(update(&mut collector, 1, Value::FloatValue(33.0)).await, None);
    let request = v2::GetValueRequest { signal_id: Some(by_path(SPEED)) };
    let got = bench.tcp().await.get_value(request).await.unwrap().into_inner();
    assert_eq!(got.data_point.unwrap().value, Some(bench::float(33.0)));
    bench.tcp().await.publish_value(publish(SPEED, bench::float(34.0))).await.unwrap();
    assert_eq!(get(&mut client, SPEED).await, Value::FloatValue(34.0));
}
