//! The bounded queue between the connection and one subscriber.
//!
//! The connection never waits. When more than the allowed number of messages wait, the
//! oldest goes into the one behind it, where newer values of the same signals count. So a
//! slow subscriber loses values, which are counted, but never the newest of any signal.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::reading::Update;
use crate::Error;

/// Some signals of a subscription, by their number in it, each once.
pub(crate) type Message = Vec<(usize, Update)>;

#[derive(Debug)]
pub(crate) struct Queue {
    length: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Message>,
    dropped: u64,
    /// Why there is no connection at the moment.
    lost: Option<Error>,
    end: End,
    /// Set while the subscriber waits.
    waker: Option<Waker>,
}

#[derive(Debug, Default)]
enum End {
    #[default]
    Open,
    /// The subscriber is to be told.
    Failed(Error),
    Told,
}

impl Queue {
    /// `length` messages may wait, at least one.
    pub(crate) fn new(length: usize) -> Queue {
        Queue { length: length.max(1), state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn push(&self, message: Message) {
        self.change(|state| {
            state.messages.push_back(message);
            if state.messages.len() > self.length {
                state.join_oldest();
            }
        });
    }

    pub(crate) fn set_lost(&self, lost: Option<Error>) {
        self.lock().lost = lost;
    }

    /// Nothing comes after this.
    pub(crate) fn end(&self, error: Error) {
        self.change(|state| state.end = End::Failed(error));
    }

    /// The oldest message; when all are taken, the error that ended the subscription, once.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Result<Message, Error>>> {
        let mut state = self.lock();
        if let Some(message) = state.messages.pop_front() {
            return Poll::Ready(Some(Ok(message)));
        }
        match std::mem::replace(&mut state.end, End::Told) {
            End::Failed(error) => Poll::Ready(Some(Err(error))),
            End::Told => Poll::Ready(None),
            End::Open => {
                state.end = End::Open;
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    pub(crate) fn lost(&self) -> Option<Error> {
        self.lock().lost.clone()
    }
}

impl State {
    fn join_oldest(&mut self) {
        let Some(oldest) = self.messages.pop_front() else { return };
        let Some(next) = self.messages.front_mut() else { return };
        for (signal, update) in oldest {
            if next.iter().any(|(newer, _)| *newer == signal) {
                self.dropped += 1;
            } else {
                next.push((signal, update));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An update that can be told from others.
    fn update(seconds: i64) -> Update {
        let mut update = Update::default();
        update.datapoint.timestamp = Some(prost_types::Timestamp { seconds, nanos: 0 });
        update
    }

    /// What waits, as `signal@seconds`.
    fn taken(queue: &Queue) -> Vec<String> {
        let mut context = Context::from_waker(Waker::noop());
        let mut all = Vec::new();
        while let Poll::Ready(Some(Ok(mut message))) = queue.poll(&mut context) {
            message.sort_by_key(|(signal, _)| *signal);
            let seconds = |u: &Update| u.datapoint.timestamp.map_or(0, |at| at.seconds);
            let shown = message.iter().map(|(signal, u)| format!("{signal}@{}", seconds(u)));
            all.push(shown.collect::<Vec<_>>().join(" "));
        }
        all
    }

    #[test]
    fn messages_come_in_their_order() {
        let queue = Queue::new(3);
        (1..=3).for_each(|at| queue.push(vec![(0, update(at))]));
        assert_eq!(taken(&queue), ["0@1", "0@2", "0@3"]);
        assert_eq!(queue.dropped(), 0);
    }

    #[test]
    fn a_full_queue_drops_the_oldest_and_counts_it() {
        let queue = Queue::new(2);
        (1..=5).for_each(|at| queue.push(vec![(0, update(at))]));
        assert_eq!(taken(&queue), ["0@4", "0@5"]);
        assert_eq!(queue.dropped(), 3);
    }

    #[test]
    fn the_newest_of_each_signal_stays() {
        let queue = Queue::new(1);
        queue.push(vec![(0, update(1)), (1, update(1))]);
        queue.push(vec![(0, update(2))]);
        queue.push(vec![(2, update(3))]);
        assert_eq!(taken(&queue), ["0@2 1@1 2@3"]);
        assert_eq!(queue.dropped(), 1);
    }

    #[test]
    fn an_error_is_told_once_and_after_what_waits() {
        let queue = Queue::new(2);
        queue.push(vec![(0, update(1))]);
        queue.end(Error::Broker("over".into()));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(queue.poll(&mut context), Poll::Ready(Some(Ok(vec![(0, update(1))]))));
        let error = Error::Broker("over".into());
        assert_eq!(queue.poll(&mut context), Poll::Ready(Some(Err(error))));
        assert_eq!(queue.poll(&mut context), Poll::Ready(None));
    }
}
