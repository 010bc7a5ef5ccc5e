//! `Subscribe`: current values, targets and metadata in one stream.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio_stream::Stream;
use tonic::{Code, Status};

use super::{Service, convert, errors, fields::Parts, get, proto};
use crate::signals::{
    SignalError, SignalRef, Subscription, Update, budget::Budget, slot::Aspect, subscription::Watch,
};

/// How many values may wait for a slow reader; this interface has no field for it.
const BUFFER: usize = 100;

#[derive(Debug)]
pub(crate) struct UpdateStream {
    /// The first message: each entry whole. Metadata never changes after it.
    first: Option<Vec<proto::EntryUpdate>>,
    values: Option<Changes>,
    targets: Option<Changes>,
    metadata: Option<Seen>,
    ended: bool,
}

#[derive(Debug)]
struct Changes {
    subscription: Subscription,
    /// The subscription's own first batch is part of the stream's first message.
    started: bool,
}

/// Entries of which only the metadata was asked: nothing of it changes but the right to see it.
#[derive(Debug)]
struct Seen {
    service: Service,
    paths: Vec<String>,
    watch: Watch,
}

pub(super) fn open(
    service: &Service,
    request: &proto::SubscribeRequest,
) -> Result<UpdateStream, Status> {
    if request.entries.is_empty() {
        return Err(Status::invalid_argument("name at least one entry to subscribe to"));
    }
    let mut asked: BTreeMap<i32, Parts> = BTreeMap::new();
    let mut budget = Budget::new();
    let mut unknown = None;
    for entry in &request.entries {
        let parts = Parts::asked(entry.view, &entry.fields);
        let found = match get::find(service, &entry.path, parts, &mut budget)? {
            Ok(found) => found,
            Err(error) if service.broker.skips_unknown() && errors::is_not_found(&error) => {
                unknown = Some(error);
                continue;
            }
            Err(error) => return Err(status(error)),
        };
        for found in found {
            let sum = asked.entry(found.id()).or_default();
            sum.value |= parts.value;
            sum.target |= parts.target;
            sum.metadata |= parts.metadata;
        }
    }
    if let Some(error) = unknown.filter(|_| asked.is_empty()) {
        return Err(status(error));
    }
    let follow = |aspect: Aspect, wanted: fn(&Parts) -> bool| {
        let ids: Vec<i32> =
            asked.iter().filter(|(_, parts)| wanted(parts)).map(|(id, _)| *id).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        service
            .broker
            .subscribe_to(&service.client, aspect, ids.into_iter().map(SignalRef::Id), BUFFER)
            .map(|subscription| Some(Changes { subscription, started: false }))
            .map_err(|error| status(errors::of_entry("", &error)))
    };
    // Subscribed before the first message is made, so that no change falls between.
    let values = follow(Aspect::Current, |parts| parts.value)?;
    let targets = follow(Aspect::Target, |parts| parts.target)?;
    let mut first = Vec::with_capacity(asked.len());
    for (id, parts) in &asked {
        if let Some(entry) = service.broker.registry().by_id(*id) {
            first.push(update(service.entry(entry, *parts, &mut budget)?, *parts));
        }
    }
    let metadata = Seen::of(service, &asked);
    Ok(UpdateStream { first: Some(first), values, targets, metadata, ended: false })
}

impl Seen {
    fn of(service: &Service, asked: &BTreeMap<i32, Parts>) -> Option<Seen> {
        let only_seen = asked.iter().filter(|(_, parts)| !parts.need_read());
        let entries = only_seen.filter_map(|(id, _)| service.broker.registry().by_id(*id).cloned());
        let paths: Vec<String> = entries.map(|entry| entry.path().to_owned()).collect();
        let watch = Watch::new(service.client.clone());
        (!paths.is_empty()).then(|| Seen { service: service.clone(), paths, watch })
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Result<(), Status> {
        while self.watch.poll_changed(context) {
            let parts = Parts { metadata: true, ..Parts::default() };
            for path in &self.paths {
                get::find(&self.service, path, parts, &mut Budget::new())?.map_err(status)?;
            }
        }
        Ok(())
    }
}

impl Changes {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Vec<Arc<Update>>, SignalError>> {
        loop {
            let mut batch = Vec::new();
            std::task::ready!(self.subscription.poll_batch(context, &mut batch))?;
            if std::mem::replace(&mut self.started, true) {
                return Poll::Ready(Ok(batch));
            }
        }
    }
}

impl Stream for UpdateStream {
    type Item = Result<proto::SubscribeResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(updates) = self.first.take() {
            return Poll::Ready(Some(Ok(proto::SubscribeResponse { updates })));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        if let Some(Err(error)) = this.metadata.as_mut().map(|seen| seen.poll(context)) {
            this.ended = true;
            return Poll::Ready(Some(Err(error)));
        }
        let followed = [(&mut this.values, Aspect::Current), (&mut this.targets, Aspect::Target)];
        let mut updates = Vec::new();
        for (changes, aspect) in followed {
            match changes.as_mut().map(|changes| changes.poll(context)) {
                Some(Poll::Ready(Ok(batch))) => {
                    updates.extend(batch.iter().map(|change| changed(change, aspect)));
                }
                Some(Poll::Ready(Err(error))) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(status(errors::of_entry("", &error)))));
                }
                Some(Poll::Pending) | None => {}
            }
        }
        if updates.is_empty() {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(proto::SubscribeResponse { updates })))
    }
}

fn changed(change: &Update, aspect: Aspect) -> proto::EntryUpdate {
    let path = change.path().as_ref().to_owned();
    let datapoint = convert::datapoint(change.datapoint());
    let (entry, parts) = match aspect {
        Aspect::Current => (
            proto::DataEntry { path, value: datapoint, ..Default::default() },
            Parts { value: true, ..Parts::default() },
        ),
        Aspect::Target => (
            proto::DataEntry { path, actuator_target: datapoint, ..Default::default() },
            Parts { target: true, ..Parts::default() },
        ),
    };
    update(entry, parts)
}

fn update(entry: proto::DataEntry, parts: Parts) -> proto::EntryUpdate {
    let fields = [
        (parts.value, proto::Field::Value),
        (parts.target, proto::Field::ActuatorTarget),
        (parts.metadata, proto::Field::Metadata),
    ];
    let fields = fields.into_iter().filter(|(asked, _)| *asked);
    proto::EntryUpdate {
        entry: Some(entry),
        fields: fields.map(|(_, field)| field.into()).collect(),
    }
}

/// A stream has no place for an entry's error, so it fails as a whole.
fn status(error: proto::DataEntryError) -> Status {
    let error = error.error.unwrap_or_default();
    let code = match error.code {
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        _ => Code::InvalidArgument,
    };
    Status::new(code, error.message)
}
