//! A subscriber's end of its queue.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep};

use super::{Broker, Update, queue::Queue, slot::Aspect};

/// Values of some signals: the first batch holds all of them, later ones what changed.
/// No batch holds a signal twice.
#[derive(Debug)]
pub struct Subscription {
    broker: Broker,
    aspect: Aspect,
    queue: Arc<Queue>,
    /// Indices of the slots, for the end.
    slots: Vec<usize>,
    first: Option<Vec<Arc<Update>>>,
    pace: Option<Pace>,
}

/// Batches at most this often; what changes in between is put together.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    pause: Pin<Box<Sleep>>,
}

impl Subscription {
    pub(super) fn new(
        broker: Broker,
        aspect: Aspect,
        queue: Arc<Queue>,
        slots: Vec<usize>,
        first: Vec<Arc<Update>>,
    ) -> Subscription {
        Subscription { broker, aspect, queue, slots, first: Some(first), pace: None }
    }

    /// A batch at most every `interval`, with the newest value of each signal. The last
    /// value of a burst always arrives, at the interval's end.
    #[must_use]
    pub fn at_most_every(mut self, interval: Duration) -> Subscription {
        if !interval.is_zero() {
            self.queue.keep_newest_only();
            let pause = Box::pin(tokio::time::sleep(Duration::ZERO));
            self.pace = Some(Pace { interval, pause });
        }
        self
    }

    /// The next batch, never empty. Can be cancelled without loss.
    pub async fn next(&mut self) -> Vec<Arc<Update>> {
        let mut batch = Vec::new();
        poll_fn(|context| self.poll_batch(context, &mut batch)).await;
        batch
    }

    /// Puts the next batch into `batch`, whose space can be used again and again.
    pub(super) fn poll_batch(
        &mut self,
        context: &mut Context<'_>,
        batch: &mut Vec<Arc<Update>>,
    ) -> Poll<()> {
        if let Some(pace) = &mut self.pace {
            ready!(pace.pause.as_mut().poll(context));
        }
        match self.first.take() {
            Some(first) => *batch = first,
            None => ready!(self.queue.poll_message(context, batch)),
        }
        if let Some(pace) = &mut self.pace {
            pace.pause.as_mut().reset(Instant::now() + pace.interval);
        }
        Poll::Ready(())
    }

    /// How many values were left out because this reader was too slow for its buffer.
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        for slot in &self.slots {
            self.broker.unsubscribe(*slot, self.aspect, &self.queue);
        }
        self.broker.count_dropped(self.queue.dropped());
    }
}
