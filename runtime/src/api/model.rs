//! `GET`, `PUT /api/model` and `POST /api/model/revert`: the vehicle model in use.

use axum::{
    Json,
    extract::{Query, State},
};
use serde::Deserialize;

use super::{
    Api,
    error::ApiError,
    extract::Body,
    wire::{InfoModel, ModelReply, NewModel},
};

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    /// Though it breaks installed apps.
    #[serde(default)]
    force: bool,
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
}

pub(crate) async fn show(State(api): State<Api>) -> Json<InfoModel> {
    Json(InfoModel::of(&api.supervisor.model()))
}

pub(crate) async fn set(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
    Body(new): Body<NewModel>,
) -> Result<Json<ModelReply>, ApiError> {
    let Parameters { force, dry_run } = parameters;
    let text = (new.model, new.types);
    let change = api.supervisor.set_model(text, new.source, force, dry_run).await?;
    Ok(Json(ModelReply { model: InfoModel::of(&api.supervisor.model()), change }))
}

pub(crate) async fn revert(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<ModelReply>, ApiError> {
    let change = api.supervisor.revert_model(parameters.force).await?;
    Ok(Json(ModelReply { model: InfoModel::of(&api.supervisor.model()), change }))
}
