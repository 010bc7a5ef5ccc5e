//! The newest lines of one app.

use std::{collections::VecDeque, sync::Arc};

use jiff::Timestamp;

use crate::app::{Line, Stream};

const MAX_LINES: usize = 4096;
const MAX_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Ring {
    lines: VecDeque<Line>,
    bytes: usize,
    /// Every line from this number on is in here, or never was.
    complete_from: u64,
    /// Of the next line.
    next: u64,
}

impl Ring {
    pub(super) fn new(next: u64) -> Ring {
        Ring { lines: VecDeque::new(), bytes: 0, complete_from: next, next }
    }

    pub(super) fn push(
        &mut self,
        stream: Stream,
        at: Timestamp,
        text: Arc<str>,
        partial: bool,
    ) -> Line {
        let line = Line { seq: self.next, stream, at, text, partial };
        self.next += 1;
        self.bytes += line.text.len();
        self.lines.push_back(line.clone());
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.text.len();
            self.complete_from = oldest.seq + 1;
        }
        line
    }

    pub(super) fn skip(&mut self, lines: u64) {
        self.next += lines;
    }

    pub(super) fn complete_from(&self) -> u64 {
        self.complete_from
    }

    pub(super) fn last(&self) -> u64 {
        self.next - 1
    }

    /// Lines above `after`, oldest first; only right where `after + 1 >= complete_from`.
    pub(super) fn after(&self, after: u64, limit: usize) -> impl Iterator<Item = &Line> {
        let start = self.lines.partition_point(|line| line.seq <= after);
        self.lines.range(start..).take(limit)
    }

    /// The number of the line before the last `tail` ones, and how many are missing in here.
    pub(super) fn tail(&self, tail: usize) -> (u64, usize) {
        match self.lines.len().checked_sub(tail) {
            Some(start) => (self.lines.get(start).map_or(self.last(), |line| line.seq - 1), 0),
            None => (self.complete_from - 1, tail - self.lines.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(ring: &mut Ring, lines: usize, text: &str) {
        for _ in 0..lines {
            ring.push(Stream::Stdout, Timestamp::UNIX_EPOCH, text.into(), false);
        }
    }

    #[test]
    fn old_lines_go_when_there_are_too_many_or_too_long_ones() {
        let mut ring = Ring::new(11);
        fill(&mut ring, MAX_LINES + 5, "x");
        assert_eq!((ring.complete_from(), ring.last()), (16, MAX_LINES as u64 + 15));
        fill(&mut ring, 3, &"x".repeat(MAX_BYTES / 2));
        assert_eq!(ring.lines.len(), 2);
        assert!(ring.bytes <= MAX_BYTES);
        assert_eq!(ring.complete_from(), ring.last() - 1);
    }

    #[test]
    fn a_tail_longer_than_the_ring_says_what_is_missing() {
        let mut ring = Ring::new(11);
        fill(&mut ring, 3, "x");
        assert_eq!(ring.tail(2), (11, 0));
        assert_eq!(ring.tail(3), (10, 0));
        assert_eq!(ring.tail(5), (10, 2));
        assert_eq!(ring.tail(0), (13, 0));
    }
}
