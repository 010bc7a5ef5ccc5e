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

use rusqlite::ErrorCode;

pub use audit::DenialRow;
pub(crate) use logs::{Last as LastLine, LogStore};
pub(crate) use state::{AppRow, StateStore};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{}: {}", path.display(), said(error))]
    Open { path: PathBuf, error: rusqlite::Error },
    #[error(
        "{}: written by a newer version of vehicle-edge (schema {found}, this one knows {known}): \
         use that version, or another state folder", path.display()
    )]
    Newer { path: PathBuf, found: usize, known: usize },
    #[error("{}", said(.0))]
    Sql(#[from] rusqlite::Error),
    /// A row that this program has not written.
    #[error("the row of '{row}' is damaged: {reason}")]
    Row { row: String, reason: String },
    #[error("the database was closed")]
    Closed,
}

impl StoreError {
    /// Nothing can be written until somebody makes room.
    pub(crate) fn is_full(&self) -> bool {
        self.code() == Some(ErrorCode::DiskFull)
    }

    /// Another program holds the file.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// What the file holds is no database any more.
    fn is_damaged(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            StoreError::Open { error, .. } | StoreError::Sql(error) => error.sqlite_error_code(),
            _ => None,
        }
    }
}

/// With what to do, where anything can be done.
fn said(error: &rusqlite::Error) -> String {
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full: make room, and try again",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program holds it: end that one, and try again"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "it is damaged: with the runtime stopped, put a backup in its place, or move it away \
             to begin with no apps"
        }
        Some(ErrorCode::CannotOpen) => {
            "it cannot be opened: look at its rights, its disk and the limit of open files"
        }
        _ => return error.to_string(),
    };
    format!("{advice} ({error})")
}
