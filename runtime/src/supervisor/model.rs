//! The model in use, and the exchange of it for another.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use serde::{Deserialize, Serialize};

use super::{
    Error, Result, Supervisor, blocking,
    core::{App, Core},
};
use crate::{
    models::{self, Before, InUse, Model, Shelf},
    signals::{Pattern, Registry},
};

/// All models of this runtime, and which of them counts.
#[derive(Debug)]
pub(super) struct Models {
    shelf: Shelf,
    now: RwLock<Arc<Model>>,
    /// Held while the model is exchanged.
    exchange: tokio::sync::Mutex<()>,
}

/// What the exchange of the model does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelChange {
    /// Signals that are not there any more.
    pub gone: Vec<String>,
    pub added: Vec<String>,
    /// What breaks which app.
    pub breaks: BTreeMap<String, Vec<String>>,
}

impl Models {
    pub(super) fn new(state: &Path, model: Arc<Model>) -> Models {
        Models {
            shelf: Shelf::new(state),
            now: RwLock::new(model),
            exchange: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn now(&self) -> Arc<Model> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The name of the model in use; empty for one that has none, as in tests.
    pub(super) fn name(&self) -> String {
        self.now().name().unwrap_or_default()
    }

    /// Where the app finds its SDK: that of the model it was installed with.
    pub(super) fn python_dir(&self, app: &App) -> PathBuf {
        let now = self.now();
        if app.model == self.name() {
            return now.python_dir.clone();
        }
        self.shelf.python_dir(&app.model).unwrap_or_else(|| now.python_dir.clone())
    }

    /// What of the app's own model the other one breaks. Reads files: blocks.
    fn breaks(&self, app: &App, model: &Model) -> Vec<String> {
        if app.model.is_empty() || model.name().is_ok_and(|name| name == app.model) {
            return Vec::new();
        }
        // Without its folder there is nothing to compare with: the app may try.
        let Ok(own) = self.shelf.get(&app.model, String::new()) else { return Vec::new() };
        let signals = app.manifest.vehicle_signal_lib.signals.iter();
        let patterns: Vec<Pattern> =
            signals.filter_map(|request| Pattern::parse(&request.path).ok()).collect();
        let uses = |path: &str| patterns.iter().any(|pattern| pattern.matches(path));
        models::breaks(&own, model, uses)
    }
}

/// Whether the app can run with the model in use; the reason is for a person.
pub(super) async fn check(core: &Arc<Core>, app: &Arc<App>) -> std::result::Result<(), String> {
    let (core, app) = (core.clone(), app.clone());
    let breaks = tokio::task::spawn_blocking(move || core.models.breaks(&app, &core.models.now()));
    let breaks = breaks.await.map_err(|error| error.to_string())?;
    if breaks.is_empty() {
        return Ok(());
    }
    Err(format!(
        "it was installed with another vehicle model, and the one in use breaks it ({}): \
         go back with `vehicle-edge model revert`, or install a version made for this model",
        breaks.join("; ")
    ))
}

impl Supervisor {
    /// The model in use.
    pub fn model(&self) -> Arc<Model> {
        self.core.models.now()
    }

    /// Exchanges the model for one that is there as text. Refused, unless by `force`, when
    /// it breaks an installed app; with `dry_run` nothing is done.
    pub async fn set_model(
        &self,
        (text, types): (String, Option<String>),
        source: String,
        force: bool,
        dry_run: bool,
    ) -> Result<ModelChange> {
        let core = self.core.clone();
        let taken = blocking(move || core.models.shelf.take_text(text, types, source)).await?;
        self.exchange(taken.map_err(|error| Error::Model(format!("{error:#}")))?, force, dry_run)
            .await
    }

    /// Goes back to the model before the last exchange.
    pub async fn revert_model(&self, force: bool) -> Result<ModelChange> {
        let core = self.core.clone();
        let before = blocking(move || -> anyhow::Result<Model> {
            let before = core.models.shelf.current()?.and_then(|in_use| in_use.before);
            let before =
                before.ok_or_else(|| anyhow::anyhow!("there is no model to go back to"))?;
            core.models.shelf.get(&before.name, before.source)
        });
        let before = before.await?.map_err(|error| Error::Model(format!("{error:#}")))?;
        self.exchange(before, force, false).await
    }

    async fn exchange(&self, model: Model, force: bool, dry_run: bool) -> Result<ModelChange> {
        let core = self.core.clone();
        let _one_at_a_time = core.models.exchange.lock().await;
        let model = Arc::new(model);
        let breaks = {
            let (core, model) = (core.clone(), model.clone());
            blocking(move || breaks(&core, &model)).await?
        };
        if !breaks.is_empty() && !force && !dry_run {
            return Err(Error::BreaksApps(breaks));
        }
        if dry_run {
            return Ok(ModelChange { breaks, ..ModelChange::default() });
        }
        // What the broker would refuse must not be written down.
        Registry::new(&model.manifest).map_err(|error| Error::Model(error.to_string()))?;
        // Written down first: a runtime that dies now starts with the new one.
        let kept = {
            let (core, model) = (core.clone(), model.clone());
            blocking(move || core.models.keep(&model)).await?
        };
        kept.map_err(|error| Error::Model(format!("{error:#}")))?;
        let succession = core
            .broker
            .swap_model(&model.manifest)
            .map_err(|error| Error::Model(error.to_string()))?;
        let info = model.info();
        tracing::info!(
            gone = succession.gone.len(),
            added = succession.added.len(),
            "the model is {} {} now, from {}",
            info.name,
            info.version.as_deref().unwrap_or("without a version"),
            model.source
        );
        *core.models.now.write().unwrap_or_else(PoisonError::into_inner) = model;
        let names = |paths: &[Arc<str>]| paths.iter().map(ToString::to_string).collect();
        let (gone, added) = (names(&succession.gone), names(&succession.added));
        Ok(ModelChange { gone, added, breaks })
    }
}

impl Models {
    fn keep(&self, model: &Model) -> anyhow::Result<()> {
        let now = self.now();
        let before = now.name().ok().map(|name| Before { name, source: now.source.clone() });
        let (current, source) = (model.name()?, model.source.clone());
        self.shelf.set_current(&InUse { current, source, before })
    }
}

fn breaks(core: &Core, model: &Model) -> BTreeMap<String, Vec<String>> {
    let apps = core
        .handles()
        .into_iter()
        .map(|handle| (handle.app.id().to_string(), core.models.breaks(&handle.app, model)));
    apps.filter(|(_, breaks)| !breaks.is_empty()).collect()
}
