//! Follows a console at its own pace.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::watch;

use super::{Item, Shared};
use crate::app::Line;

/// Lines taken over at a time.
const PAGE: u32 = 512;

/// Follows the console of one app.
#[derive(Debug)]
pub struct ConsoleReader {
    shared: Arc<Shared>,
    news: watch::Receiver<()>,
    /// The number of the last line taken over into `ready`.
    at: u64,
    /// To be turned into a place when the reader is first asked.
    tail: Option<usize>,
    /// Whether a missing line before the first is a gap: not where all that is kept was
    /// asked for.
    exact: bool,
    ready: VecDeque<Item>,
}

impl ConsoleReader {
    pub(super) fn new(
        shared: Arc<Shared>,
        news: watch::Receiver<()>,
        after: Option<u64>,
        tail: Option<usize>,
    ) -> ConsoleReader {
        // A number from before the console was lost or replaced would wait for ever.
        let last = shared.lock().last();
        let at = after.unwrap_or(0).min(last);
        ConsoleReader { shared, news, at, tail, exact: after.is_some(), ready: VecDeque::new() }
    }

    /// The next line, as soon as there is one; `None` when the app is gone.
    pub async fn next(&mut self) -> Option<Item> {
        loop {
            self.news.mark_unchanged();
            if let Some(item) = self.next_kept().await {
                return Some(item);
            }
            if self.news.changed().await.is_err() {
                // What was written between our last look and the end.
                return self.next_kept().await;
            }
        }
    }

    /// The next line if one is kept already: `logs` without following ends here.
    pub async fn next_kept(&mut self) -> Option<Item> {
        if let Some(tail) = self.tail.take() {
            self.skip_to_tail(tail).await;
        }
        if self.ready.is_empty() && !self.take_from_ring() {
            self.take_from_archive().await;
        }
        self.ready.pop_front()
    }

    /// False where the ring is too young.
    fn take_from_ring(&mut self) -> bool {
        let shared = self.shared.clone();
        let ring = shared.lock();
        if self.at + 1 < ring.complete_from() {
            return false;
        }
        for line in ring.after(self.at, PAGE as usize) {
            self.take(line.clone());
        }
        true
    }

    async fn take_from_archive(&mut self) {
        let lines = self.shared.archive.read(self.at, PAGE).await;
        // Read after the archive was, so that no line falls between the two.
        let complete_from = self.shared.lock().complete_from();
        let found = lines.len();
        for line in lines {
            self.take(line);
        }
        if found < PAGE as usize && self.at + 1 < complete_from {
            // What the archive does not have before the ring begins is lost.
            self.gap(complete_from - 1);
        }
        if self.ready.is_empty() {
            self.take_from_ring();
        }
    }

    async fn skip_to_tail(&mut self, tail: usize) {
        let (before, missing) = self.shared.lock().tail(tail);
        if missing == 0 {
            self.at = self.at.max(before);
            // What was skipped was asked to be.
            self.exact &= self.at > before;
            return;
        }
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let older = self.shared.archive.read_back(before + 1, missing).await;
        if let Some(first) = older.first() {
            self.at = self.at.max(first.seq - 1);
        }
    }

    fn take(&mut self, line: Line) {
        if line.seq <= self.at {
            return;
        }
        self.gap(line.seq - 1);
        self.at = line.seq;
        self.exact = true;
        self.ready.push_back(Item::Line(line));
    }

    /// Whatever is missing up to `to`.
    fn gap(&mut self, to: u64) {
        if to > self.at {
            if self.exact {
                self.ready.push_back(Item::Gap { from: self.at + 1, to });
            }
            self.at = to;
        }
    }
}

#[cfg(test)]
mod tests;
