//! `GET /api/access/audit?app=ID&limit=N`: what was denied, the oldest first.

use axum::{Json, extract::State};
use serde::Deserialize;

use crate::{
    api::{Api, error::ApiError, extract::Query, wire::AuditReply},
    app::AppId,
};

/// Without a wish.
const USUAL: u32 = 1000;

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    /// Everybody's without it.
    app: Option<String>,
    limit: Option<u32>,
}

pub(crate) async fn handle(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<AuditReply>, ApiError> {
    let app = parameters.app.map(|app| app.parse::<AppId>()).transpose()?;
    let limit = parameters.limit.unwrap_or(USUAL);
    let (denials, lost) = api.supervisor.denials(app.as_ref(), limit).await?;
    Ok(Json(AuditReply { denials, lost }))
}
