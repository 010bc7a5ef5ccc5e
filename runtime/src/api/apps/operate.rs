//! `POST /api/apps/{id}/{uninstall|start|stop|pause|resume|restart}?wait=SECONDS`.
//!
//! Answers 202 when the operation was admitted, or 200 when it is over (or was so already)
//! within `wait`. How it ended is in the app's state and reason.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;

use super::settle::{Goal, Outcome, Watch};
use crate::{
    api::{Api, error::ApiError, extract::Query, wire::OperationReply},
    app::{AppId, Operation},
    supervisor::Admission,
};

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    wait: Option<u64>,
}

pub(crate) type Reply = (StatusCode, Json<OperationReply>);

pub(crate) async fn handle(
    State(api): State<Api>,
    Path((id, operation)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
) -> Result<Reply, ApiError> {
    let id: AppId = id.parse()?;
    let operation = match operation.parse() {
        // Installing needs a body and has its own endpoint.
        Ok(Operation::Install) | Err(_) => {
            return Err(ApiError::no_such_address(&format!("/api/apps/{id}/{operation}")));
        }
        Ok(operation) => operation,
    };
    let watch = Watch::new(&api.supervisor);
    let admission = api.supervisor.request(&id, operation).await?;
    let wait = Duration::from_secs(parameters.wait.unwrap_or(0));
    reply(&api, &id, admission, watch, Goal::of(operation), wait).await
}

/// Waits as long as asked and answers with what is then.
pub(super) async fn reply(
    api: &Api,
    id: &AppId,
    admission: Admission,
    watch: Watch,
    goal: Goal,
    wait: Duration,
) -> Result<Reply, ApiError> {
    let outcome = match (admission, wait.is_zero()) {
        (Admission::Already, _) if already_there(api, id) => {
            return Ok(answer(admission, true, api.supervisor.status(id)));
        }
        (_, true) => Outcome::Pending,
        (_, false) => tokio::select! {
            outcome = watch.settled(&api.supervisor, id, goal, wait) => outcome,
            () = api.shutdown.cancelled() => Outcome::Pending,
        },
    };
    match outcome {
        Outcome::Settled(status) => Ok(answer(admission, true, Some(status))),
        Outcome::Removed(Some(reason)) => Err(ApiError::operation_failed(reason)),
        Outcome::Removed(None) => Ok(answer(admission, true, None)),
        Outcome::Pending => Ok(answer(admission, false, api.supervisor.status(id))),
    }
}

/// `Already` also means "on the way there"; then it is worth waiting.
fn already_there(api: &Api, id: &AppId) -> bool {
    api.supervisor.status(id).is_none_or(|status| !super::settle::in_between(status.state))
}

fn answer(admission: Admission, settled: bool, app: Option<crate::app::AppStatus>) -> Reply {
    let code = if settled { StatusCode::OK } else { StatusCode::ACCEPTED };
    (code, Json(OperationReply { admission, settled, app }))
}
