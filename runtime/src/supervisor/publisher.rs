//! Tells the world: the newest status of every app, and every change with a number.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::broadcast;

use super::event::{Event, EventBody};
use crate::app::{AppId, AppStatus};

/// A listener this far behind has to ask for a new snapshot.
const BACKLOG: usize = 4096;

#[derive(Debug)]
pub(super) struct Publisher {
    /// Under one lock with the sending, so that a snapshot and the events after it fit.
    now: Mutex<Now>,
    events: broadcast::Sender<Event>,
}

#[derive(Debug, Default)]
struct Now {
    seq: u64,
    apps: BTreeMap<AppId, AppStatus>,
}

impl Publisher {
    pub(super) fn new() -> Publisher {
        Publisher { now: Mutex::default(), events: broadcast::channel(BACKLOG).0 }
    }

    pub(super) fn status(&self, status: AppStatus) {
        let mut now = self.lock();
        if now.apps.get(&status.id) != Some(&status) {
            now.apps.insert(status.id.clone(), status.clone());
            self.send(&mut now, &status.id.clone(), EventBody::Status(status));
        }
    }

    pub(super) fn progress(&self, app: &AppId, step: &str, message: String, percent: Option<u8>) {
        let body = EventBody::Progress { step: step.to_owned(), message, percent };
        self.send(&mut self.lock(), app, body);
    }

    pub(super) fn removed(&self, app: &AppId, reason: Option<String>) {
        let mut now = self.lock();
        now.apps.remove(app);
        self.send(&mut now, app, EventBody::Removed { reason });
    }

    pub(super) fn snapshot(&self) -> (Vec<AppStatus>, broadcast::Receiver<Event>) {
        let now = self.lock();
        (now.apps.values().cloned().collect(), self.events.subscribe())
    }

    pub(super) fn list(&self) -> Vec<AppStatus> {
        self.lock().apps.values().cloned().collect()
    }

    pub(super) fn get(&self, app: &AppId) -> Option<AppStatus> {
        self.lock().apps.get(app).cloned()
    }

    fn send(&self, now: &mut Now, app: &AppId, body: EventBody) {
        now.seq += 1;
        // Nobody listening is no error.
        let event = Event { seq: now.seq, app: app.clone(), at: Timestamp::now(), body };
        let _ = self.events.send(event);
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Desired, Health, State};

    fn status(id: &str, state: State) -> AppStatus {
        AppStatus {
            id: id.parse().unwrap(),
            name: id.to_owned(),
            version: "1".to_owned(),
            state,
            desired: Desired::Running,
            health: Health::Unknown,
            reason: None,
            pid: None,
            exit_code: None,
            restarts: 0,
            since: Timestamp::UNIX_EPOCH,
            started_at: None,
        }
    }

    #[test]
    fn a_snapshot_and_the_events_after_it_fit() {
        let publisher = Publisher::new();
        publisher.status(status("a", State::Starting));
        publisher.status(status("b", State::Running));
        let (snapshot, mut events) = publisher.snapshot();
        assert_eq!(snapshot.len(), 2);
        publisher.status(status("a", State::Running));
        // No change, no event.
        publisher.status(status("a", State::Running));
        publisher.removed(&"b".parse().unwrap(), None);
        let first = events.try_recv().unwrap();
        let second = events.try_recv().unwrap();
        assert_eq!((first.seq, second.seq), (3, 4));
        assert_eq!(second.body, EventBody::Removed { reason: None });
        assert!(events.try_recv().is_err());
        assert_eq!(publisher.list().len(), 1);
    }
}
