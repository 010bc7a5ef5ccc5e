//! What can be wrong with a trace, and what to do.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::VERSION;
use crate::signals::{InvalidPattern, SignalError};

#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("cannot {deed} {}: {source}", path.display())]
    Io { deed: &'static str, path: PathBuf, source: io::Error },
    #[error("{} is there already: name another file, or remove it first", path.display())]
    Exists { path: PathBuf },
    #[error(
        "{} is no trace: it does not begin with VETRACE \
         (`vehicle-edge signals record -o FILE` makes one)",
        path.display()
    )]
    NotATrace { path: PathBuf },
    #[error(
        "{} is a trace of format {version}, and this program reads format {VERSION}: \
         read it with the version of vehicle-edge that wrote it, or a newer one",
        path.display()
    )]
    Version { path: PathBuf, version: u8 },
    #[error(
        "{} ends before its first whole block: nothing was recorded yet when the recording broke off",
        path.display()
    )]
    Nothing { path: PathBuf },
    #[error(
        "{}: the block at byte {offset} is damaged ({flaw}); the updates before it are good: copy \
         the file from where it was recorded once more, or cut it there (truncate -s {offset} FILE)",
        path.display()
    )]
    Damaged { path: PathBuf, offset: u64, flaw: &'static str },
    #[error(
        "{}: a trace holds at most {} signals with {} bytes of paths: \
         record fewer signals, or several traces",
        path.display(), super::MAX_SIGNALS, super::MAX_PATHS
    )]
    Full { path: PathBuf },
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    #[error("{pattern}: no signal of the model matches; `vehicle-edge signals ls` lists them")]
    NoSuchSignal { pattern: String },
    #[error(transparent)]
    Signal(#[from] SignalError),
    #[error("cannot write {format}: {message}")]
    Export { format: &'static str, message: String },
    #[error("the thread that {0} ended early: this is a fault of vehicle-edge")]
    Lost(&'static str),
}

impl TraceError {
    /// For `map_err`.
    pub(super) fn io(deed: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TraceError {
        move |source| TraceError::Io { deed, path: path.to_owned(), source }
    }
}
