//! `GET /api/apps/{id}`: everything about one app.

use axum::{Json, extract::State};

use crate::{
    api::{Api, error::ApiError, extract::App},
    supervisor::AppDetails,
};

pub(crate) async fn handle(
    State(api): State<Api>,
    App(id): App,
) -> Result<Json<AppDetails>, ApiError> {
    Ok(Json(api.supervisor.inspect(&id).await?))
}
