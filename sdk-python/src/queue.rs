//! The bounded queue between the background thread and one subscription's callback.
//!
//! The network side never waits: when the queue is full the oldest item is dropped and
//! counted. So a slow callback costs its own subscription updates, and nobody else anything.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{bridge::Waiter, failure::Failure, sieve::Item};

/// What to keep when items come faster than the callback takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Only the newest of each key.
    Latest,
    /// The last so many.
    Last(usize),
}

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    waiting: Waiting,
    dropped: u64,
    /// Set once nothing will come any more.
    ended: Option<Failure>,
    /// Resolved when something changes; set while the consumer waits.
    waiter: Option<Waiter>,
}

#[derive(Debug)]
enum Waiting {
    Last {
        items: VecDeque<Item>,
        limit: usize,
    },
    Latest {
        /// By key.
        newest: Vec<Option<Item>>,
        /// The keys that have an item, the one that has waited longest first.
        order: VecDeque<usize>,
    },
}

impl Queue {
    /// `keys` is how many different keys items have.
    pub(crate) fn new(policy: Policy, keys: usize) -> Queue {
        let waiting = match policy {
            Policy::Last(limit) => Waiting::Last { items: VecDeque::new(), limit },
            Policy::Latest => Waiting::Latest { newest: vec![None; keys], order: VecDeque::new() },
        };
        let state = State { waiting, dropped: 0, ended: None, waiter: None };
        Queue { state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes the consumer. The lock is let go before that: waking
    /// asks for the interpreter, whose holder may be waiting for this lock.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let waiter = state.waiter.take();
        drop(state);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    pub(crate) fn push(&self, items: impl Iterator<Item = Item>) {
        self.change(|state| {
            for item in items {
                state.dropped += u64::from(state.waiting.push(item));
            }
        });
    }

    pub(crate) fn end(&self, failure: Failure) {
        self.change(|state| state.ended = Some(failure));
    }

    pub(crate) fn wake(&self) {
        self.change(|_| {});
    }

    /// Everything that waits; the failure once nothing will come any more.
    pub(crate) fn take(&self) -> Result<VecDeque<Item>, Failure> {
        let mut state = self.lock();
        match &state.ended {
            Some(failure) if state.waiting.is_empty() => Err(failure.clone()),
            _ => Ok(state.waiting.take()),
        }
    }

    /// As `take`, but only the item that has waited longest.
    pub(crate) fn next(&self) -> Result<Option<Item>, Failure> {
        let mut state = self.lock();
        match (state.waiting.pop(), &state.ended) {
            (None, Some(failure)) => Err(failure.clone()),
            (item, _) => Ok(item),
        }
    }

    /// Gives back what was taken and is not delivered yet, so that it still counts, and can
    /// be dropped, while a callback takes its time.
    pub(crate) fn put_back(&self, items: VecDeque<Item>) {
        if !items.is_empty() {
            let mut state = self.lock();
            let dropped = state.waiting.put_back(items);
            state.dropped += dropped;
        }
    }

    /// Registers the consumer; `false` when there is something to take already.
    pub(crate) fn wait(&self, waiter: Waiter) -> bool {
        let mut state = self.lock();
        let idle = state.waiting.is_empty() && state.ended.is_none();
        if idle {
            state.waiter = Some(waiter);
        }
        idle
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        match self {
            Waiting::Last { items, .. } => items.is_empty(),
            Waiting::Latest { order, .. } => order.is_empty(),
        }
    }

    /// Whether another item had to go.
    fn push(&mut self, item: Item) -> bool {
        match self {
            Waiting::Last { items, limit } => {
                let is_full = items.len() >= *limit && items.pop_front().is_some();
                items.push_back(item);
                is_full
            }
            Waiting::Latest { newest, order } => {
                let key = item.key();
                let Some(slot) = newest.get_mut(key) else { return false };
                let replaces = slot.replace(item).is_some();
                if !replaces {
                    order.push_back(key);
                }
                replaces
            }
        }
    }

    fn pop(&mut self) -> Option<Item> {
        match self {
            Waiting::Last { items, .. } => items.pop_front(),
            Waiting::Latest { newest, order } => newest.get_mut(order.pop_front()?)?.take(),
        }
    }

    fn take(&mut self) -> VecDeque<Item> {
        match self {
            Waiting::Last { items, .. } => std::mem::take(items),
            Waiting::Latest { newest, order } => {
                order.drain(..).filter_map(|key| newest[key].take()).collect()
            }
        }
    }

    /// How many items had to go.
    fn put_back(&mut self, mut older: VecDeque<Item>) -> u64 {
        match self {
            Waiting::Last { items, limit } => {
                older.append(items);
                let excess = older.len().saturating_sub(*limit);
                older.drain(..excess);
                *items = older;
                excess as u64
            }
            Waiting::Latest { newest, order } => {
                let mut superseded = 0;
                for item in older.into_iter().rev() {
                    let key = item.key();
                    match &mut newest[key] {
                        Some(_) => superseded += 1,
                        slot => {
                            *slot = Some(item);
                            order.push_front(key);
                        }
                    }
                }
                superseded
            }
        }
    }
}
