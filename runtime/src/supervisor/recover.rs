//! What a runtime finds when it starts: apps that run, apps that ought to, and what is left
//! of what was half done.

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::{
    Result,
    core::Core,
    folders,
    task::{self, First},
};
use crate::{
    app::{Decision, State},
    sandbox::Running,
    store::{AppRow, LastLine},
};

/// The runtime answers after this, even if an app still is on its way.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) async fn recover(core: &Arc<Core>) -> Result<()> {
    let rows = core.state.load().await?;
    // Nothing of ours builds yet: whatever does was left by a runtime that was killed.
    let (builder, apps) = (core.builder.clone(), core.state_dir.join("apps"));
    let _ = tokio::task::spawn_blocking(move || builder.end_strays(&apps)).await;
    let known = rows.iter().map(|row| row.manifest.id.to_string()).collect();
    remove_orphans(core, &known).await;
    let mut apps = JoinSet::new();
    for row in rows {
        // Nobody runs with more than was left to it: what cannot be read ends the start.
        let decisions = core.state.decisions(&row.manifest.id).await?;
        apps.spawn(bring_back(core.clone(), row, decisions));
    }
    let all = async { while apps.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        tracing::warn!("some apps take long to come back");
    }
    Ok(())
}

async fn bring_back(core: Arc<Core>, row: AppRow, decisions: Vec<Decision>) {
    let AppRow { manifest, model, uid_index, situation } = row;
    let last = core.logs.last(&manifest.id).await.unwrap_or_else(|error| {
        tracing::warn!("logs.db: the console of '{}' begins anew: {error}", manifest.id);
        LastLine::default()
    });
    let (handle, mailbox) = core.register(manifest, model, uid_index, last.seq, decisions);
    let first = match find(&core, &handle.app.paths.run, situation.state, last).await {
        Some(running) => First::Adopt(running),
        None => First::Return,
    };
    let begun = task::spawn(&core, handle, mailbox, situation, last.shim_seq, first);
    let _ = begun.await;
}

/// The app's living process, where there can be one; else nothing of it is left.
async fn find(core: &Core, run_dir: &Path, state: State, last: LastLine) -> Option<Running> {
    if matches!(state, State::Starting | State::Running | State::Paused | State::Stopping) {
        match core.sandbox.attach(run_dir, last.shim_seq).await {
            Ok(Some(running)) => return Some(running),
            Ok(None) => {}
            Err(error) => tracing::warn!("{}: cannot be adopted: {error}", run_dir.display()),
        }
    }
    if let Err(error) = core.sandbox.remove(run_dir).await {
        tracing::warn!("{}: {error}", run_dir.display());
    }
    None
}

/// Folders and processes that no row speaks of.
async fn remove_orphans(core: &Core, known: &BTreeSet<String>) {
    let (apps, runs) = (core.state_dir.join("apps"), core.state_dir.join("run"));
    for name in folders::names(&runs).into_iter().filter(|name| !known.contains(name)) {
        let _ = core.sandbox.remove(&runs.join(&name)).await;
        remove(runs.join(name)).await;
    }
    for name in folders::names(&apps).into_iter().filter(|name| !known.contains(name)) {
        // Its row is lost, by whatever happened to the database: not its data too.
        if let Err(error) = keep_data(&apps.join(&name), &core.state_dir.join("lost").join(&name)) {
            tracing::warn!("{}: {error}", apps.join(&name).display());
            continue;
        }
        remove(apps.join(name)).await;
    }
}

/// Moves the data of an app that nobody knows to `lost`, where it has any.
fn keep_data(home: &Path, lost: &Path) -> std::io::Result<()> {
    let data = home.join("data");
    if folders::names(&data).is_empty() {
        return Ok(());
    }
    let kept = lost.with_extension(Timestamp::now().as_second().to_string());
    std::fs::create_dir_all(&kept)?;
    std::fs::rename(&data, kept.join("data"))?;
    tracing::warn!("{}: belongs to no app, its data is in {}", home.display(), kept.display());
    Ok(())
}

async fn remove(folder: std::path::PathBuf) {
    tracing::info!("{}: belongs to no app, removed", folder.display());
    let removed = tokio::task::spawn_blocking(move || folders::remove(&folder)).await;
    if let Ok(Err(error)) = removed {
        tracing::warn!("it could not be removed: {error}");
    }
}
