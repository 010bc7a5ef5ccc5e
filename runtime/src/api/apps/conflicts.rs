//! `GET /api/apps/{id}/conflicts`, and `POST /api/conflicts` with a manifest: which apps want
//! to provide or write the same signal, and who of them has it in the end.

use axum::{Json, extract::State};

use crate::{
    api::{
        Api,
        error::ApiError,
        extract::{App, Raw},
        wire::ConflictList,
    },
    app::{AppManifest, MANIFEST_NAMES},
    supervisor,
};

pub(crate) async fn of_installed(
    State(api): State<Api>,
    App(id): App,
) -> Result<Json<ConflictList>, ApiError> {
    Ok(Json(ConflictList { conflicts: api.supervisor.conflicts(&id)? }))
}

/// The body is the text of a manifest.
pub(crate) async fn of_manifest(
    State(api): State<Api>,
    Raw(body): Raw,
) -> Result<Json<ConflictList>, ApiError> {
    let text = std::str::from_utf8(&body).map_err(ApiError::bad_request)?;
    let manifest = AppManifest::parse(MANIFEST_NAMES[0], text);
    let manifest = manifest.map_err(supervisor::Error::Manifest)?;
    Ok(Json(ConflictList { conflicts: api.supervisor.conflicts_of(&manifest) }))
}
