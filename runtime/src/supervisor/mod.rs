//! The only place that changes an app.
//!
//! In: requests of the API, events of sandboxes, what the database says at start. Out: an
//! admission for each request, a numbered stream of changes, consoles to read.
//! It composes `python`, `sandbox`, `models`, `signals`, `topics`, `store` and `console`, which know nothing of
//! each other, and decides nothing by itself: `app::transition` does.
//! Must not know: HTTP, JSON shapes, the command line.

mod access;
mod admit;
mod archive;
mod audit;
mod conflicts;
mod core;
mod details;
mod error;
mod event;
mod fault;
mod folders;
mod install;
mod model;
mod publisher;
mod recover;
mod run;
mod task;

use std::{fmt, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, oneshot};

pub use crate::{app::Dependency, models::Model, store::DenialRow};
pub use access::{AccessOrder, AccessReport, Standing};
pub use details::{AppDetails, AppPaths};
pub use error::{Error, Result};
pub use event::{Event, EventBody};
pub use model::ModelChange;

use self::{
    audit::Trail,
    core::{Core, Message},
    task::First,
};
use crate::{
    app::{AppId, AppManifest, AppStatus, Operation, Policy, Situation, State},
    console::ConsoleReader,
    python::{Interpreter, PythonTools},
    sandbox::{Sandbox, SandboxError},
    signals::Broker,
    store::{LogStore, StateStore},
    topics,
};

/// What the supervisor is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// Holds the databases, apps, sockets and caches; the caller has made and locked it.
    pub state_dir: PathBuf,
    pub model: Arc<Model>,
    pub broker: Broker,
    pub sandbox: Arc<dyn Sandbox>,
    pub python: PythonTools,
    /// The MQTT broker that apps may ask for.
    pub mqtt: Option<topics::Address>,
    /// What apps are granted, and who gives way.
    pub policy: Policy,
}

/// The answer to a request that is not denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Admission {
    Accepted,
    /// It is so already, or on the way.
    Already,
}

/// A cheap handle; all clones are the same supervisor.
#[derive(Clone)]
pub struct Supervisor {
    core: Arc<Core>,
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Supervisor({})", self.core.state_dir.display())
    }
}

impl Supervisor {
    /// Loads what is installed, adopts what still runs and starts what ought to.
    pub async fn start(config: Config) -> Result<Supervisor> {
        let interpreter = Interpreter::probe(&config.python.interpreter).await?;
        tracing::info!(
            "apps run with Python {} ({})",
            interpreter.version,
            config.python.interpreter.display()
        );
        let folder = config.state_dir.clone();
        let opened = tokio::task::spawn_blocking(move || open(&folder)).await;
        let (state, logs) = opened.map_err(|error| Error::Setup(error.to_string()))??;
        access::apply(&config.broker, &config.policy)?;
        let trail = Trail::start(state.clone());
        config.broker.set_audit(Box::new(trail.clone()));
        let core = Arc::new(Core::new(config, interpreter, state, logs, trail));
        recover::recover(&core).await?;
        Ok(Supervisor { core })
    }

    /// Takes an unpacked app folder, which it moves or removes. Answers when the app is
    /// admitted (state `installing`); progress and outcome come as events.
    pub async fn install(&self, bundle: PathBuf, start: bool) -> Result<AppStatus> {
        let admitted = self.admit(bundle.clone(), start).await;
        if admitted.is_err() {
            let removed = tokio::task::spawn_blocking(move || folders::remove(&bundle)).await;
            if let Ok(Err(error)) = removed {
                tracing::warn!("a refused bundle could not be removed: {error}");
            }
        }
        admitted
    }

    pub async fn request(&self, app: &AppId, operation: Operation) -> Result<Admission> {
        let handle = self.core.handle(app)?;
        let (reply, answer) = oneshot::channel();
        let sent = handle.mailbox.send(Message::Ask(operation, reply)).await;
        match sent {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(self.vanished(app))),
            Err(_) => Err(self.vanished(app)),
        }
    }

    /// All apps, by id.
    pub fn list(&self) -> Vec<AppStatus> {
        self.core.publisher.list()
    }

    pub fn status(&self, app: &AppId) -> Option<AppStatus> {
        self.core.publisher.get(app)
    }

    pub async fn inspect(&self, app: &AppId) -> Result<AppDetails> {
        let handle = self.core.handle(app)?;
        let status = self.status(app).ok_or_else(|| Error::UnknownApp(app.clone()))?;
        let manifest = handle.app.manifest.clone();
        Ok(AppDetails {
            status,
            dependencies: self.core.state.dependencies(app).await?,
            grants: self.core.granted(&handle),
            manifest,
            paths: handle.app.paths.clone(),
        })
    }

    /// A snapshot and every change after it, without a gap between the two.
    pub fn events(&self) -> (Vec<AppStatus>, broadcast::Receiver<Event>) {
        self.core.publisher.snapshot()
    }

    /// Writes to the app's standard input, exactly these bytes.
    pub async fn stdin(&self, app: &AppId, input: &[u8]) -> Result<()> {
        let control = self.core.handle(app)?.control.get();
        let written = match control {
            Some(control) => control.stdin(input).await,
            None => Err(SandboxError::Gone),
        };
        written.map_err(|error| Error::NoInput { app: app.clone(), reason: error.to_string() })
    }

    /// Reads the console: the kept lines after number `after`, only the last `tail` of them
    /// when given, then what follows.
    pub fn console(
        &self,
        app: &AppId,
        after: Option<u64>,
        tail: Option<usize>,
    ) -> Result<ConsoleReader> {
        Ok(self.core.handle(app)?.console.reader(after, tail))
    }

    /// Ends the runtime's part: apps are stopped and stay desired, or, with `keep_apps`,
    /// go on under their shims.
    pub async fn shutdown(&self, keep_apps: bool) {
        *self.core.closed.lock().await = true;
        let handles = self.core.handles();
        let mut waiting = Vec::new();
        for handle in &handles {
            let (done, is_done) = oneshot::channel();
            if handle.mailbox.send(Message::Leave { keep: keep_apps, done }).await.is_ok() {
                waiting.push(is_done);
            }
        }
        for is_done in waiting {
            let _ = is_done.await;
        }
        for handle in handles {
            self.core.forget(handle.app.id());
        }
        self.core.trail.write().await;
        let core = self.core.clone();
        let close = move || {
            core.logs.close();
            core.state.close();
        };
        let _ = tokio::task::spawn_blocking(close).await;
    }

    async fn admit(&self, bundle: PathBuf, start: bool) -> Result<AppStatus> {
        let core = &self.core;
        let manifest = {
            let (core, bundle) = (core.clone(), bundle.clone());
            let look = move || admit::admit(&bundle, &core.broker, &core.models.now());
            blocking(look).await??
        };
        let closed = core.closed.lock().await;
        if *closed {
            return Err(Error::ShuttingDown);
        }
        let app = manifest.id.clone();
        self.check_unknown(&manifest)?;
        let model = core.models.name();
        let situation = Situation::new(start, Timestamp::now());
        let row = core.state.insert(manifest, model, situation).await?;
        fault::point(&app, "install", "row");
        // From here on the row makes sure that nothing is left, whatever happens.
        let target = folders::incoming(&core.state_dir, &app);
        let taken = blocking(move || folders::take_in(&bundle, &target)).await?;
        if let Err(error) = taken {
            let (home, id) = (folders::home(&core.state_dir, &app), app.clone());
            let _ = blocking(move || folders::remove(&home)).await;
            core.state.delete(&id).await?;
            return Err(Error::Bundle(error.to_string()));
        }
        fault::point(&app, "install", "taken");
        let last = core.logs.last(&app).await.unwrap_or_default();
        let (handle, mailbox) =
            core.register(row.manifest, row.model, row.uid_index, last.seq, vec![]);
        let first = First::Install;
        // Its first step only starts the installation; nobody waits for it.
        drop(task::spawn(core, handle, mailbox, row.situation, last.shim_seq, first));
        self.status(&app).ok_or(Error::UnknownApp(app))
    }

    fn check_unknown(&self, manifest: &AppManifest) -> Result<()> {
        let app = manifest.id.clone();
        let reason = match self.status(&app).map(|status| status.state) {
            None => return Ok(()),
            Some(State::Uninstalling) => "it is being uninstalled: try again when it is gone",
            Some(_) => "it is installed already: uninstall it first",
        };
        Err(Error::Denied { app, operation: Operation::Install, reason: reason.to_owned() })
    }

    /// Its task has ended between the look-up and the question.
    fn vanished(&self, app: &AppId) -> Error {
        match self.core.handle(app) {
            Ok(_) => Error::ShuttingDown,
            Err(error) => error,
        }
    }
}

fn open(folder: &std::path::Path) -> Result<(StateStore, LogStore)> {
    for name in ["apps", "run", "cache"] {
        let path = folder.join(name);
        std::fs::create_dir_all(&path)
            .map_err(|error| Error::Setup(format!("{}: {error}", path.display())))?;
    }
    Ok((StateStore::open(folder.join("state.db"))?, LogStore::open(folder.join("logs.db"))?))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Setup(error.to_string()))
}
