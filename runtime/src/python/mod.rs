//! The Python environment of each app: resolved, locked and installed by `uv`.
//!
//! In: requirements, an interpreter, a folder. Out: a lock with hashes, an environment,
//! progress while it is made, and uv's explanation when it cannot be.
//! Must not know: app states, the database, the sandbox. Runs nothing of the app.

use std::path::PathBuf;

/// The tools an environment is made with, found once at start.
#[derive(Clone, Debug)]
pub struct PythonTools {
    pub uv: PathBuf,
    /// The real interpreter, never a version manager's shim.
    pub interpreter: PathBuf,
    /// The SDK's wheel, put into every environment; `None` only in tests.
    pub sdk_wheel: Option<PathBuf>,
}
