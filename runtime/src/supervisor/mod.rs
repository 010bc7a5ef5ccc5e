//! The only place that changes an app.
//!
//! In: requests of the API, events of sandboxes, what the database says at start. Out: an
//! admission for each request, a numbered stream of changes, consoles to read.
//! It composes `python`, `sandbox`, `signals`, `store` and `console`, which know nothing of
//! each other, and decides nothing by itself: `app::transition` does.
//! Must not know: HTTP, JSON shapes, the command line.

mod details;
mod error;
mod event;

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use vss_codegen::model::Manifest;

pub use details::{AppDetails, AppPaths};
pub use error::{Error, Result};
pub use event::{Event, EventBody};

use crate::{
    app::{AppId, AppStatus, Operation},
    console::ConsoleReader,
    python::PythonTools,
};

/// The vehicle model that apps are checked against and whose SDK they import.
#[derive(Clone, Debug)]
pub struct Model {
    pub manifest: Manifest,
    /// The folder with the generated `vehicle_signal_model` package.
    pub python_dir: PathBuf,
}

/// What the supervisor is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// Holds the databases, apps, sockets and caches; the caller has made and locked it.
    pub state_dir: PathBuf,
    pub model: Arc<Model>,
    pub python: PythonTools,
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
#[derive(Clone, Debug)]
pub struct Supervisor {
    events: broadcast::Sender<Event>,
}

impl Supervisor {
    /// Loads what is installed, adopts what still runs and starts what ought to.
    pub async fn start(_config: Config) -> Result<Supervisor> {
        Ok(Supervisor { events: broadcast::channel(1024).0 })
    }

    /// Takes an unpacked app folder, which it moves or removes. Answers when the app is
    /// admitted (state `installing`); progress and outcome come as events.
    pub async fn install(&self, _bundle: PathBuf, _start: bool) -> Result<AppStatus> {
        Err(Error::NotYet("install"))
    }

    pub async fn request(&self, app: &AppId, _operation: Operation) -> Result<Admission> {
        Err(Error::UnknownApp(app.clone()))
    }

    /// All apps, by id.
    pub fn list(&self) -> Vec<AppStatus> {
        Vec::new()
    }

    pub fn status(&self, _app: &AppId) -> Option<AppStatus> {
        None
    }

    pub async fn inspect(&self, app: &AppId) -> Result<AppDetails> {
        Err(Error::UnknownApp(app.clone()))
    }

    /// A snapshot and every change after it, without a gap between the two.
    pub fn events(&self) -> (Vec<AppStatus>, broadcast::Receiver<Event>) {
        (Vec::new(), self.events.subscribe())
    }

    /// Writes to the app's standard input, exactly these bytes.
    pub async fn stdin(&self, app: &AppId, _input: &[u8]) -> Result<()> {
        Err(Error::UnknownApp(app.clone()))
    }

    /// Reads the console: the kept lines after number `after`, only the last `tail` of them
    /// when given, then what follows.
    pub fn console(
        &self,
        app: &AppId,
        _after: Option<u64>,
        _tail: Option<usize>,
    ) -> Result<ConsoleReader> {
        Err(Error::UnknownApp(app.clone()))
    }

    /// Ends the runtime's part: apps are stopped and stay desired, or, with `keep_apps`,
    /// go on under their shims.
    pub async fn shutdown(&self, _keep_apps: bool) {}
}
