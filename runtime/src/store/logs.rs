//! `logs.db`: the lines of all consoles.
//!
//! Whoever appends waits only when the disk is far behind; lines that are queued are written
//! in one transaction. Reads go through the same queue, so they see every line before them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use tokio::sync::Semaphore;

use super::{
    StoreError,
    database::{Database, Durability},
    migrate,
};
use crate::app::{AppId, Line};

/// Lines that may wait to be written, of all apps.
const QUEUE: usize = 8192;
/// Lines that are kept of each app: an app that never stops talking must not fill the disk.
const KEPT: u64 = 100_000;
/// How long the first line of a batch waits for others: many apps that say a little each
/// would otherwise cost one transaction a line.
const LINGER: std::time::Duration = std::time::Duration::from_millis(5);
/// How often an app's oldest lines are looked at, in lines.
const SWEEP: u64 = 4096;

#[derive(Clone, Debug)]
pub(crate) struct LogStore {
    database: Database,
    waiting: Arc<Batch>,
}

/// What the next transaction will hold.
#[derive(Debug)]
struct Batch {
    lines: std::sync::Mutex<Vec<Entry>>,
    /// Room in the queue.
    room: Semaphore,
}

#[derive(Debug)]
struct Entry {
    app: AppId,
    line: Line,
    shim_seq: Option<u64>,
}

/// Where an app's console goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) seq: u64,
    pub(crate) shim_seq: u64,
}

impl LogStore {
    /// Blocks. A file that is damaged is set aside: apps go on without their old lines.
    pub(crate) fn open(path: PathBuf) -> Result<LogStore, StoreError> {
        let open = || Database::open(path.clone(), Durability::Normal, migrate::LOGS);
        let database = match open() {
            Err(error) if error.is_damaged() => {
                set_aside(&path, &error)?;
                open()?
            }
            other => other?,
        };
        let waiting = Batch { lines: Default::default(), room: Semaphore::new(QUEUE) };
        Ok(LogStore { database, waiting: Arc::new(waiting) })
    }

    /// Waits while too many lines wait already.
    pub(crate) async fn append(&self, app: &AppId, line: Line, shim_seq: Option<u64>) {
        if let Ok(permit) = self.waiting.room.acquire().await {
            permit.forget();
            self.enqueue(Entry { app: app.clone(), line, shim_seq });
        }
    }

    /// Never waits: what finds no room is not kept.
    pub(crate) fn append_if_room(&self, app: &AppId, line: Line) {
        if let Ok(permit) = self.waiting.room.try_acquire() {
            permit.forget();
            self.enqueue(Entry { app: app.clone(), line, shim_seq: None });
        }
    }

    fn enqueue(&self, entry: Entry) {
        let mut lines = self.waiting.lock();
        lines.push(entry);
        // The first line of a batch calls the writer, the others are found by it.
        if lines.len() == 1 {
            let waiting = self.waiting.clone();
            self.database.post(move |connection| {
                std::thread::sleep(LINGER);
                waiting.write(connection);
            });
        }
    }

    pub(crate) async fn last(&self, app: &AppId) -> Result<Last, StoreError> {
        let app = app.clone();
        self.call(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT (SELECT max(seq) FROM app_logs WHERE app_id = ?1),
                        (SELECT max(shim_seq) FROM app_logs
                         WHERE app_id = ?1 AND shim_seq IS NOT NULL)",
            )?;
            Ok(statement.query_row([app.as_str()], |row| {
                let (seq, shim): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
                Ok(Last { seq: number(seq), shim_seq: number(shim) })
            })?)
        })
        .await
    }

    /// Lines above `after`, oldest first.
    pub(crate) async fn read(
        &self,
        app: &AppId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Line>, StoreError> {
        let app = app.clone();
        self.call(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, timestamp, stream, partial, content FROM app_logs
                 WHERE app_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            )?;
            lines(statement.query(params![app.as_str(), signed(after), limit])?)
        })
        .await
    }

    /// The last `limit` lines below `before`, oldest first.
    pub(crate) async fn read_back(
        &self,
        app: &AppId,
        before: u64,
        limit: u32,
    ) -> Result<Vec<Line>, StoreError> {
        let app = app.clone();
        self.call(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, timestamp, stream, partial, content FROM app_logs
                 WHERE app_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
            )?;
            let mut lines =
                lines(statement.query(params![app.as_str(), signed(before), limit])?)?;
            lines.reverse();
            Ok(lines)
        })
        .await
    }

    pub(crate) async fn delete(&self, app: &AppId) -> Result<(), StoreError> {
        let app = app.clone();
        self.call(move |connection| {
            connection.execute("DELETE FROM app_logs WHERE app_id = ?", [app.as_str()])?;
            Ok(())
        })
        .await
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let waiting = self.waiting.clone();
        let work = move |connection: &mut Connection| {
            waiting.write(connection);
            work(connection)
        };
        self.database.call(work).await
    }

    /// Blocks until everything is written.
    pub(crate) fn close(&self) {
        let waiting = self.waiting.clone();
        self.database.post(move |connection| waiting.write(connection));
        self.database.close();
    }
}

impl Batch {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self, connection: &mut Connection) {
        let batch = std::mem::take(&mut *self.lock());
        if batch.is_empty() {
            return;
        }
        if let Err(error) = write(connection, &batch) {
            // The lines were shown already; the console goes on without keeping them.
            tracing::warn!("logs.db: {} lines could not be kept: {error}", batch.len());
        }
        self.room.add_permits(batch.len());
    }
}

/// Beside where it was, with the files that SQLite keeps with it gone.
fn set_aside(path: &Path, why: &StoreError) -> Result<(), StoreError> {
    let aside = path.with_extension(format!("damaged-{}", Timestamp::now().as_second()));
    let moved = std::fs::rename(path, &aside);
    moved.map_err(|error| StoreError::Row {
        row: path.display().to_string(),
        reason: format!("{why}; it could not be moved away: {error}"),
    })?;
    for more in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(more);
        let _ = std::fs::remove_file(name);
    }
    tracing::error!("{}: {why}; it is {} now", path.display(), aside.display());
    Ok(())
}

fn write(connection: &mut Connection, batch: &[Entry]) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    {
        let mut statement = transaction.prepare_cached(
            "INSERT OR REPLACE INTO app_logs
                 (app_id, seq, shim_seq, timestamp, stream, partial, content)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        for Entry { app, line, shim_seq } in batch {
            statement.execute(params![
                app.as_str(),
                signed(line.seq),
                shim_seq.map(signed),
                line.at.as_microsecond(),
                line.stream.name(),
                line.partial,
                &*line.text,
            ])?;
        }
    }
    for Entry { app, line, .. } in batch.iter().filter(|entry| entry.line.seq % SWEEP == 0) {
        let oldest = line.seq.saturating_sub(KEPT);
        transaction
            .prepare_cached("DELETE FROM app_logs WHERE app_id = ? AND seq <= ?")?
            .execute(params![app.as_str(), signed(oldest)])?;
    }
    Ok(transaction.commit()?)
}

fn lines(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Line>, StoreError> {
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(line(row)?);
    }
    Ok(lines)
}

fn line(row: &Row<'_>) -> Result<Line, StoreError> {
    let seq = number(row.get(0)?);
    let damaged = |reason: String| StoreError::Row { row: format!("line {seq}"), reason };
    let stream: String = row.get(2)?;
    let text: String = row.get(4)?;
    Ok(Line {
        seq,
        at: Timestamp::from_microsecond(row.get(1)?).map_err(|e| damaged(e.to_string()))?,
        stream: stream
            .parse()
            .map_err(|error: crate::app::UnknownWord| damaged(error.to_string()))?,
        partial: row.get(3)?,
        text: text.into(),
    })
}

/// SQLite's integers are signed; numbers of lines never come near the difference.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn number(value: Option<i64>) -> u64 {
    value.and_then(|value| u64::try_from(value).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Stream;

    fn line(seq: u64) -> Line {
        let at = Timestamp::from_microsecond(1_700_000_000_000_000 + seq as i64).unwrap();
        Line { seq, stream: Stream::Stdout, at, text: format!("line {seq}").into(), partial: false }
    }

    #[tokio::test]
    async fn lines_are_there_after_reopening_and_numbers_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs.db");
        let (a, b): (AppId, AppId) = ("a".parse().unwrap(), "b".parse().unwrap());
        let store = LogStore::open(path.clone()).unwrap();
        assert_eq!(store.last(&a).await.unwrap(), Last::default());
        for seq in 1..=100 {
            store.append(&a, line(seq), Some(seq + 1000)).await;
        }
        let status = Line { stream: Stream::Status, partial: true, ..line(101) };
        store.append_if_room(&a, status.clone());
        store.append(&b, line(1), Some(1)).await;
        store.close();

        let store = LogStore::open(path).unwrap();
        assert_eq!(store.last(&a).await.unwrap(), Last { seq: 101, shim_seq: 1100 });
        assert_eq!(store.read(&a, 98, 10).await.unwrap(), [line(99), line(100), status]);
        assert_eq!(store.read(&a, 0, 2).await.unwrap(), [line(1), line(2)]);
        assert_eq!(store.read_back(&a, 50, 2).await.unwrap(), [line(48), line(49)]);
        store.delete(&a).await.unwrap();
        assert_eq!(store.read(&a, 0, 10).await.unwrap(), []);
        assert_eq!(store.read(&b, 0, 10).await.unwrap(), [line(1)]);
    }

    #[tokio::test]
    async fn the_oldest_lines_of_a_talkative_app_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = LogStore::open(folder.path().join("logs.db")).unwrap();
        let (loud, calm): (AppId, AppId) = ("loud".parse().unwrap(), "calm".parse().unwrap());
        store.append(&calm, line(1), None).await;
        for seq in (1..=KEPT + 2 * SWEEP).step_by(64) {
            store.append(&loud, line(seq + 63), None).await;
        }
        let first = store.read(&loud, 0, 1).await.unwrap()[0].seq;
        assert!((SWEEP..3 * SWEEP).contains(&first), "{first}");
        assert_eq!(store.read(&calm, 0, 9).await.unwrap(), [line(1)]);
    }

    #[tokio::test]
    async fn a_read_sees_every_line_appended_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = LogStore::open(folder.path().join("logs.db")).unwrap();
        let app: AppId = "a".parse().unwrap();
        for seq in 1..=3 * QUEUE as u64 {
            store.append(&app, line(seq), None).await;
            if seq % 5000 == 0 {
                assert_eq!(store.read(&app, seq - 1, 9).await.unwrap(), [line(seq)]);
            }
        }
    }
}
