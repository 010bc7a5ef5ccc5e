//! A subscriber's end of its queue.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;
use vss_codegen::model::Access;

use super::{
    Broker, Client, Entry, SignalError, Update,
    queue::{Inbox, Queue},
    slot::Aspect,
};

/// Values of some signals: the first batch holds all of them, later ones what changed.
/// No batch holds a signal twice. It ends with an error when a signal is gone, and when its
/// client may not read all of them any more.
#[derive(Debug)]
pub struct Subscription {
    broker: Broker,
    aspect: Aspect,
    inbox: Inbox,
    entries: Vec<Arc<Entry>>,
    first: Option<Vec<Arc<Update>>>,
    pace: Option<Pace>,
    watch: Watch,
}

/// Notices when its client's standing changes or expires.
#[derive(Debug)]
pub(super) struct Watch {
    client: Client,
    superseded: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    expiry: Option<Pin<Box<Sleep>>>,
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
        client: &Client,
        aspect: Aspect,
        queue: Arc<Queue>,
        entries: Vec<Arc<Entry>>,
        first: Vec<Arc<Update>>,
    ) -> Subscription {
        let (first, watch) = (Some(first), Watch::new(client.clone()));
        let inbox = Inbox::new(queue, entries.len());
        Subscription { broker, aspect, inbox, entries, first, pace: None, watch }
    }

    /// A batch at most every `interval`, with the newest value of each signal. The last
    /// value of a burst always arrives, at the interval's end.
    #[must_use]
    pub fn at_most_every(mut self, interval: Duration) -> Subscription {
        if !interval.is_zero() {
            self.inbox.queue().keep_newest_only();
            let pause = Box::pin(tokio::time::sleep(Duration::ZERO));
            self.pace = Some(Pace { interval, pause });
        }
        self
    }

    /// The next batch, never empty. Can be cancelled without loss.
    pub async fn next(&mut self) -> Result<Vec<Arc<Update>>, SignalError> {
        let mut batch = Vec::new();
        self.next_into(&mut batch).await?;
        Ok(batch)
    }

    /// Adds the next batch to `batch`, whose space can be used again and again.
    pub async fn next_into(&mut self, batch: &mut Vec<Arc<Update>>) -> Result<(), SignalError> {
        poll_fn(|context| self.poll_batch(context, batch)).await
    }

    pub(super) fn poll_batch(
        &mut self,
        context: &mut Context<'_>,
        batch: &mut Vec<Arc<Update>>,
    ) -> Poll<Result<(), SignalError>> {
        self.poll_standing(context)?;
        if let Some(pace) = &mut self.pace {
            ready!(pace.pause.as_mut().poll(context));
        }
        match self.first.take() {
            Some(first) => batch.extend(first),
            None => ready!(self.inbox.poll_message(context, batch))?,
        }
        if let Some(pace) = &mut self.pace {
            pace.pause.as_mut().reset(Instant::now() + pace.interval);
        }
        Poll::Ready(Ok(()))
    }

    /// Fails when the client may not read all of it any more: for who keeps what it got.
    pub(super) fn poll_standing(&mut self, context: &mut Context<'_>) -> Result<(), SignalError> {
        match self.watch.poll_changed(context) {
            true => self.check(),
            false => Ok(()),
        }
    }

    /// Whether the client may still read all of it.
    fn check(&self) -> Result<(), SignalError> {
        let client = &self.watch.client;
        self.entries.iter().try_for_each(|entry| self.broker.check(client, entry, Access::Read))
    }

    /// How many values were left out because this reader was too slow for its buffer.
    pub fn dropped(&self) -> u64 {
        self.inbox.queue().dropped()
    }
}

impl Watch {
    pub(super) fn new(client: Client) -> Watch {
        let mut watch = Watch { client, superseded: None, expiry: None };
        watch.stand();
        watch
    }

    fn stand(&mut self) {
        let standing = self.client.standing();
        self.superseded = standing.map(|now| Box::pin(now.superseded().clone().cancelled_owned()));
        self.expiry = self.client.left().map(|left| Box::pin(sleep(left)));
    }

    /// Whether the client is to be looked at again; else it is woken when that is so.
    pub(super) fn poll_changed(&mut self, context: &mut Context<'_>) -> bool {
        let superseded = self.superseded.as_mut();
        let changed = superseded.is_some_and(|future| future.as_mut().poll(context).is_ready());
        let expiry = self.expiry.as_mut();
        let expired = expiry.is_some_and(|sleep| sleep.as_mut().poll(context).is_ready());
        if changed || expired {
            self.stand();
        }
        changed || expired
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        for entry in &self.entries {
            entry.slot().unsubscribe(self.aspect, self.inbox.queue());
        }
        self.broker.count_dropped(self.inbox.queue().dropped());
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use vss_codegen::model::Value;

    use super::*;
    use crate::signals::{Grants, testing::broker};

    const SPEED: &str = "Vehicle.Speed";

    fn values(batch: &[Arc<Update>]) -> Vec<Option<Value>> {
        batch.iter().map(|update| update.datapoint().value.clone()).collect()
    }

    #[tokio::test]
    async fn signals_named_twice_count_once() {
        let broker = broker();
        let paths = [SPEED, "Vehicle.Mode", SPEED];
        let mut subscription = broker.subscribe(&Client::runtime(), &paths, 0).unwrap();
        assert_eq!(values(&subscription.next().await.unwrap()), [None, None]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_paced_reader_gets_the_last_value_at_the_intervals_end() {
        let (broker, client) = (broker(), Client::runtime());
        let subscription = broker.subscribe(&client, &[SPEED], 100).unwrap();
        let mut subscription = subscription.at_most_every(Duration::from_secs(1));
        let start = Instant::now();
        subscription.next().await.unwrap();
        for speed in [1.0, 2.0, 3.0] {
            broker.publish(&client, SPEED, Value::Float(speed)).unwrap();
        }
        assert_eq!(values(&subscription.next().await.unwrap()), [Some(Value::Float(3.0))]);
        assert_eq!(start.elapsed().as_secs(), 1);
        // After a silence, a value does not wait.
        tokio::time::sleep(Duration::from_secs(10)).await;
        broker.publish(&client, SPEED, Value::Float(4.0)).unwrap();
        assert_eq!(values(&subscription.next().await.unwrap()), [Some(Value::Float(4.0))]);
        assert_eq!(start.elapsed().as_secs(), 11);
    }

    fn grants(path: &str) -> Grants {
        Grants::new([(path.to_owned(), Access::Read)]).unwrap()
    }

    /// Reading ends at once, though nothing is published.
    #[tokio::test(start_paused = true)]
    async fn a_subscription_ends_with_the_right_to_read() {
        let broker = broker();
        let app = Client::app("a", grants("Vehicle.*"));
        let mut both = broker.subscribe(&app, &[SPEED, "Vehicle.Mode"], 0).unwrap();
        let mut speed = broker.subscribe(&app, &[SPEED], 0).unwrap();
        both.next().await.unwrap();
        speed.next().await.unwrap();
        app.set_grants(grants(SPEED));
        let error = both.next().await.unwrap_err();
        assert!(matches!(&error, SignalError::Denied { path, .. } if &**path == "Vehicle.Mode"));
        broker.publish(&Client::runtime(), SPEED, Value::Float(1.0)).unwrap();
        assert_eq!(values(&speed.next().await.unwrap()), [Some(Value::Float(1.0))]);
        app.close();
        broker.publish(&Client::runtime(), SPEED, Value::Float(2.0)).unwrap();
        let error = speed.next().await.unwrap_err();
        assert!(matches!(error, SignalError::Closed { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_subscription_ends_when_its_token_does() {
        let broker = broker();
        let soon = Timestamp::now() + jiff::SignedDuration::from_millis(200);
        let token = Client::token("bob", grants(SPEED), soon);
        let mut speed = broker.subscribe(&token, &[SPEED], 0).unwrap();
        speed.next().await.unwrap();
        let error = speed.next().await.unwrap_err();
        assert!(matches!(error, SignalError::Expired { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_subscription_that_ended_costs_publishers_nothing() {
        let (broker, client) = (broker(), Client::runtime());
        let subscription = broker.subscribe(&client, &[SPEED], 0).unwrap();
        let queue = Arc::downgrade(subscription.inbox.queue());
        drop(subscription);
        assert!(queue.upgrade().is_none(), "no signal keeps its queue");
        broker.publish(&client, SPEED, Value::Float(1.0)).unwrap();
    }
}
