//! One SQLite file and the thread that owns it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    StoreError,
    migrate::{self, Migrations},
};

/// How long another program at the same file (a backup, a person's prompt) may hold it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

#[derive(Clone, Copy, Debug)]
pub(super) enum Durability {
    /// A commit is on the disk when it returns.
    Full,
    /// The last commits may be lost with the power, the file is never damaged.
    Normal,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Cheap to clone. The thread ends when it is closed or the last clone is gone.
#[derive(Clone, Debug)]
pub(super) struct Database {
    jobs: mpsc::Sender<Option<Job>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Database {
    /// Blocks while it migrates: for the start of the runtime.
    pub(super) fn open(
        path: PathBuf,
        durability: Durability,
        migrations: Migrations,
    ) -> Result<Database, StoreError> {
        let mut connection = open(&path, durability)?;
        migrate::migrate(&mut connection, &path, migrations)?;
        let (jobs, queue) = mpsc::channel::<Option<Job>>();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let thread = std::thread::Builder::new()
            .name(name.unwrap_or_default())
            .spawn(move || {
                while let Ok(Some(job)) = queue.recv() {
                    job(&mut connection);
                }
            })
            .map_err(|error| StoreError::Row {
                row: path.display().to_string(),
                reason: format!("no thread could be made for it: {error}"),
            })?;
        Ok(Database { jobs, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// Runs `work` on the thread, after what was asked before.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, outcome) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Whoever asked may have gone; the work is done all the same.
            let _ = done.send(work(connection));
        });
        self.jobs.send(Some(job)).map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    /// Work for which nobody waits.
    pub(super) fn post(&self, work: impl FnOnce(&mut Connection) + Send + 'static) {
        let _ = self.jobs.send(Some(Box::new(work)));
    }

    /// Finishes what was asked, then closes the file. Blocks.
    pub(super) fn close(&self) {
        let _ = self.jobs.send(None);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn open(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let wrong = |error| StoreError::Open { path: path.to_owned(), error };
    let connection = Connection::open(path).map_err(wrong)?;
    connection.busy_timeout(PATIENCE).map_err(wrong)?;
    connection.pragma_update(None, "journal_mode", "wal").map_err(wrong)?;
    let synchronous = match durability {
        Durability::Full => "full",
        Durability::Normal => "normal",
    };
    connection.pragma_update(None, "synchronous", synchronous).map_err(wrong)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(wrong)?;
    Ok(connection)
}
