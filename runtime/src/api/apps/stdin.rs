//! `POST /api/apps/{id}/stdin`: the body, byte for byte, to the app's standard input.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};

use crate::api::{
    Api,
    error::ApiError,
    extract::{App, Raw},
};

/// An app that does not read fills its pipe; then nobody waits forever.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn handle(
    State(api): State<Api>,
    App(id): App,
    Raw(input): Raw,
) -> Result<StatusCode, ApiError> {
    match tokio::time::timeout(PATIENCE, api.supervisor.stdin(&id, &input)).await {
        Ok(written) => Ok(written.map(|()| StatusCode::NO_CONTENT)?),
        Err(_) => Err(ApiError::not_reading(&id)),
    }
}
