//! Signals over HTTP and by command.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::daemon::Daemon;

const LIGHT: &str = "Vehicle.Body.Lights.Beam.Low.IsOn";

#[tokio::test]
async fn a_pattern_lists_and_a_slip_names_the_nearest() {
    let daemon = Daemon::start();
    let (status, body) = daemon.get("/api/signals?path=Vehicle.Body.Lights.Beam.*.IsOn").await;
    assert_eq!(status, 200);
    let paths: Vec<&Value> =
        body["signals"].as_array().unwrap().iter().map(|signal| &signal["path"]).collect();
    assert!(paths.contains(&&json!(LIGHT)), "{body}");
    let (status, body) = daemon.get("/api/signals?path=Vehicle.Sped").await;
    assert_eq!(status, 404);
    assert_eq!(
        body["error"]["message"],
        "no signal has the path 'Vehicle.Sped'; did you mean 'Vehicle.Speed'?"
    );
    let all = daemon.get("/api/signals").await.1["signals"].as_array().unwrap().len();
    assert!(all > 50, "{all}");
}

#[tokio::test]
async fn values_are_checked_before_any_is_set() {
    let daemon = Daemon::start();
    let put = |body: Value, query: &str| {
        let request = daemon.request(Method::PUT, &format!("/api/signals{query}"));
        daemon.call(request.body(body.to_string()))
    };
    let (status, body) = put(json!({ LIGHT: true, "Vehicle.Speed": "fast" }), "").await;
    assert_eq!(status, 422);
    assert_eq!(body["error"]["message"], "Vehicle.Speed: expected float, got \"fast\"");
    assert_eq!(daemon.ok(&["signals", "get", LIGHT]).trim(), "false");
    let (status, body) = put(json!({ LIGHT: true }), "").await;
    assert_eq!((status.as_u16(), body), (200, json!({ "set": [LIGHT] })));
    let (status, body) = put(json!({ "Vehicle.Speed": 1 }), "?as=target").await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (422, &json!("no_actuator")));
    let (status, _) = put(json!([1]), "").await;
    assert_eq!(status, 400);
}

#[test]
fn commands_get_set_and_list() {
    let daemon = Daemon::start();
    daemon.ok(&["signals", "set", LIGHT, "true"]);
    // The mock carries the target out.
    for _ in 0..100 {
        if daemon.ok(&["signals", "get", LIGHT]).trim() == "true" {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(daemon.ok(&["signals", "get", LIGHT]), "true\n");
    let (code, message) = daemon.fails(&["signals", "set", LIGHT, "maybe"]);
    assert_eq!(code, 1);
    assert_eq!(message, format!("error: {LIGHT}: expected boolean, got \"maybe\"\n"));
    let list: Value =
        serde_json::from_str(&daemon.ok(&["signals", "ls", "Vehicle.Body", "-o", "json"])).unwrap();
    assert!(list.as_array().unwrap().iter().any(|signal| signal["path"] == LIGHT), "{list}");
    let table = daemon.ok(&["signals", "ls", LIGHT]);
    assert!(table.lines().nth(1).unwrap().contains("actuator"), "{table}");
}

#[test]
fn watching_shows_each_change() {
    let daemon = Daemon::start();
    let mut watch = daemon
        .command(&["signals", "watch", "--output", "jsonl", LIGHT])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["value"], false, "the present value comes first");
    daemon.ok(&["signals", "set", LIGHT, "true", "--current"]);
    let update = next();
    assert_eq!((&update["path"], &update["value"]), (&json!(LIGHT), &json!(true)));
    watch.kill().unwrap();
    watch.wait().unwrap();
}
