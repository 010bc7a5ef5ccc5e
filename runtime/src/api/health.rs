//! `/health` and `/ready`, on a port of their own, which answers from the first moment.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::guarded;

/// Shared with the daemon, which says when it is ready.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    runtime_id: Arc<str>,
    ready: Arc<AtomicBool>,
}

impl Health {
    pub(crate) fn new(runtime_id: &str) -> Health {
        Health { runtime_id: runtime_id.into(), ready: Arc::default() }
    }

    pub(crate) fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }
}

pub(crate) fn router(health: Health) -> Router {
    let routes = Router::new().route("/health", get(alive)).route("/ready", get(ready));
    guarded(routes.with_state(health))
}

/// Programs of the earlier runtime look at the top level or under `runtime`.
async fn alive(State(health): State<Health>) -> Json<Value> {
    let runtime_id = health.runtime_id.as_ref();
    // There is no kit manager yet; clients want the field.
    let connected = false;
    Json(json!({
        "status": "healthy",
        "runtimeId": runtime_id,
        "kitManagerConnected": connected,
        "timestamp": now(),
        "runtime": { "runtimeId": runtime_id, "kitManagerConnected": connected },
    }))
}

async fn ready(State(health): State<Health>) -> (StatusCode, Json<Value>) {
    let ready = health.ready.load(Ordering::Acquire);
    let (code, status) = match ready {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
    };
    (code, Json(json!({ "status": status, "ready": ready, "timestamp": now() })))
}

/// ISO 8601 with milliseconds, as those programs write it.
fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_known_layouts_carry_the_stable_id() {
        let Json(body) = alive(State(Health::new("ver-1"))).await;
        assert_eq!(body["status"], "healthy");
        assert_eq!(body["runtimeId"], "ver-1");
        assert_eq!(body["runtime"]["runtimeId"], "ver-1");
        assert_eq!(body["kitManagerConnected"], body["runtime"]["kitManagerConnected"]);
        let timestamp = body["timestamp"].as_str().unwrap();
        assert_eq!(timestamp.len(), "2026-01-01T00:00:00.000Z".len(), "{timestamp}");
    }

    #[tokio::test]
    async fn readiness_follows_the_daemon() {
        let health = Health::new("ver-1");
        assert_eq!(ready(State(health.clone())).await.0, StatusCode::SERVICE_UNAVAILABLE);
        health.set_ready(true);
        assert_eq!(ready(State(health)).await.0, StatusCode::OK);
    }
}
