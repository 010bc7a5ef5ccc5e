//! What waits for one subscriber: bounded, and never in a publisher's way.
//!
//! Values wait in the order they came. When as many wait as the subscriber asked for, a
//! signal's new value pushes out that signal's own oldest one, which is counted; a signal
//! of which nothing waits is always let in. So a chatty signal costs a quiet one nothing,
//! the newest value of every signal arrives, and at most `capacity` + signals values wait.
//! The reader takes all that waits at once and puts its messages together without a lock
//! ([`Inbox`]); what it has taken is not pushed out any more, so it holds as many again.
//!
//! A publisher with more at hand than readers can take in time may wait for them a moment
//! ([`Pressure`]), so that nothing is lost between two that are both quick. A reader that
//! does not catch up in that moment is slow: nobody waits for it again until it has.

use std::{
    collections::VecDeque,
    future::poll_fn,
    mem,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use tokio::time::timeout;

use super::{SignalError, Update, lock};

/// How long a publisher waits at most: a few turns of the scheduler.
const MOMENT: Duration = Duration::from_millis(10);

/// Who asks for less room than this wants the newest values, not all of them.
const ROOM_FOR_ALL: usize = 64;

/// Values in the order they came, each with the number of its member.
type Values = VecDeque<(u32, Arc<Update>)>;

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
}

/// The reader's end of a queue.
#[derive(Debug)]
pub(super) struct Inbox {
    queue: Arc<Queue>,
    /// Taken, and not yet in a message.
    values: Values,
    /// The number of the last message that each signal is in.
    last: Vec<u64>,
    message: u64,
}

#[derive(Debug)]
struct State {
    /// Those that were pushed out stay until they are met at the front, or are too many.
    values: Values,
    members: Vec<Member>,
    /// How many of `values` were pushed out.
    stale: usize,
    capacity: usize,
    /// Set while the subscriber sleeps, so that a burst wakes it once.
    waker: Option<Waker>,
    /// Whether publishers wait for this reader; not for one that kept them waiting in vain.
    is_awaited: bool,
    /// The publisher that waits. Of two, one goes on when its moment is over.
    relief: Option<Waker>,
    dropped: u64,
    /// Why nothing comes any more.
    ended: Option<SignalError>,
}

/// A signal of this subscription.
#[derive(Clone, Copy, Debug, Default)]
struct Member {
    waiting: u32,
    /// So many of its oldest values were pushed out.
    stale: u32,
}

impl Queue {
    pub(super) fn new(members: usize, capacity: usize) -> Queue {
        let state = State {
            values: VecDeque::new(),
            members: vec![Member::default(); members],
            stale: 0,
            capacity: capacity.max(1),
            waker: None,
            is_awaited: true,
            relief: None,
            dropped: 0,
            ended: None,
        };
        Queue { state: Mutex::new(state) }
    }

    /// Gives back whom to wake, which the caller does when no lock is held any more.
    pub(super) fn push(&self, member: u32, update: &Arc<Update>) -> Pushed {
        let mut state = lock(&self.state);
        let is_full = state.waiting() >= state.capacity;
        let Some(of) = state.members.get_mut(member as usize) else { return Pushed::default() };
        if is_full && of.waiting > 0 {
            // The new one takes its place, so as many wait as before.
            of.stale += 1;
            state.stale += 1;
            state.dropped += 1;
            state.sweep();
        } else {
            of.waiting += 1;
        }
        state.values.push_back((member, update.clone()));
        Pushed { waker: state.waker.take(), is_pressed: state.is_pressed() }
    }

    /// Nothing comes after what waits but this; gives back whom to wake. The first reason
    /// counts.
    #[must_use]
    pub(super) fn end(&self, why: SignalError) -> Option<Waker> {
        let mut state = lock(&self.state);
        state.ended.get_or_insert(why);
        state.waker.take()
    }

    /// Takes all that waits into `values`, which is empty; an error when nothing comes any
    /// more.
    fn poll_take(
        &self,
        context: &mut Context<'_>,
        values: &mut Values,
    ) -> Poll<Result<(), SignalError>> {
        let mut state = lock(&self.state);
        ready!(state.poll_take(context, values))?;
        state.is_awaited = true;
        let publisher = state.relief.take();
        drop(state);
        if let Some(publisher) = publisher {
            publisher.wake();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_relieved(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        if state.is_relieved() {
            return Poll::Ready(());
        }
        state.relief = Some(context.waker().clone());
        Poll::Pending
    }

    /// The moment is over.
    fn give_up(&self) {
        let mut state = lock(&self.state);
        if !state.is_relieved() {
            state.is_awaited = false;
        }
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

impl State {
    /// Whether values are about to be lost that the reader would take in a moment.
    fn is_pressed(&self) -> bool {
        self.is_awaited
            && self.capacity >= ROOM_FOR_ALL
            && self.waiting() >= self.capacity - self.capacity / 4
    }

    fn is_relieved(&self) -> bool {
        self.waiting() <= self.capacity / 4
    }

    fn waiting(&self) -> usize {
        self.values.len() - self.stale
    }

    /// Takes away what was pushed out: at the front, and all of it where that is more than
    /// what waits, so that a push costs the same however many come.
    fn sweep(&mut self) {
        if self.stale > self.waiting() {
            return self.sweep_all();
        }
        while self.stale > 0
            && let Some((number, _)) = self.values.front()
            && self.members[*number as usize].is_stale()
        {
            self.stale -= 1;
            self.values.pop_front();
        }
    }

    fn sweep_all(&mut self) {
        if self.stale > 0 {
            let members = &mut self.members;
            self.values.retain(|(number, _)| !members[*number as usize].is_stale());
            self.stale = 0;
        }
    }

    fn poll_take(
        &mut self,
        context: &mut Context<'_>,
        values: &mut Values,
    ) -> Poll<Result<(), SignalError>> {
        if self.waiting() == 0 {
            if let Some(why) = &self.ended {
                return Poll::Ready(Err(why.clone()));
            }
            match &self.waker {
                Some(waker) if waker.will_wake(context.waker()) => {}
                _ => self.waker = Some(context.waker().clone()),
            }
            return Poll::Pending;
        }
        self.sweep_all();
        mem::swap(&mut self.values, values);
        for (number, _) in values {
            self.members[*number as usize].waiting = 0;
        }
        Poll::Ready(Ok(()))
    }
}

impl Member {
    /// Whether its oldest value was pushed out; it counts as taken away then.
    fn is_stale(&mut self) -> bool {
        let is_stale = self.stale > 0;
        self.stale -= u32::from(is_stale);
        is_stale
    }
}

impl Inbox {
    pub(super) fn new(queue: Arc<Queue>, members: usize) -> Inbox {
        Inbox { queue, values: VecDeque::new(), last: vec![0; members], message: 0 }
    }

    pub(super) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Adds all that fits in one message, where each signal stands once; an error when
    /// nothing comes any more.
    pub(super) fn poll_message(
        &mut self,
        context: &mut Context<'_>,
        message: &mut Vec<Arc<Update>>,
    ) -> Poll<Result<(), SignalError>> {
        if self.values.is_empty() {
            ready!(self.queue.poll_take(context, &mut self.values))?;
        }
        self.message += 1;
        while let Some((number, _)) = self.values.front() {
            let last = &mut self.last[*number as usize];
            if *last == self.message {
                break;
            }
            *last = self.message;
            if let Some((_, update)) = self.values.pop_front() {
                message.push(update);
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// What a push brings for the publisher to do.
#[derive(Debug, Default)]
pub(super) struct Pushed {
    pub(super) waker: Option<Waker>,
    pub(super) is_pressed: bool,
}

/// Readers that are about to lose values.
#[derive(Debug)]
pub(super) struct Pressure(Vec<Arc<Queue>>);

impl Pressure {
    /// `None` if there is no such reader.
    pub(super) fn of(pressed: Vec<Arc<Queue>>) -> Option<Pressure> {
        (!pressed.is_empty()).then_some(Pressure(pressed))
    }

    /// Waits until they have caught up, or the moment is over.
    pub(super) async fn relieved(self) {
        let all = async {
            for queue in &self.0 {
                poll_fn(|context| queue.poll_relieved(context)).await;
            }
        };
        if timeout(MOMENT, all).await.is_err() {
            for queue in &self.0 {
                queue.give_up();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use vss_codegen::model::Value;

    use super::*;
    use crate::signals::testing::registry;

    /// A queue of `members` signals, into which `pushes` (member, value) went.
    fn inbox(members: usize, capacity: usize, pushes: &[(u32, i32)]) -> Inbox {
        let registry = registry();
        let queue = Arc::new(Queue::new(members, capacity));
        for (member, value) in pushes {
            let entry = &registry.entries()[*member as usize];
            let pushed = queue.push(*member, &Update::now(entry, Some(Value::Int32(*value))));
            assert!(pushed.waker.is_none());
        }
        Inbox::new(queue, members)
    }

    fn messages(inbox: &mut Inbox) -> Vec<String> {
        let mut context = Context::from_waker(Waker::noop());
        let mut all = Vec::new();
        loop {
            let mut message = Vec::new();
            if inbox.poll_message(&mut context, &mut message).is_pending() {
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
        let mut inbox = inbox(3, 10, &[(0, 1), (2, 2), (0, 3), (1, 4), (0, 5)]);
        assert_eq!(messages(&mut inbox), ["1=1 3=2", "1=3 2=4", "1=5"]);
        assert_eq!(inbox.queue.dropped(), 0);
    }

    #[test]
    fn a_full_queue_drops_the_oldest_of_the_same_signal_and_counts_it() {
        let pushes: Vec<_> = (0..10).map(|value| (0, value)).collect();
        let mut inbox = inbox(1, 3, &pushes);
        assert_eq!(messages(&mut inbox), ["1=7", "1=8", "1=9"]);
        assert_eq!(inbox.queue.dropped(), 7);
    }

    #[test]
    fn a_chatty_signal_cannot_push_out_a_quiet_one() {
        let mut inbox = inbox(2, 2, &[(1, 100), (0, 1), (0, 2), (0, 3)]);
        assert_eq!(messages(&mut inbox), ["2=100 1=3"]);
        assert_eq!(inbox.queue.dropped(), 2);
    }

    #[test]
    fn a_quiet_signal_is_let_in_though_a_chatty_one_fills_the_queue() {
        let mut inbox = inbox(2, 2, &[(0, 1), (0, 2), (1, 100), (1, 101)]);
        assert_eq!(messages(&mut inbox), ["1=1", "1=2 2=101"]);
        assert_eq!(inbox.queue.dropped(), 1);
    }

    #[test]
    fn with_no_buffer_the_newest_of_each_signal_waits() {
        let mut inbox = inbox(2, 0, &[(0, 1), (1, 2), (0, 3), (1, 4)]);
        assert_eq!(messages(&mut inbox), ["1=3 2=4"]);
    }

    #[test]
    fn what_was_taken_is_not_pushed_out_and_comes_first() {
        let mut inbox = inbox(1, 2, &[(0, 1), (0, 2), (0, 3)]);
        let (registry, mut message) = (registry(), Vec::new());
        let mut context = Context::from_waker(Waker::noop());
        assert!(inbox.poll_message(&mut context, &mut message).is_ready());
        for value in 4..8 {
            let update = Update::now(&registry.entries()[0], Some(Value::Int32(value)));
            inbox.queue.push(0, &update);
        }
        assert_eq!(messages(&mut inbox), ["1=3", "1=6", "1=7"]);
        assert_eq!(inbox.queue.dropped(), 3);
    }

    #[test]
    fn a_burst_wakes_a_sleeping_reader_once() {
        let registry = registry();
        let mut inbox = inbox(1, 10, &[]);
        assert!(messages(&mut inbox).is_empty());
        let update = Update::now(&registry.entries()[0], None);
        assert!(inbox.queue.push(0, &update).waker.is_some());
        assert!(inbox.queue.push(0, &update).waker.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_quick_reader_is_waited_for_and_loses_nothing() {
        let (registry, mut inbox) = (registry(), inbox(1, 100, &[]));
        let queue = inbox.queue.clone();
        let reader = tokio::spawn(async move {
            let mut message = Vec::new();
            while message.len() < 1000 {
                poll_fn(|context| inbox.poll_message(context, &mut message)).await.unwrap();
            }
        });
        let start = tokio::time::Instant::now();
        for number in 0..1000 {
            let update = Update::now(&registry.entries()[0], Some(Value::Int32(number)));
            let pushed = queue.push(0, &update);
            pushed.waker.into_iter().for_each(Waker::wake);
            if pushed.is_pressed {
                Pressure(vec![queue.clone()]).relieved().await;
            }
        }
        reader.await.unwrap();
        assert_eq!(queue.dropped(), 0);
        assert!(start.elapsed().is_zero(), "no moment was waited to its end");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_waited_for_once_until_it_has_caught_up() {
        let registry = registry();
        let mut inboxes = [(); 3].map(|()| inbox(1, 100, &[]));
        let queues = inboxes.each_ref().map(|inbox| inbox.queue.clone());
        let update = Update::now(&registry.entries()[0], Some(Value::Int32(1)));
        let fill = || {
            let push = |queue: &Arc<Queue>| (0..200).any(|_| queue.push(0, &update).is_pressed);
            queues.iter().filter(|queue| push(queue)).cloned().collect::<Vec<_>>()
        };
        let start = tokio::time::Instant::now();
        Pressure::of(fill()).expect("all of them are full").relieved().await;
        // Together they have had their moment, give or take a tick of the clock.
        assert!((MOMENT..MOMENT * 2).contains(&start.elapsed()), "{:?}", start.elapsed());
        assert!(Pressure::of(fill()).is_none());
        messages(&mut inboxes[0]);
        assert_eq!(fill().len(), 1, "the one that has read all of it is waited for again");
    }

    #[test]
    fn who_wants_the_newest_alone_is_not_waited_for() {
        let (registry, inbox) = (registry(), inbox(1, 1, &[]));
        let update = Update::now(&registry.entries()[0], None);
        assert!((0..1000).all(|_| !inbox.queue.push(0, &update).is_pressed));
    }
}
