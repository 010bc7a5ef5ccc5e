//! Why something could not be done, in words that say what to do.

use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// This host cannot do what was asked for.
    #[error("{0}")]
    Unavailable(String),
    /// A folder, limit or program of this app stands in the way.
    #[error("could not start '{app}': {step}: {reason}")]
    Start { app: String, step: String, reason: String },
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    /// The app has ended, or its shim.
    #[error("the app is not running")]
    Gone,
    /// The shim is there and says nothing: stopped, or waiting for a disk.
    #[error("its shim does not answer")]
    Silent,
    /// The shim answered no.
    #[error("{0}")]
    Refused(String),
}

impl SandboxError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> SandboxError {
        let path = path.into();
        move |error| SandboxError::Io { path, error }
    }
}
