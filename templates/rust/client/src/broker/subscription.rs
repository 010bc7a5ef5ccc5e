//! Following signals, through losses of the connection.

use std::{
    collections::HashMap,
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::task::AbortHandle;
use tokio_stream::Stream;
use tonic::Streaming;

use super::{
    client::one,
    queue::{Message, Queue},
    reading::Update,
    signals,
};
use crate::{Backoff, Changing, Client, Error, Signals, proto};

/// What brokers take at most.
const LARGEST_BUFFER: u32 = 1000;

/// How a subscription treats a subscriber that is slower than the values come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    queue: usize,
}

impl Options {
    /// Only the newest value of each signal waits.
    pub const fn newest() -> Options {
        Options { queue: 1 }
    }

    /// The last `length` messages wait; at least one.
    pub const fn queue(length: usize) -> Options {
        Options { queue: length }
    }
}

/// A queue of 1024.
impl Default for Options {
    fn default() -> Options {
        Options::queue(1024)
    }
}

/// The values of signals as a [`Stream`].
///
/// The first item is what the signals hold at the beginning, whether or not that is a
/// value. While the connection is lost nothing comes; when it is back the stream goes on,
/// again with what the signals hold then. Both are marked as [`initial`]. An error that
/// does not heal is the last item. Dropping the subscription ends it.
///
/// [`initial`]: crate::Reading::initial
pub struct Subscription<S: Signals> {
    signals: S,
    /// The number of each signal in the messages, where one named twice counts once.
    numbers: Vec<usize>,
    newest: Vec<Update>,
    queue: Arc<Queue>,
    task: AbortHandle,
}

impl<S: Changing> Subscription<S> {
    pub(crate) fn open(client: Client, signals: S, options: Options) -> Subscription<S> {
        let named = signals::paths(&signals);
        let mut known: HashMap<&'static str, usize> = HashMap::new();
        let mut paths = Vec::new();
        let mut numbers = Vec::with_capacity(named.len());
        for path in named {
            let number = *known.entry(path).or_insert_with(|| {
                paths.push(path);
                paths.len() - 1
            });
            numbers.push(number);
        }
        let newest = vec![Update::default(); paths.len()];
        let queue = Arc::new(Queue::new(options.queue));
        let runtime = client.runtime().clone();
        let task = runtime.spawn(follow(client, paths, known, queue.clone())).abort_handle();
        Subscription { signals, numbers, newest, queue, task }
    }
}

impl<S: Signals> Subscription<S> {
    /// The next item, as of [`Stream`]; `None` after an error.
    pub async fn next(&mut self) -> Option<Result<S::Readings, Error>> {
        poll_fn(|context| self.poll(context)).await
    }

    /// How many values were dropped because newer ones came before they were taken.
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }

    /// Why there is no connection at the moment; `None` while there is one.
    pub fn lost(&self) -> Option<Error> {
        self.queue.lost()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<S::Readings, Error>>> {
        self.queue.poll(context).map(|item| Some(item?.map(|message| self.readings(message))))
    }

    fn readings(&mut self, message: Message) -> S::Readings {
        for (number, update) in message {
            if let Some(newest) = self.newest.get_mut(number) {
                *newest = update;
            }
        }
        let newest = |number: &usize| self.newest.get(*number).cloned().unwrap_or_default();
        self.signals.read(&mut self.numbers.iter().map(newest))
    }
}

impl<S: Signals> Stream for Subscription<S> {
    type Item = Result<S::Readings, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(context)
    }
}

impl<S: Signals> Drop for Subscription<S> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<S: Signals> fmt::Debug for Subscription<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&signals::paths(&self.signals)).finish()
    }
}

/// Fills the queue until the task is aborted or an error comes that does not heal.
async fn follow(
    client: Client,
    paths: Vec<&'static str>,
    numbers: HashMap<&'static str, usize>,
    queue: Arc<Queue>,
) {
    let mut backoff = Backoff::new();
    loop {
        // However short our own queue: what the broker dropped could not be counted here.
        let lost = match client.follow(&paths, LARGEST_BUFFER).await {
            Ok(stream) => {
                queue.set_lost(None);
                let (received, error) = read(&client, stream, &paths, &numbers, &queue).await;
                if received {
                    backoff = Backoff::new();
                }
                error
            }
            Err(error) => error,
        };
        if !lost.heals() {
            return queue.end(lost);
        }
        queue.set_lost(Some(lost));
        backoff.wait().await;
    }
}

/// Whether anything was received, and what ended the stream.
async fn read(
    client: &Client,
    mut stream: Streaming<proto::SubscribeResponse>,
    paths: &[&'static str],
    numbers: &HashMap<&'static str, usize>,
    queue: &Queue,
) -> (bool, Error) {
    let mut initial = true;
    loop {
        let entries = match stream.message().await {
            Ok(Some(message)) => message.entries.into_iter(),
            Ok(None) => return (!initial, Error::closed(client.address())),
            Err(status) => {
                let error = Error::from_end(&status, one(paths), client.address());
                return (!initial, error);
            }
        };
        let updates = entries.filter_map(|(path, datapoint)| {
            Some((*numbers.get(path.as_str())?, Update { datapoint, initial }))
        });
        queue.push(updates.collect());
        initial = false;
    }
}
