//! Lets a console read its older lines from the database, without either knowing the other.

use futures_util::future::BoxFuture;

use crate::{
    app::{AppId, Line},
    console::Archive,
    store::{LogStore, StoreError},
};

#[derive(Debug)]
pub(super) struct LogArchive {
    pub(super) logs: LogStore,
    pub(super) app: AppId,
}

impl Archive for LogArchive {
    fn read(&self, after: u64, limit: u32) -> BoxFuture<'_, Vec<Line>> {
        Box::pin(async move { self.found(self.logs.read(&self.app, after, limit).await) })
    }

    fn read_back(&self, before: u64, limit: u32) -> BoxFuture<'_, Vec<Line>> {
        Box::pin(async move { self.found(self.logs.read_back(&self.app, before, limit).await) })
    }
}

impl LogArchive {
    /// A reader is told of a gap where lines cannot be read.
    fn found(&self, lines: Result<Vec<Line>, StoreError>) -> Vec<Line> {
        lines.unwrap_or_else(|error| {
            tracing::warn!("logs.db: the console of '{}' cannot be read: {error}", self.app);
            Vec::new()
        })
    }
}
