//! The long part of an installation: environment, then code, then records.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    core::{App, Core},
    fault, folders,
};
use crate::{
    app::{AppManifest, Dependency, Requirement, normalise},
    python::{Locked, Plan, Step},
};

/// The reason is for a person. Whatever is left behind is removed with the app. Only the
/// long part can be called off: a folder that another thread is about to make must be there
/// before the app's folder is removed.
pub(super) async fn install(
    core: &Core,
    app: &Arc<App>,
    cancelled: &CancellationToken,
) -> Result<(), String> {
    let id = app.id();
    let report =
        |step: Step| core.publisher.progress(id, step.name, step.message, Some(step.percent));
    let plan = Plan {
        requirements: &app.manifest.python_deps,
        lock: &app.paths.lock,
        env: &app.paths.env,
    };
    let locked = tokio::select! {
        () = cancelled.cancelled() => return Err("it was cancelled".to_owned()),
        locked = core.builder.build(&plan, &report) => locked.map_err(|error| error.to_string())?,
    };
    fault::point(id, "install", "built");
    let dependencies = dependencies(&app.manifest, &locked, core);
    core.state.set_dependencies(id, dependencies).await.map_err(|error| error.to_string())?;
    fault::point(id, "install", "recorded");
    let (incoming, app) = (folders::incoming(&core.state_dir, id), app.clone());
    let placed = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&app.paths.data)?;
        std::fs::rename(incoming, &app.paths.code)?;
        fault::point(app.id(), "install", "placed");
        Ok::<(), std::io::Error>(())
    });
    placed.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

/// What was asked for and what it became, the packages that others need included.
fn dependencies(manifest: &AppManifest, locked: &[Locked], core: &Core) -> Vec<Dependency> {
    let wanted: Vec<Requirement> =
        manifest.python_deps.iter().filter_map(|text| Requirement::parse(text).ok()).collect();
    let python = locked.iter().map(|package| {
        let asked = wanted.iter().find(|wanted| wanted.key() == normalise(&package.name));
        Dependency {
            kind: "python".to_owned(),
            name: package.name.clone(),
            wanted: asked.map(|wanted| wanted.rest.clone()).unwrap_or_default(),
            resolved: Some(package.version.clone()),
        }
    });
    let current = core.models.now();
    let model = current.info();
    let signals = manifest.vehicle_signal_lib.signals.iter().map(|request| {
        let access: Vec<String> =
            request.access.iter().map(|access| format!("{access:?}").to_lowercase()).collect();
        Dependency {
            kind: "vehicle_signal".to_owned(),
            name: request.path.clone(),
            wanted: access.join(","),
            resolved: Some(model.version.clone().unwrap_or_else(|| model.name.clone())),
        }
    });
    python.chain(signals).collect()
}
