//! What all apps share.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot};

use super::{
    Admission, Error, Result, access::SharedAccess, archive::LogArchive, audit::Trail,
    details::AppPaths, folders, model::Models, publisher::Publisher,
};
use crate::{
    app::{AppId, AppManifest, Decision, Input, Operation, Policy},
    console::Console,
    python::{Builder, Interpreter},
    sandbox::{Control, Sandbox},
    signals::Broker,
    store::{LogStore, StateStore},
    topics,
};

/// Requests that may wait for one app; more wait with their callers.
pub(super) const MAILBOX: usize = 64;

#[derive(Debug)]
pub(super) struct Core {
    pub(super) state_dir: PathBuf,
    pub(super) models: Models,
    pub(super) broker: Broker,
    pub(super) mqtt: Option<topics::Address>,
    pub(super) policy: ArcSwap<Policy>,
    pub(super) sandbox: Arc<dyn Sandbox>,
    pub(super) builder: Builder,
    pub(super) interpreter: Interpreter,
    /// Apps get users of their own.
    pub(super) is_root: bool,
    pub(super) state: StateStore,
    pub(super) logs: LogStore,
    pub(super) trail: Trail,
    pub(super) publisher: Publisher,
    apps: RwLock<BTreeMap<AppId, Handle>>,
    /// Held while an app is admitted, so that two with one id cannot be; true when the
    /// runtime is shutting down.
    pub(super) closed: tokio::sync::Mutex<bool>,
    /// Held while grants are changed, so that none is lost.
    pub(super) deciding: tokio::sync::Mutex<()>,
}

/// What is true of an app for as long as it is installed.
#[derive(Debug)]
pub(super) struct App {
    pub(super) manifest: AppManifest,
    /// The name of the model that it was installed with; empty where nobody wrote it down.
    pub(super) model: String,
    pub(super) uid_index: u32,
    pub(super) paths: AppPaths,
}

/// How everyone else reaches an app's task.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    pub(super) app: Arc<App>,
    pub(super) mailbox: mpsc::Sender<Message>,
    pub(super) console: Console,
    pub(super) control: SharedControl,
    pub(super) access: SharedAccess,
}

#[derive(Debug)]
pub(super) enum Message {
    Ask(Operation, oneshot::Sender<Result<Admission>>),
    /// From the app's own installation or run.
    Input(Input),
    /// The runtime goes away; answered when this app is done.
    Leave {
        keep: bool,
        done: oneshot::Sender<()>,
    },
}

/// The running app's control, for input that need not wait for the app's task.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedControl(Arc<Mutex<Option<Control>>>);

impl SharedControl {
    pub(super) fn get(&self) -> Option<Control> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, control: Option<Control>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = control;
    }
}

impl App {
    pub(super) fn id(&self) -> &AppId {
        &self.manifest.id
    }
}

impl Core {
    pub(super) fn new(
        config: super::Config,
        interpreter: Interpreter,
        state: StateStore,
        logs: LogStore,
        trail: Trail,
    ) -> Core {
        let cache = config.state_dir.join("cache").join("uv");
        Core {
            builder: Builder::new(&config.python, cache),
            models: Models::new(&config.state_dir, config.model),
            state_dir: config.state_dir,
            broker: config.broker,
            mqtt: config.mqtt,
            policy: ArcSwap::from_pointee(config.policy),
            sandbox: config.sandbox,
            interpreter,
            is_root: rustix::process::geteuid().is_root(),
            state,
            logs,
            trail,
            publisher: Publisher::new(),
            apps: RwLock::default(),
            closed: tokio::sync::Mutex::new(false),
            deciding: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn handle(&self, app: &AppId) -> Result<Handle> {
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        apps.get(app).cloned().ok_or_else(|| Error::UnknownApp(app.clone()))
    }

    pub(super) fn handles(&self) -> Vec<Handle> {
        self.apps.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The handle everyone finds from now on, and the mailbox for the app's task.
    pub(super) fn register(
        &self,
        manifest: AppManifest,
        model: String,
        uid_index: u32,
        last_line: u64,
        decisions: Vec<Decision>,
    ) -> (Handle, mpsc::Receiver<Message>) {
        let id = manifest.id.clone();
        let archive = LogArchive { logs: self.logs.clone(), app: id.clone() };
        let paths = folders::paths(&self.state_dir, &id);
        let (mailbox, messages) = mpsc::channel(MAILBOX);
        let handle = Handle {
            app: Arc::new(App { manifest, model, uid_index, paths }),
            mailbox,
            console: Console::new(last_line, Arc::new(archive)),
            control: SharedControl::default(),
            access: SharedAccess::new(decisions),
        };
        self.apps.write().unwrap_or_else(PoisonError::into_inner).insert(id, handle.clone());
        (handle, messages)
    }

    pub(super) fn forget(&self, app: &AppId) {
        self.apps.write().unwrap_or_else(PoisonError::into_inner).remove(app);
    }
}
