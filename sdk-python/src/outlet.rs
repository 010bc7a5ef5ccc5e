//! What may leave now: `max_rate` and `changes_only`, decided without a clock of its own.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use tokio::time::Instant;

use crate::sieve::Item;

/// Lets items through, each key by itself: no value twice in a row, none sooner than an
/// interval after the one before. What came too soon is held, and the newest of it leaves
/// when the interval ends, so that the last value is never lost.
#[derive(Debug)]
pub(crate) struct Outlet {
    interval: Option<Duration>,
    changes_only: bool,
    /// By key; empty when everything is let through.
    gates: Vec<Gate>,
    /// When held items may leave.
    due: BinaryHeap<Reverse<(Instant, usize)>>,
}

#[derive(Clone, Debug, Default)]
struct Gate {
    /// Kept to be compared with, if changes alone count.
    last: Option<Item>,
    last_at: Option<Instant>,
    held: Option<Item>,
}

impl Outlet {
    /// `interval` is the shortest time between two items of a key.
    pub(crate) fn new(keys: usize, interval: Option<Duration>, changes_only: bool) -> Outlet {
        let gates = if interval.is_some() || changes_only { keys } else { 0 };
        let gates = vec![Gate::default(); gates];
        Outlet { interval, changes_only, gates, due: BinaryHeap::new() }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.gates.is_empty()
    }

    /// When `release` is to be called next.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// The item, if it may leave at once.
    pub(crate) fn admit(&mut self, item: Item, now: Instant) -> Option<Item> {
        let key = item.key();
        let Some(gate) = self.gates.get_mut(key) else { return Some(item) };
        if gate.held.is_some() {
            gate.held = Some(item);
            return None;
        }
        if gate.repeats(&item) {
            return None;
        }
        let earliest = self.interval.and_then(|interval| Some(gate.last_at? + interval));
        if let Some(earliest) = earliest
            && now < earliest
        {
            gate.held = Some(item);
            self.due.push(Reverse((earliest, key)));
            return None;
        }
        Some(gate.pass(item, now, self.changes_only))
    }

    /// The next held item whose time has come.
    pub(crate) fn release(&mut self, now: Instant) -> Option<Item> {
        while self.due().is_some_and(|due| due <= now) {
            let Reverse((_, key)) = self.due.pop()?;
            let gate = self.gates.get_mut(key)?;
            // What changed and changed back meanwhile is no change.
            if let Some(item) = gate.held.take()
                && !gate.repeats(&item)
            {
                return Some(gate.pass(item, now, self.changes_only));
            }
        }
        None
    }
}

impl Gate {
    fn repeats(&self, item: &Item) -> bool {
        self.last.as_ref().is_some_and(|last| last.same_values(item))
    }

    fn pass(&mut self, item: Item, now: Instant, changes_only: bool) -> Item {
        self.last_at = Some(now);
        self.last = changes_only.then(|| item.clone());
        item
    }
}
