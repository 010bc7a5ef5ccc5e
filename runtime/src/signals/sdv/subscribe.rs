//! `Subscribe`: a row of a query after each value of one of its signals.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio_stream::Stream;
use tonic::Status;
use vss_codegen::model::Access;

use super::{Service, convert, errors, proto};
use crate::signals::{
    SignalRef, Subscription, Update,
    budget::Budget,
    query::{Query, Refused, Rows},
    slot::Aspect,
};

/// How many values may wait for a slow reader; this interface has no field for it. As many as
/// possible, for each of them may decide a condition.
const BUFFER: usize = usize::MAX;

#[derive(Debug)]
pub(crate) struct RowStream {
    subscription: Subscription,
    rows: Rows,
    /// Whether the first values, which are evaluated together, have come.
    started: bool,
    waiting: VecDeque<Arc<Update>>,
    ended: bool,
}

pub(super) fn open(service: &Service, query: &str) -> Result<RowStream, Status> {
    let (broker, client) = (&service.broker, &service.client);
    let rows = Query::parse(query).map_err(Refused::Query).and_then(|query| {
        query.rows(|path| {
            let entry = broker.allowed(client, SignalRef::Path(path), Access::Read)?;
            Ok((entry.id(), entry.signal().datatype.clone()))
        })
    });
    let rows = rows.map_err(errors::of_query)?;
    let signals = rows.signals().map(SignalRef::Id);
    let subscription = broker
        .subscribe_to(client, Aspect::Current, signals, BUFFER)
        .map_err(|error| errors::of_call(&error))?;
    Ok(RowStream { subscription, rows, started: false, waiting: VecDeque::new(), ended: false })
}

impl Stream for RowStream {
    type Item = Result<proto::SubscribeReply, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        let polled = ready!(this.poll_row(context));
        this.ended = polled.is_err();
        Poll::Ready(Some(polled))
    }
}

impl RowStream {
    fn poll_row(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<proto::SubscribeReply, Status>> {
        let refused = |error| errors::of_call(&error);
        if self.waiting.is_empty() {
            let mut batch = Vec::new();
            ready!(self.subscription.poll_batch(context, &mut batch)).map_err(refused)?;
            if !std::mem::replace(&mut self.started, true) {
                self.rows.set(batch.iter().map(value));
                if self.rows.holds() {
                    return Poll::Ready(row(&self.rows));
                }
            } else {
                self.waiting = batch.into();
            }
        } else {
            self.subscription.poll_standing(context).map_err(refused)?;
        }
        while let Some(update) = self.waiting.pop_front() {
            self.rows.set([value(&update)]);
            if self.rows.holds() {
                return Poll::Ready(row(&self.rows));
            }
        }
        // Others are let in before the next batch: most values may make no row.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn value(update: &Arc<Update>) -> (i32, crate::signals::Datapoint) {
    (update.id(), update.datapoint().clone())
}

fn row(rows: &Rows) -> Result<proto::SubscribeReply, Status> {
    let mut budget = Budget::new();
    let fields = rows.row().map(|(name, datapoint)| {
        budget.value(datapoint)?;
        Ok((name.to_owned(), convert::datapoint(datapoint)))
    });
    Ok(proto::SubscribeReply { fields: fields.collect::<Result<_, Status>>()? })
}
