//! `Subscribe` and `SubscribeById`.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::Sleep;
use tokio_stream::Stream;
use tonic::Status;

use super::{Entries, Service, entries::Key, proto, status::from_error};
use crate::signals::{SignalRef, Subscription, slot::Aspect};

/// A subscription as messages of the wire.
#[derive(Debug)]
pub(crate) struct EntriesStream {
    subscription: Subscription,
    key: Key,
    /// The end that the client asked for.
    end: Option<Pin<Box<Sleep>>>,
    ended: bool,
}

pub(super) fn by_path(
    service: &Service,
    request: &proto::SubscribeRequest,
) -> Result<EntriesStream, Status> {
    let mut paths: Vec<&String> = request.signal_paths.iter().collect();
    let registry = service.broker.registry();
    let known = |path: &&String| registry.get(path).is_some();
    if service.broker.skips_unknown() && paths.iter().any(known) {
        paths.retain(known);
    }
    let signals = paths.into_iter().map(|path| SignalRef::Path(path));
    open(service, signals, Key::Path, request.buffer_size, request.filter.as_ref())
}

pub(super) fn by_id(
    service: &Service,
    request: &proto::SubscribeByIdRequest,
) -> Result<EntriesStream, Status> {
    let signals = request.signal_ids.iter().map(|id| SignalRef::Id(*id));
    open(service, signals, Key::Id, request.buffer_size, request.filter.as_ref())
}

fn open<'a>(
    service: &Service,
    signals: impl ExactSizeIterator<Item = SignalRef<'a>>,
    key: Key,
    buffer: u32,
    filter: Option<&proto::Filter>,
) -> Result<EntriesStream, Status> {
    if signals.len() == 0 {
        return Err(Status::invalid_argument("name at least one signal to subscribe to"));
    }
    let buffer = usize::try_from(buffer).unwrap_or(usize::MAX);
    let subscription = service
        .broker
        .subscribe_to(&service.client, Aspect::Current, signals, buffer)
        .map_err(from_error)?;
    let milliseconds = |ms: u32| Duration::from_millis(ms.into());
    let interval = filter
        .and_then(|filter| filter.min_sample_interval)
        .map_or(Duration::ZERO, |interval| milliseconds(interval.interval_ms));
    let end = filter
        .filter(|filter| filter.duration_ms > 0)
        .map(|filter| Box::pin(tokio::time::sleep(milliseconds(filter.duration_ms))));
    Ok(EntriesStream { subscription: subscription.at_most_every(interval), key, end, ended: false })
}

impl Stream for EntriesStream {
    type Item = Result<Entries, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        if let Some(end) = &mut this.end
            && end.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(None);
        }
        let mut batch = Vec::new();
        let polled = ready!(this.subscription.poll_batch(context, &mut batch));
        Poll::Ready(Some(match polled {
            Ok(()) => Ok(Entries::new(batch, this.key)),
            Err(error) => {
                this.ended = true;
                Err(from_error(error))
            }
        }))
    }
}
