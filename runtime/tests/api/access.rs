//! Grants, conflicts and the audit over HTTP, where no app is needed.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::daemon::Daemon;

async fn post(daemon: &Daemon, path: &str, body: &str) -> (StatusCode, Value) {
    daemon.call(daemon.request(Method::POST, path).body(body.to_owned())).await
}

#[tokio::test]
async fn orders_and_manifests_that_make_no_sense_are_refused() {
    let daemon = Daemon::start();
    let code = |(status, reply): (StatusCode, Value)| {
        (status.as_u16(), reply["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let order = json!({ "app": "none", "ruling": "grant", "pattern": "Vehicle.Speed" });
    let cases = [
        (post(&daemon, "/api/access", &order.to_string()).await, 404, "unknown_app"),
        (
            post(&daemon, "/api/access", r#"{"app": "x", "ruling": "give"}"#).await,
            400,
            "bad_request",
        ),
        (
            post(&daemon, "/api/access", r#"{"app": "a/b", "ruling": "grant"}"#).await,
            400,
            "bad_request",
        ),
        (daemon.get("/api/access?app=none").await, 404, "unknown_app"),
        (daemon.get("/api/access/audit?app=a/b").await, 400, "invalid_app_id"),
        (daemon.get("/api/apps/none/conflicts").await, 404, "unknown_app"),
        (post(&daemon, "/api/conflicts", "id: x\nversion: 1\n").await, 422, "invalid_manifest"),
    ];
    for (reply, status, expected) in cases {
        let text = format!("{reply:?}");
        assert_eq!(code(reply), (status, expected.to_owned()), "{text}");
    }
}

#[tokio::test]
async fn without_apps_there_is_nothing_to_tell() {
    let daemon = Daemon::start();
    let (_, access) = daemon.get("/api/access").await;
    assert_eq!(access, json!({ "apps": [] }));
    let (_, audit) = daemon.get("/api/access/audit").await;
    assert_eq!(audit, json!({ "denials": [], "lost": 0 }));
    let manifest = "id: x\nversion: 1\nentrypoint: main.py\n\
                    vehicle_signal_lib: { signals: [{ path: Vehicle.**, access: provide }] }\n";
    let (_, conflicts) = post(&daemon, "/api/conflicts", manifest).await;
    assert_eq!(conflicts, json!({ "conflicts": [] }));
}
