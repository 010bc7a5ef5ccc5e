//! `GET /api/access?app=ID`: how it stands with what apps declare. `POST /api/access`: grants
//! or revokes.

use axum::{Json, extract::State};
use serde::Deserialize;

use crate::{
    api::{
        Api,
        error::ApiError,
        extract::{Body, Query},
        wire::{AccessList, AccessOrder, AccessReport},
    },
    app::AppId,
};

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    /// All apps without it.
    app: Option<String>,
}

pub(crate) async fn show(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<AccessList>, ApiError> {
    let apps = match parameters.app {
        Some(app) => vec![api.supervisor.access(&app.parse::<AppId>()?)?],
        None => api.supervisor.access_of_all(),
    };
    Ok(Json(AccessList { apps }))
}

pub(crate) async fn decide(
    State(api): State<Api>,
    Body(order): Body<AccessOrder>,
) -> Result<Json<AccessReport>, ApiError> {
    Ok(Json(api.supervisor.decide(order).await?))
}
