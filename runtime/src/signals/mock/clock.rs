//! The mock's own time: it stands while the mock is paused.

use std::time::Duration;

use tokio::time::Instant;

#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// When it would have begun, had it never stood.
    start: Instant,
    stands_at: Option<Duration>,
}

impl Clock {
    pub(super) fn new() -> Clock {
        Clock { start: Instant::now(), stands_at: None }
    }

    pub(super) fn now(&self) -> Duration {
        self.stands_at.unwrap_or_else(|| self.start.elapsed())
    }

    pub(super) fn is_paused(&self) -> bool {
        self.stands_at.is_some()
    }

    pub(super) fn pause(&mut self) {
        self.stands_at = Some(self.now());
    }

    pub(super) fn resume(&mut self) {
        if let Some(at) = self.stands_at.take() {
            let now = Instant::now();
            self.start = now.checked_sub(at).unwrap_or(now);
        }
    }

    /// When it will be so late, unless it is paused before.
    pub(super) fn instant(&self, at: Duration) -> Instant {
        self.start + at
    }
}
