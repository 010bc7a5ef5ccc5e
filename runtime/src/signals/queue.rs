//! What waits for one subscriber: bounded, and never in a publisher's way.
//!
//! Values wait in the order they came. When as many wait as the subscriber asked for, a
//! signal's new value pushes out that signal's own oldest one, which is counted; a signal
//! of which nothing waits is always let in. So a chatty signal costs a quiet one nothing,
//! the newest value of every signal arrives, and at most `capacity` + signals values wait.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use super::{SignalError, Update, lock};

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// One number of a member for each value that waits.
    order: VecDeque<u32>,
    members: Vec<Member>,
    capacity: usize,
    /// Set while the subscriber sleeps, so that a burst wakes it once.
    waker: Option<Waker>,
    /// The number of the message being put together.
    message: u64,
    dropped: u64,
    /// Why nothing comes any more.
    ended: Option<SignalError>,
}

/// A signal of this subscription.
#[derive(Debug, Default)]
struct Member {
    waiting: VecDeque<Arc<Update>>,
    /// The last message that this signal is in.
    message: u64,
}

impl Queue {
    pub(super) fn new(members: usize, capacity: usize) -> Queue {
        let state = State {
            order: VecDeque::new(),
            members: (0..members).map(|_| Member::default()).collect(),
            capacity: capacity.max(1),
            waker: None,
            message: 0,
            dropped: 0,
            ended: None,
        };
        Queue { state: Mutex::new(state) }
    }

    /// Gives back whom to wake, which the caller does when no lock is held any more.
    #[must_use]
    pub(super) fn push(&self, member: u32, update: &Arc<Update>) -> Option<Waker> {
        let mut state = lock(&self.state);
        let full = state.order.len() >= state.capacity;
        let slot = state.members.get_mut(member as usize)?;
        let replaced = full && slot.waiting.pop_front().is_some();
        slot.waiting.push_back(update.clone());
        if replaced {
            // The places in `order` stay: each value moves up to its predecessor's.
            state.dropped += 1;
        } else {
            state.order.push_back(member);
        }
        state.waker.take()
    }

    /// Nothing comes after what waits but this; gives back whom to wake. The first reason
    /// counts.
    #[must_use]
    pub(super) fn end(&self, why: SignalError) -> Option<Waker> {
        let mut state = lock(&self.state);
        state.ended.get_or_insert(why);
        state.waker.take()
    }

    /// Takes all that fits in one message, where each signal stands once; an error when
    /// nothing comes any more.
    pub(super) fn poll_message(
        &self,
        context: &mut Context<'_>,
        message: &mut Vec<Arc<Update>>,
    ) -> Poll<Result<(), SignalError>> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        if state.order.is_empty() {
            if let Some(why) = &state.ended {
                return Poll::Ready(Err(why.clone()));
            }
            match &state.waker {
                Some(waker) if waker.will_wake(context.waker()) => {}
                _ => state.waker = Some(context.waker().clone()),
            }
            return Poll::Pending;
        }
        state.message += 1;
        while let Some(number) = state.order.front() {
            let Some(member) = state.members.get_mut(*number as usize) else { break };
            if member.message == state.message {
                break;
            }
            member.message = state.message;
            message.extend(member.waiting.pop_front());
            state.order.pop_front();
        }
        Poll::Ready(Ok(()))
    }

    /// From now on only the newest value of each signal waits.
    pub(super) fn keep_newest_only(&self) {
        lock(&self.state).capacity = 1;
    }

    /// How many values were pushed out unread.
    pub(super) fn dropped(&self) -> u64 {
        lock(&self.state).dropped
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use vss_codegen::model::Value;

    use super::*;
    use crate::signals::testing::registry;

    /// A queue of `members` signals, into which `pushes` (member, value) went.
    fn queue(members: usize, capacity: usize, pushes: &[(u32, i32)]) -> Queue {
        let registry = registry();
        let queue = Queue::new(members, capacity);
        for (member, value) in pushes {
            let entry = &registry.entries()[*member as usize];
            assert!(queue.push(*member, &Update::now(entry, Some(Value::Int32(*value)))).is_none());
        }
        queue
    }

    fn messages(queue: &Queue) -> Vec<String> {
        let mut context = Context::from_waker(Waker::noop());
        let mut all = Vec::new();
        loop {
            let mut message = Vec::new();
            if queue.poll_message(&mut context, &mut message).is_pending() {
                return all;
            }
            let values = message.iter().map(|update| {
                let value = update.datapoint().value.as_ref().unwrap();
                format!("{}={value}", update.id())
            });
            all.push(values.collect::<Vec<_>>().join(" "));
        }
    }

    #[test]
    fn a_message_holds_each_signal_once_in_the_order_of_arrival() {
        let queue = queue(3, 10, &[(0, 1), (2, 2), (0, 3), (1, 4), (0, 5)]);
        assert_eq!(messages(&queue), ["1=1 3=2", "1=3 2=4", "1=5"]);
        assert_eq!(queue.dropped(), 0);
    }

    #[test]
    fn a_full_queue_drops_the_oldest_of_the_same_signal_and_counts_it() {
        let pushes: Vec<_> = (0..10).map(|value| (0, value)).collect();
        let queue = queue(1, 3, &pushes);
        assert_eq!(messages(&queue), ["1=7", "1=8", "1=9"]);
        assert_eq!(queue.dropped(), 7);
    }

    #[test]
    fn a_chatty_signal_cannot_push_out_a_quiet_one() {
        let queue = queue(2, 2, &[(1, 100), (0, 1), (0, 2), (0, 3)]);
        assert_eq!(messages(&queue), ["2=100 1=3"]);
        assert_eq!(queue.dropped(), 2);
    }

    #[test]
    fn a_quiet_signal_is_let_in_though_a_chatty_one_fills_the_queue() {
        let queue = queue(2, 2, &[(0, 1), (0, 2), (1, 100), (1, 101)]);
        assert_eq!(messages(&queue), ["1=1", "1=2 2=101"]);
        assert_eq!(queue.dropped(), 1);
    }

    #[test]
    fn with_no_buffer_the_newest_of_each_signal_waits() {
        let queue = queue(2, 0, &[(0, 1), (1, 2), (0, 3), (1, 4)]);
        assert_eq!(messages(&queue), ["1=3 2=4"]);
    }

    #[test]
    fn a_burst_wakes_a_sleeping_reader_once() {
        let registry = registry();
        let queue = queue(1, 10, &[]);
        assert!(messages(&queue).is_empty());
        let update = Update::now(&registry.entries()[0], None);
        assert!(queue.push(0, &update).is_some());
        assert!(queue.push(0, &update).is_none());
    }
}
