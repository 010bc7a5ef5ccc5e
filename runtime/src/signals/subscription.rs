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

#[cfg(test)]
mod tests {
    use vss_codegen::model::Value;

    use super::*;
    use crate::signals::{Client, testing::broker};

    const SPEED: &str = "Vehicle.Speed";

    fn values(batch: &[Arc<Update>]) -> Vec<Option<Value>> {
        batch.iter().map(|update| update.datapoint().value.clone()).collect()
    }

    #[tokio::test]
    async fn signals_named_twice_count_once() {
        let broker = broker();
        let paths = [SPEED, "Vehicle.Mode", SPEED];
        let mut subscription = broker.subscribe(&Client::runtime(), &paths, 0).unwrap();
        assert_eq!(values(&subscription.next().await), [None, None]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_paced_reader_gets_the_last_value_at_the_intervals_end() {
        let (broker, client) = (broker(), Client::runtime());
        let subscription = broker.subscribe(&client, &[SPEED], 100).unwrap();
        let mut subscription = subscription.at_most_every(Duration::from_secs(1));
        let start = Instant::now();
        subscription.next().await;
        for speed in [1.0, 2.0, 3.0] {
            broker.publish(&client, SPEED, Value::Float(speed)).unwrap();
        }
        assert_eq!(values(&subscription.next().await), [Some(Value::Float(3.0))]);
        assert_eq!(start.elapsed().as_secs(), 1);
        // After a silence, a value does not wait.
        tokio::time::sleep(Duration::from_secs(10)).await;
        broker.publish(&client, SPEED, Value::Float(4.0)).unwrap();
        assert_eq!(values(&subscription.next().await), [Some(Value::Float(4.0))]);
        assert_eq!(start.elapsed().as_secs(), 11);
    }

    #[tokio::test]
    async fn a_subscription_that_ended_costs_publishers_nothing() {
        let (broker, client) = (broker(), Client::runtime());
        let subscription = broker.subscribe(&client, &[SPEED], 0).unwrap();
        let queue = Arc::downgrade(&subscription.queue);
        drop(subscription);
        assert!(queue.upgrade().is_none(), "no signal keeps its queue");
        broker.publish(&client, SPEED, Value::Float(1.0)).unwrap();
    }
}
