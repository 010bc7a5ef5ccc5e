//! The last lines of an app, numbered.

use std::collections::VecDeque;

use crate::sandbox::OutputLine;

/// Text that is kept for a daemon that is away or slow.
const BYTES: usize = 4 << 20;
/// What a line costs beside its text.
const OVERHEAD: usize = size_of::<OutputLine>();

#[derive(Debug)]
pub(crate) struct Ring {
    lines: VecDeque<OutputLine>,
    bytes: usize,
    next: u64,
    most: usize,
}

/// What a reader gets who has everything below a number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<'a> {
    Line(&'a OutputLine),
    /// Both included: they were dropped.
    Gap(u64, u64),
    Nothing,
}

impl Ring {
    pub(crate) fn new(first: u64) -> Self {
        Ring { lines: VecDeque::new(), bytes: 0, next: first, most: BYTES }
    }

    /// `line` makes the line for the number it is given.
    pub(crate) fn push(&mut self, line: impl FnOnce(u64) -> OutputLine) {
        let line = line(self.next);
        self.next += 1;
        self.bytes += line.text.len() + OVERHEAD;
        self.lines.push_back(line);
        while self.bytes > self.most {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.text.len() + OVERHEAD;
        }
    }

    pub(crate) fn at(&self, number: u64) -> Next<'_> {
        let first = self.next - self.lines.len() as u64;
        if number < first {
            return Next::Gap(number, first - 1);
        }
        let line = usize::try_from(number - first).ok().and_then(|index| self.lines.get(index));
        line.map_or(Next::Nothing, Next::Line)
    }

    /// Whether what a reader has not got yet, from `cursor` on, takes half of the room.
    pub(crate) fn is_crowded(&self, cursor: u64) -> bool {
        let unread = usize::try_from(self.next.saturating_sub(cursor)).unwrap_or(usize::MAX);
        // All lines are taken to be as long as the average.
        unread.saturating_mul(self.bytes) > self.lines.len().saturating_mul(self.most / 2)
    }

    /// Where a reader goes on who has seen `after`: never ahead of what exists, which would
    /// hide lines from one that has mistaken the run.
    pub(crate) fn cursor(&self, after: u64, first: u64) -> u64 {
        (after + 1).clamp(first, self.next)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::app::Stream;

    fn push(ring: &mut Ring, text: &str) {
        ring.push(|seq| OutputLine {
            seq,
            stream: Stream::Stdout,
            at: Timestamp::UNIX_EPOCH,
            text: text.to_owned(),
            partial: false,
        });
    }

    #[test]
    fn the_oldest_lines_go_and_leave_a_gap() {
        let mut ring = Ring::new(5);
        assert_eq!(ring.at(5), Next::Nothing);
        ring.most = 2 * (OVERHEAD + 1);
        for text in ["a", "b", "c"] {
            push(&mut ring, text);
        }
        assert_eq!(ring.at(5), Next::Gap(5, 5));
        assert!(matches!(ring.at(6), Next::Line(line) if line.text == "b" && line.seq == 6));
        assert_eq!(ring.at(8), Next::Nothing);
    }

    #[test]
    fn a_reader_crowds_the_ring_when_it_is_half_behind() {
        let mut ring = Ring::new(1);
        assert!(!ring.is_crowded(1));
        ring.most = 4 * (OVERHEAD + 1);
        for text in ["a", "b", "c"] {
            push(&mut ring, text);
        }
        assert!(ring.is_crowded(1));
        assert!(!ring.is_crowded(2));
        assert!(!ring.is_crowded(4));
    }

    #[test]
    fn a_reader_of_another_run_misses_nothing() {
        let mut ring = Ring::new(10);
        push(&mut ring, "a");
        assert_eq!(ring.cursor(0, 10), 10);
        assert_eq!(ring.cursor(10, 10), 11);
        assert_eq!(ring.cursor(99, 10), 11);
    }
}
