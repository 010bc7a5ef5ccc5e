//! `GET /api/apps`: every app with its status.

use axum::{Json, extract::State};

use crate::api::{Api, wire::AppList};

pub(crate) async fn handle(State(api): State<Api>) -> Json<AppList> {
    Json(AppList { apps: api.supervisor.list() })
}
