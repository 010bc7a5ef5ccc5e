//! Starts apps apart from the host and from each other, and holds on to them.
//!
//! In: a [`Launch`] (command, environment, folders, limits). Out: a [`Running`] app with its
//! events (numbered output lines, exit) and its [`Control`] (input, signals, freeze).
//! Must not know: app states, manifests, Python, signals, the database.
//!
//! ```text
//! daemon ── shim.sock (JSON lines, protocol.rs) ──▶ shim ── lifeline ──▶ init ──▶ app
//!   may die and come back          one per app, owns the app's     PID 1 of the sandbox,
//!                                  pipes, buffer, cgroup, exit     forwards, reaps
//! ```
//!
//! The shim is this very program, re-executed. Backends differ only in what the shim does
//! between its fork and the app's exec (`native`, `process`); a backend that leaves that to
//! somebody else's daemon implements [`Sandbox`] beside them.

mod backend;
mod capabilities;
mod cell;
mod cgroup;
mod control;
mod error;
mod launch;
mod native;
mod probe;
mod process;
mod protocol;
mod shim;

use std::{ffi::OsString, fmt::Debug, path::Path, process::ExitCode, str::FromStr};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::app::Exit;

pub use capabilities::{Backend, Capabilities, Enforcement, Lack, Pause};
pub use control::Control;
pub use error::SandboxError;
pub use launch::Launch;
pub use probe::{select, select_with};
pub use protocol::OutputLine;

/// One way to run apps. `start` and `attach` need a tokio runtime, the rest of an app's
/// life does not need this process.
pub trait Sandbox: Send + Sync + Debug {
    /// Probed once, when the sandbox was selected.
    fn capabilities(&self) -> &Capabilities;

    /// Returns when the app's program was executed, or with the reason why it was not.
    fn start<'a>(&'a self, launch: &'a Launch) -> BoxFuture<'a, Result<Running, SandboxError>>;

    /// The app of a living shim that an earlier daemon started, with the lines after number
    /// `after`; None where there is no shim. An app that has ended meanwhile is found too,
    /// until it is removed: its last event is the exit.
    fn attach<'a>(
        &'a self,
        run_dir: &'a Path,
        after: u64,
    ) -> BoxFuture<'a, Result<Option<Running>, SandboxError>>;

    /// Kills what is left of the run, and takes its shim, cgroup, socket and spec away.
    /// Harmless where nothing is left.
    fn remove<'a>(&'a self, run_dir: &'a Path) -> BoxFuture<'a, Result<(), SandboxError>>;
}

#[derive(Debug)]
pub struct Running {
    /// The app's own process, as the host numbers it.
    pub pid: u32,
    /// Found frozen by [`Sandbox::attach`].
    pub frozen: bool,
    pub control: Control,
    /// A slow reader loses lines (it gets a [`ShimEvent::Gap`]) and never slows the app.
    /// Ends after `Exited` or `Lost`.
    pub events: mpsc::Receiver<ShimEvent>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ShimEvent {
    Output(OutputLine),
    /// Lines with these numbers, both included, no longer exist.
    Gap {
        from: u64,
        to: u64,
    },
    /// All output came before. The shim keeps this until [`Sandbox::remove`].
    Exited(Exit),
    /// The shim vanished, or another daemon took it over: the reason.
    Lost(String),
}

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Native, or an error that says what it lacks here: never silently without isolation.
    #[default]
    Auto,
    Native,
    Process,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Choice::Auto),
            "native" => Ok(Choice::Native),
            "process" => Ok(Choice::Process),
            other => Err(format!("'{other}' is not a sandbox: use auto, native or process")),
        }
    }
}

const SHIM: &str = "shim";
const PROBE: &str = "sandbox-probe";

/// The hidden subcommands, of which this program starts itself as another process:
/// `shim SPEC` and `sandbox-probe`. To be called before any thread exists, as they fork.
pub fn dispatch(args: &[OsString]) -> Option<ExitCode> {
    match args {
        [name, spec] if name == SHIM => Some(shim::run(Path::new(spec))),
        [name] if name == PROBE => Some(probe::run()),
        _ => None,
    }
}
