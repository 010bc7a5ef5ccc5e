//! The Python environment of each app: resolved, locked and installed by `uv`.
//!
//! In: requirements, an interpreter, folders. Out: a lock with hashes, an environment,
//! progress while it is made, and uv's explanation when it cannot be.
//! Wheels only: nothing is built and nothing of the app or its packages runs. Index, proxy
//! and certificate settings are those of the person, uv's and pip's ([`settings`]).
//! Must not know: app states, the database, the sandbox.

mod environment;
mod error;
mod interpreter;
mod lock;
mod progress;
mod settings;
mod strays;
mod uv;

use std::path::PathBuf;

pub(crate) use environment::{Builder, Plan};
pub use error::PythonError;
pub(crate) use interpreter::Interpreter;
pub(crate) use lock::Locked;

/// What is being done now, and how far along the whole is then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) message: String,
    pub(crate) percent: u8,
}

/// The tools an environment is made with, found once at start.
#[derive(Clone, Debug)]
pub struct PythonTools {
    pub uv: PathBuf,
    /// The real interpreter, never a version manager's shim.
    pub interpreter: PathBuf,
    /// The SDK's wheel, put into every environment; `None` only in tests.
    pub sdk_wheel: Option<PathBuf>,
}
