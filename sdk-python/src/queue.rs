//! The bounded queue between the background thread and one subscription's callback.
//!
//! The network side never waits: when the queue is full the oldest update is dropped and
//! counted. So a slow callback costs its own subscription updates, and nobody else anything.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{bridge::Waiter, failure::Failure, proto};

/// What to keep when updates come faster than the callback takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Only the newest of each signal.
    Latest,
    /// The last so many.
    Last(usize),
}

/// One update, not yet a Python object.
#[derive(Debug)]
pub(crate) struct Update {
    /// Index into the subscription's paths.
    pub(crate) signal: usize,
    pub(crate) datapoint: proto::Datapoint,
}

#[derive(Debug)]
pub(crate) struct Queue {
    policy: Policy,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    updates: VecDeque<Update>,
    dropped: u64,
    /// Set once nothing will come any more.
    ended: Option<Failure>,
    /// Resolved when something changes; set while the consumer waits.
    waiter: Option<Waiter>,
}

/// What the consumer finds.
#[derive(Debug)]
pub(crate) enum Taken {
    Updates(VecDeque<Update>),
    Ended(Failure),
}

impl Queue {
    pub(crate) fn new(policy: Policy) -> Queue {
        Queue { policy, state: Mutex::default() }
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

    pub(crate) fn push(&self, updates: impl Iterator<Item = Update>) {
        self.change(|state| updates.for_each(|update| state.push(update, self.policy)));
    }

    pub(crate) fn end(&self, failure: Failure) {
        self.change(|state| state.ended = Some(failure));
    }

    pub(crate) fn take(&self) -> Taken {
        let mut state = self.lock();
        match &state.ended {
            Some(failure) if state.updates.is_empty() => Taken::Ended(failure.clone()),
            _ => Taken::Updates(std::mem::take(&mut state.updates)),
        }
    }

    /// Registers the consumer; `false` when there is something to take already.
    pub(crate) fn wait(&self, waiter: Waiter) -> bool {
        let mut state = self.lock();
        let idle = state.updates.is_empty() && state.ended.is_none();
        if idle {
            state.waiter = Some(waiter);
        }
        idle
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }
}

impl State {
    fn push(&mut self, update: Update, policy: Policy) {
        match policy {
            Policy::Latest => {
                if let Some(older) = self.updates.iter_mut().find(|u| u.signal == update.signal) {
                    *older = update;
                    self.dropped += 1;
                    return;
                }
            }
            Policy::Last(length) => {
                if self.updates.len() >= length {
                    self.updates.pop_front();
                    self.dropped += 1;
                }
            }
        }
        self.updates.push_back(update);
    }
}
