//! The two databases: `state.db`, what must survive a power cut, and `logs.db`, consoles.
//!
//! In: typed records. Out: the same records after a restart. Rows are converted once, here.
//! Each database has a thread of its own, so that no disk ever stops the async threads, and
//! a call is done when its transaction is committed.
//! Must not know: what a state means, who asks, processes.

mod access;
mod audit;
mod database;
mod logs;
mod migrate;
mod state;

use std::path::PathBuf;

pub use audit::DenialRow;
pub(crate) use logs::{Last as LastLine, LogStore};
pub(crate) use state::{AppRow, StateStore};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{}: {error}", path.display())]
    Open { path: PathBuf, error: rusqlite::Error },
    #[error(
        "{}: written by a newer version of vehicle-edge (schema {found}, this one knows {known}): \
         use that version, or another state folder", path.display()
    )]
    Newer { path: PathBuf, found: usize, known: usize },
    #[error("{0}")]
    Sql(#[from] rusqlite::Error),
    /// A row that this program has not written.
    #[error("the row of '{row}' is damaged: {reason}")]
    Row { row: String, reason: String },
    #[error("the database was closed")]
    Closed,
}
