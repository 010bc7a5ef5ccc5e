//! Writes down what is denied, without anybody's waiting for the disk.
//!
//! Equal denials are counted where they wait, so that who asks for the same again and again
//! costs a number; those that find no room are counted as lost.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{Result, Supervisor};
use crate::{
    app::AppId,
    signals::{Audit, Denial, Who},
    store::{DenialRow, StateStore},
};

/// Different denials that may wait to be written.
const ROOM: usize = 1024;
/// How long the first of a batch waits for others.
const LINGER: Duration = Duration::from_secs(1);
/// In characters. A path in a request may be as long as its sender likes.
const LONGEST: usize = 300;

/// How often the task looks whether anybody can be denied anything still.
const PULSE: Duration = Duration::from_secs(5);

/// All clones write the same.
#[derive(Clone, Debug)]
pub(super) struct Trail(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: StateStore,
    waiting: Mutex<HashMap<[String; 4], DenialRow>>,
    is_there: Notify,
    lost: AtomicU64,
}

impl Trail {
    /// Writes for as long as somebody has the trail.
    pub(super) fn start(store: StateStore) -> Trail {
        let (waiting, is_there) = (Mutex::default(), Notify::new());
        let trail = Trail(Arc::new(Shared { store, waiting, is_there, lost: AtomicU64::new(0) }));
        let shared = Arc::downgrade(&trail.0);
        tokio::spawn(async move {
            // Held for a pulse at most: with the last trail this task ends.
            while let Some(shared) = shared.upgrade() {
                let trail = Trail(shared);
                if timeout(PULSE, trail.0.is_there.notified()).await.is_ok() {
                    sleep(LINGER).await;
                    trail.write().await;
                }
            }
        });
        trail
    }

    /// Writes what waits.
    pub(super) async fn write(&self) {
        let rows: Vec<DenialRow> = self.waiting().drain().map(|(_, row)| row).collect();
        if rows.is_empty() {
            return;
        }
        let count: u64 = rows.iter().map(|row| row.count).sum();
        if let Err(error) = self.0.store.record_denials(rows).await {
            self.0.lost.fetch_add(count, Ordering::Relaxed);
            tracing::error!("state.db: {count} denials could not be written: {error}");
        }
    }

    /// Denials that found no room, or could not be written.
    pub(super) fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<[String; 4], DenialRow>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supervisor {
    /// The newest denials of an app, or of everybody, the oldest first; and how many more
    /// could not be written down since the runtime started.
    pub async fn denials(&self, app: Option<&AppId>, limit: u32) -> Result<(Vec<DenialRow>, u64)> {
        let who = app.map(|app| Who::App(app.as_str().into()).to_string());
        self.core.trail.write().await;
        Ok((self.core.state.denials(who, limit).await?, self.core.trail.lost()))
    }
}

impl Audit for Trail {
    fn denied(&self, denial: Denial) {
        let Denial { who, access, path, reason } = denial;
        let key = [who, access.to_owned(), path, reason].map(shortened);
        let at = Timestamp::now();
        let mut waiting = self.waiting();
        if let Some(row) = waiting.get_mut(&key) {
            row.count += 1;
            row.last_at = at;
            return;
        }
        if waiting.len() >= ROOM {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let [who, access, path, reason] = key.clone();
        let row = DenialRow { first_at: at, last_at: at, who, access, path, reason, count: 1 };
        waiting.insert(key, row);
        drop(waiting);
        self.0.is_there.notify_one();
    }
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(path: &str) -> Denial {
        let (who, path, reason) = ("app a".to_owned(), path.to_owned(), "no".to_owned());
        Denial { who, access: "read", path, reason }
    }

    #[tokio::test]
    async fn equal_ones_are_counted_and_those_without_room_are_lost() {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::open(folder.path().join("state.db")).unwrap();
        let trail = Trail::start(store.clone());
        // Until the first await nothing is written.
        for number in 0..ROOM {
            trail.denied(denial(&format!("{number} {}", "ä".repeat(300))));
        }
        for _ in 0..3 {
            trail.denied(denial("X"));
        }
        assert_eq!(trail.lost(), 3);
        trail.write().await;
        for _ in 0..5000 {
            trail.denied(denial("X"));
        }
        trail.write().await;
        let rows = store.denials(None, u32::MAX).await.unwrap();
        let last = rows.last().unwrap();
        assert_eq!((last.path.as_str(), last.count), ("X", 5000));
        assert!(rows.iter().all(|row| row.path.chars().count() <= LONGEST + 1));
    }
}
