//! What each method of the three protocols answers, as a table: `codes/table.txt`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "broker/bench.rs"]
#[allow(dead_code, reason = "half of it is for the other tests")]
mod bench;
#[path = "broker/dynamic.rs"]
mod dynamic;
#[path = "broker/guarded.rs"]
#[allow(dead_code, reason = "half of it is for the other tests")]
mod guarded;

use std::{collections::BTreeMap, time::Duration};

use bench::{Bench, float, publish};
use dynamic::{Call, ask, methods, name};
use guarded::{Guarded, Issuer, claims, in_seconds};
use prost_reflect::MethodDescriptor;
use serde_json::json;
use tonic::transport::Channel;
use vss_codegen::model::Access;

const TABLE: &str = include_str!("codes/table.txt");
const DOOR: &str = "Vehicle.Cabin.Door.IsOpen";

/// A line of the table.
struct Row {
    line: usize,
    app: bool,
    requests: Vec<serde_json::Value>,
    expected: String,
}

/// The rows by their method, whose name stands above them.
fn rows() -> BTreeMap<String, Vec<Row>> {
    let mut rows = BTreeMap::<String, Vec<Row>>::new();
    let mut method = String::new();
    for (index, text) in TABLE.lines().enumerate() {
        let line = index + 1;
        match text.trim() {
            "" => {}
            comment if comment.starts_with('#') => {}
            name if !text.starts_with(' ') => method = name.to_owned(),
            row => {
                let (expected, request) = row.split_once(' ').expect("a code and a request");
                let request = request.trim_start();
                let (app, request) = match request.strip_prefix("app ") {
                    Some(request) => (true, request.trim_start()),
                    None => (false, request),
                };
                let long = format!("\"{}\"", "A".repeat(1001));
                let request = request.replace("\"$LONG\"", &long);
                let request: serde_json::Value = serde_json::from_str(&request)
                    .unwrap_or_else(|error| panic!("line {line}: {error}"));
                let requests = match request {
                    serde_json::Value::Array(requests) => requests,
                    one => vec![one],
                };
                let expected = expected.to_owned();
                rows.entry(method.clone()).or_default().push(Row { line, app, requests, expected });
            }
        }
    }
    rows
}

async fn answer(channel: &Channel, method: &MethodDescriptor, row: &Row) -> String {
    ask(Call::new(channel.clone(), method.clone()), &row.requests).await.0
}

#[tokio::test]
async fn every_method_answers_as_the_table_says() {
    let bench = Bench::start().await;
    bench.tcp().await.publish_value(publish("Vehicle.Speed", float(50.0))).await.unwrap();
    let mut provider = bench.provider().await;
    provider.claim_actuations(&[DOOR]).await;
    let grants = [
        ("Vehicle.Speed", Access::Read),
        ("Vehicle.Cabin.Light.Level", Access::Write),
        ("Vehicle.Gear", Access::Provide),
    ];
    let door = bench.app("small", &grants);
    let (outside, app): (Channel, Channel) = (bench.channel().await, door.channel().await);
    let mut table = rows();
    let mut wrong = Vec::new();
    for method in methods() {
        let name = name(&method);
        let rows = table.remove(&name).unwrap_or_default();
        assert!(rows.iter().any(|row| row.expected == "OK"), "{name} has no row that is right");
        for row in rows {
            let channel = if row.app { &app } else { &outside };
            let mut got = answer(channel, &method, &row).await;
            // The claims of the row before end when its stream is seen to be closed.
            for _ in 0..250 {
                if got != "ALREADY_EXISTS" || got == row.expected {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
                got = answer(channel, &method, &row).await;
            }
            if got != row.expected {
                wrong.push(format!("line {}, {name}: {got}, not {}", row.line, row.expected));
            }
        }
    }
    assert!(table.is_empty(), "no such methods: {:?}", table.keys());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    drop(provider);
}

#[tokio::test]
async fn no_method_answers_without_a_token_that_counts() {
    let guarded = Guarded::start(false).await;
    let issuer = Issuer::ec(&guarded);
    let token = |name: &str, value| {
        let mut claims = claims("read actuate provide create");
        claims[name] = value;
        issuer.token(&claims)
    };
    let refused = [
        None,
        Some("nonsense".to_owned()),
        Some(token("exp", json!(in_seconds(-3600)))),
        Some(token("aud", json!("somebody.else"))),
        Some(Issuer::stranger().token(&claims("read"))),
    ];
    let channel = guarded.plain().await;
    let table = rows();
    for method in methods() {
        let name = name(&method);
        let row = table[&name].iter().find(|row| row.expected == "OK").unwrap();
        for token in &refused {
            let call = Call::new(channel.clone(), method.clone()).with_token(token.clone());
            let (outcome, _) = ask(call, &row.requests).await;
            assert_eq!(outcome, "UNAUTHENTICATED", "{name} {token:?}");
        }
    }
}
