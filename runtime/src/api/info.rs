//! `GET /api/info`: what runs here, with which model, and what the sandbox can do.

use axum::{Json, extract::State};

use super::{
    Api,
    wire::{Info, InfoModel},
};

pub(crate) async fn handle(State(api): State<Api>) -> Json<Info> {
    let model = InfoModel::of(&api.supervisor.model());
    Json(Info { model, providers: api.sources.list(), ..api.info.clone() })
}
