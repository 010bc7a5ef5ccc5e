//! A subscription's life on the network: subscribe, read, and again after a loss.

use std::{
    convert::Infallible,
    future::{Future, pending, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use tokio::time::{Instant, sleep_until};
use tokio_stream::Stream as _;
use tonic::{Status, Streaming};
use vehicle_edge_runtime::signals::condition::Condition;
use vehicle_signal_client::Backoff;

use crate::{
    bridge::{Outcome, Waiter},
    decode::{Index, Message},
    failure::Failure,
    link::{Link, one},
    outlet::Outlet,
    queue::Queue,
    sieve::{Item, Sieve},
};

/// How many messages are read before the queue gets them.
const BATCH: usize = 512;

/// Waits until the broker answers, and on which connection; an error is one that does not heal.
pub(crate) async fn ready(link: &Link) -> Result<u64, Failure> {
    let mut backoff = Backoff::new();
    loop {
        let answers = link.answers();
        match link.ping().await {
            Err(failure) if failure.heals() => backoff.wait_or(link.answers_after(answers)).await,
            result => return result,
        }
    }
}

/// What to ask the broker for.
#[derive(Debug)]
pub(crate) struct Wish {
    /// Those that only the condition names included.
    pub(crate) paths: Vec<String>,
    pub(crate) condition: Option<Condition>,
}

impl Wish {
    /// Also the condition over indices into the paths.
    pub(crate) fn new(
        mut paths: Vec<String>,
        condition: Option<Condition>,
    ) -> (Wish, Option<Condition<usize>>) {
        let mut place = |path: &String| -> Result<usize, Infallible> {
            let known = paths.iter().position(|known| known == path);
            Ok(known.unwrap_or_else(|| {
                paths.push(path.clone());
                paths.len() - 1
            }))
        };
        let by_index = condition.as_ref().map(|condition| {
            let Ok(by_index) = condition.try_map(&mut place);
            by_index
        });
        (Wish { paths, condition }, by_index)
    }
}

/// From messages to the queue.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) sieve: Sieve,
    pub(crate) outlet: Outlet,
    pub(crate) queue: Arc<Queue>,
}

/// Fills the queue until the task is aborted or an error comes that does not heal.
/// `opened` is resolved when the broker has accepted the first subscription.
pub(crate) async fn follow(
    link: Arc<Link>,
    wish: Wish,
    mut delivery: Delivery,
    opened: (Waiter, Outcome),
) {
    let index = Arc::new(Index::new(&wish.paths));
    let mut opened = Some(opened);
    let mut backoff = Backoff::new();
    let mut is_first = true;
    loop {
        let answers = link.answers();
        let lost = match delivery.meanwhile(open(&link, &wish, &index)).await {
            Ok(stream) => {
                if let Some((waiter, outcome)) = opened.take() {
                    waiter.resolve(outcome);
                }
                let (received, failure) = read(stream, &wish.paths, &mut delivery, is_first).await;
                if received {
                    backoff = Backoff::new();
                    is_first = false;
                }
                link.forget();
                failure
            }
            Err(failure) => failure,
        };
        if !lost.heals() {
            match opened.take() {
                Some((waiter, _)) => waiter.resolve(Outcome::Failed(lost)),
                None => delivery.queue.end(lost),
            }
            return;
        }
        delivery.meanwhile(backoff.wait_or(link.answers_after(answers))).await;
    }
}

/// An unknown signal and one that may not be read are the broker's to tell; what it cannot
/// know is what a condition does with them.
async fn open(link: &Link, wish: &Wish, index: &Arc<Index>) -> Result<Streaming<Message>, Failure> {
    let stream = link.subscribe(&wish.paths, index).await?;
    if let Some(condition) = &wish.condition {
        link.check(condition).await?;
    }
    Ok(stream)
}

/// Whether anything was received, and what ended the stream, which begins with the values
/// of the moment.
async fn read(
    mut stream: Streaming<Message>,
    paths: &[String],
    delivery: &mut Delivery,
    is_first: bool,
) -> (bool, Failure) {
    let mut received = false;
    let mut messages = Vec::new();
    loop {
        let next = poll_fn(|context| poll_batch(&mut stream, &mut messages, context));
        let end = delivery.meanwhile(next).await;
        if let Some(message) = messages.first_mut()
            && !received
        {
            received = true;
            message.begin(!is_first);
        }
        delivery.take(&mut messages);
        if let Some(end) = end {
            return (received, Failure::of_stream(end.as_ref(), one(paths)));
        }
    }
}

/// Gathers what is there already, at least one message: `Some` with how the stream ended.
fn poll_batch(
    stream: &mut Streaming<Message>,
    messages: &mut Vec<Message>,
    context: &mut Context<'_>,
) -> Poll<Option<Option<Status>>> {
    while messages.len() < BATCH {
        match Pin::new(&mut *stream).poll_next(context) {
            Poll::Ready(Some(Ok(message))) => messages.push(message),
            Poll::Ready(Some(Err(status))) => return Poll::Ready(Some(Some(status))),
            Poll::Ready(None) => return Poll::Ready(Some(None)),
            Poll::Pending if messages.is_empty() => return Poll::Pending,
            Poll::Pending => break,
        }
    }
    Poll::Ready(None)
}

impl Delivery {
    fn take(&mut self, messages: &mut Vec<Message>) {
        let mut items: Vec<Item> = Vec::with_capacity(messages.len());
        if self.outlet.is_open() {
            messages.drain(..).for_each(|message| self.sieve.take(message, |i| items.push(i)));
        } else {
            let now = Instant::now();
            for message in messages.drain(..) {
                self.sieve.take(message, |item| items.extend(self.outlet.admit(item, now)));
            }
        }
        if !items.is_empty() {
            self.queue.push(items.into_iter());
        }
    }

    fn release(&mut self) {
        let now = Instant::now();
        let items: Vec<Item> = std::iter::from_fn(|| self.outlet.release(now)).collect();
        if !items.is_empty() {
            self.queue.push(items.into_iter());
        }
    }

    /// Does some work, and meanwhile lets out what was held back when its time comes.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let due = self.outlet.due();
            let timer = async move {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                // First, because work that never waits would not let it have its turn.
                () = timer => self.release(),
                done = &mut work => return done,
            }
        }
    }
}
