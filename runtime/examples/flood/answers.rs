//! What each call is answered with, in three interfaces. Every signal is a float sensor.

use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use futures_util::{StreamExt, stream};
use prost::Message;
use prost_types::Timestamp;
use tonic::Status;
use vehicle_edge_runtime::signals::proto::{sdv, v1, v2};

use crate::{
    body::Messages,
    frame::{frame, parse},
    ring::{Pace, Ring, updates},
};

const NAME: &str = "flood";

/// A signal's value at a moment.
struct Value<'a> {
    path: &'a str,
    value: f32,
    at: Timestamp,
}

pub(crate) fn of(call: &str, body: &[u8], pace: Pace) -> Result<Messages, Status> {
    match call {
        "/kuksa.val.v2.VAL/GetServerInfo" => {
            Ok(once(&v2::GetServerInfoResponse { name: NAME.into(), ..Default::default() }))
        }
        "/kuksa.val.v2.VAL/ListMetadata" => Ok(once(&v2_metadata(parse(body)?))),
        "/kuksa.val.v2.VAL/Subscribe" => {
            let request: v2::SubscribeRequest = parse(body)?;
            subscribe(&request.signal_paths, pace, v2_message)
        }
        "/kuksa.val.v1.VAL/GetServerInfo" => {
            Ok(once(&v1::GetServerInfoResponse { name: NAME.into(), ..Default::default() }))
        }
        "/kuksa.val.v1.VAL/Get" => Ok(once(&v1_entries(parse(body)?))),
        "/kuksa.val.v1.VAL/Subscribe" => {
            let request: v1::SubscribeRequest = parse(body)?;
            let paths: Vec<_> = request.entries.into_iter().map(|entry| entry.path).collect();
            subscribe(&paths, pace, v1_message)
        }
        "/sdv.databroker.v1.Broker/GetDatapoints" => Ok(once(&datapoints(parse(body)?))),
        "/sdv.databroker.v1.Broker/GetMetadata" => Ok(once(&metadata(parse(body)?))),
        "/sdv.databroker.v1.Broker/Subscribe" => {
            let request: sdv::SubscribeRequest = parse(body)?;
            subscribe(&selected(&request.query)?, pace, databroker_message)
        }
        _ => Err(Status::unimplemented(format!("{NAME} does not answer {call}"))),
    }
}

fn once(message: &impl Message) -> Messages {
    let mut bytes = Vec::new();
    frame(message, &mut bytes);
    stream::once(async move { Bytes::from(bytes) }).boxed()
}

/// All signals in one message, then each by itself, in turns.
fn subscribe<M: Message>(
    paths: &[String],
    pace: Pace,
    message: fn(&[Value<'_>]) -> M,
) -> Result<Messages, Status> {
    if paths.is_empty() {
        return Err(Status::invalid_argument("no signal is named"));
    }
    let now = SystemTime::now();
    let value = |path, number: usize| {
        let at = (now + Duration::from_millis(number as u64)).into();
        Value { path, value: number as f32 / 2.0, at }
    };
    let all: Vec<_> = paths.iter().map(|path| value(path, 0)).collect();
    let mut first = Vec::new();
    frame(&message(&all), &mut first);
    let ring = Ring::new(|number, bytes| {
        let path = &paths[number % paths.len()];
        frame(&message(&[value(path, number)]), bytes);
    });
    Ok(updates(first, ring, pace))
}

fn v2_message(values: &[Value<'_>]) -> v2::SubscribeResponse {
    let entry = |value: &Value<'_>| {
        let typed = v2::value::TypedValue::Float(value.value);
        let datapoint = v2::Datapoint {
            timestamp: Some(value.at),
            value: Some(v2::Value { typed_value: Some(typed) }),
        };
        (value.path.to_owned(), datapoint)
    };
    v2::SubscribeResponse { entries: values.iter().map(entry).collect() }
}

fn v2_metadata(request: v2::ListMetadataRequest) -> v2::ListMetadataResponse {
    let metadata = v2::Metadata {
        path: request.root,
        id: 1,
        data_type: v2::DataType::Float.into(),
        entry_type: v2::EntryType::Sensor.into(),
        ..Default::default()
    };
    v2::ListMetadataResponse { metadata: vec![metadata] }
}

fn v1_datapoint(value: &Value<'_>) -> v1::Datapoint {
    v1::Datapoint {
        timestamp: Some(value.at),
        value: Some(v1::datapoint::Value::Float(value.value)),
    }
}

fn v1_message(values: &[Value<'_>]) -> v1::SubscribeResponse {
    let update = |value: &Value<'_>| v1::EntryUpdate {
        entry: Some(v1::DataEntry {
            path: value.path.to_owned(),
            value: Some(v1_datapoint(value)),
            ..Default::default()
        }),
        fields: vec![v1::Field::Value.into()],
    };
    v1::SubscribeResponse { updates: values.iter().map(update).collect() }
}

fn v1_entries(request: v1::GetRequest) -> v1::GetResponse {
    let now = SystemTime::now().into();
    let entry = |request: v1::EntryRequest| v1::DataEntry {
        value: Some(v1_datapoint(&Value { path: &request.path, value: 0.0, at: now })),
        metadata: Some(v1::Metadata {
            data_type: v1::DataType::Float.into(),
            entry_type: v1::EntryType::Sensor.into(),
            ..Default::default()
        }),
        path: request.path,
        ..Default::default()
    };
    v1::GetResponse {
        entries: request.entries.into_iter().map(entry).collect(),
        ..Default::default()
    }
}

fn databroker_datapoint(value: &Value<'_>) -> sdv::Datapoint {
    sdv::Datapoint {
        timestamp: Some(value.at),
        value: Some(sdv::datapoint::Value::FloatValue(value.value)),
    }
}

fn databroker_message(values: &[Value<'_>]) -> sdv::SubscribeReply {
    let field = |value: &Value<'_>| (value.path.to_owned(), databroker_datapoint(value));
    sdv::SubscribeReply { fields: values.iter().map(field).collect() }
}

fn datapoints(request: sdv::GetDatapointsRequest) -> sdv::GetDatapointsReply {
    let now = SystemTime::now().into();
    let datapoint = |path: String| {
        let datapoint = databroker_datapoint(&Value { path: &path, value: 0.0, at: now });
        (path, datapoint)
    };
    sdv::GetDatapointsReply { datapoints: request.datapoints.into_iter().map(datapoint).collect() }
}

fn metadata(request: sdv::GetMetadataRequest) -> sdv::GetMetadataReply {
    let metadata = |(id, name)| sdv::Metadata {
        id,
        name,
        entry_type: sdv::EntryType::Sensor.into(),
        data_type: sdv::DataType::Float.into(),
        change_type: sdv::ChangeType::Continuous.into(),
        ..Default::default()
    };
    sdv::GetMetadataReply { list: (1..).zip(request.names).map(metadata).collect() }
}

/// The paths of a query. A condition is refused: what it would cost is not the client's.
fn selected(query: &str) -> Result<Vec<String>, Status> {
    match query.strip_prefix("SELECT ") {
        Some(paths) if !paths.contains(" WHERE ") => {
            Ok(paths.split(',').map(|path| path.trim().to_owned()).collect())
        }
        _ => Err(Status::invalid_argument(format!("{query:?} is not SELECT with paths alone"))),
    }
}
