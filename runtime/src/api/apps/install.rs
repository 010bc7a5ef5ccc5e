//! `POST /api/apps?start=true&wait=SECONDS` and `POST /api/apps/{id}/install`: installs the
//! app whose folder is the body, a gzip-compressed tar archive with the manifest at its top.

use std::{fs, path::Path, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
};
use serde::Deserialize;

use super::{
    operate::{Reply, reply},
    settle::{Goal, Watch},
};
use crate::{
    api::{
        Api,
        error::ApiError,
        extract::{App, Query},
        upload,
    },
    app::{AppId, AppManifest, MANIFEST_NAMES},
    supervisor::Admission,
};

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    #[serde(default)]
    start: bool,
    wait: Option<u64>,
}

pub(crate) async fn handle(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
    request: Request,
) -> Result<Reply, ApiError> {
    install(&api, None, &parameters, request.into_body()).await
}

/// Installs only if the manifest in the body has the id of the address.
pub(crate) async fn handle_known(
    State(api): State<Api>,
    App(id): App,
    Query(parameters): Query<Parameters>,
    request: Request,
) -> Result<Reply, ApiError> {
    install(&api, Some(id), &parameters, request.into_body()).await
}

async fn install(
    api: &Api,
    expected: Option<AppId>,
    parameters: &Parameters,
    body: Body,
) -> Result<Reply, ApiError> {
    let folder = upload::receive(body, &api.staging).await?;
    if let Some(expected) = expected {
        check_id(folder.path(), &expected)?;
    }
    let watch = Watch::new(&api.supervisor);
    // From here on the folder is the supervisor's, which removes it when it refuses. A
    // client that goes away must not leave the install half admitted: hence the task.
    let (supervisor, start) = (api.supervisor.clone(), parameters.start);
    let admitted = tokio::spawn(async move { supervisor.install(folder.keep(), start).await });
    let status = admitted.await.map_err(ApiError::internal)??;
    let goal = if start { Goal::Running } else { Goal::Installed };
    let wait = Duration::from_secs(parameters.wait.unwrap_or(0));
    reply(api, &status.id, Admission::Accepted, watch, goal, wait).await
}

fn check_id(folder: &Path, expected: &AppId) -> Result<(), ApiError> {
    let found = MANIFEST_NAMES.into_iter().find_map(|name| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        AppManifest::parse(name, &text).ok()
    });
    match found {
        Some(manifest) if manifest.id != *expected => Err(ApiError::bad_request(format!(
            "the manifest in the archive is that of '{}', not of '{expected}'",
            manifest.id
        ))),
        // What is wrong with a manifest is said better by the supervisor, all at once.
        _ => Ok(()),
    }
}
