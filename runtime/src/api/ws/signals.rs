//! A subscription to signals: at a rate, the newest value of each that changed.
//!
//! The broker keeps one value per signal for us while the outbox is full, so that a slow
//! client misses values in between and never the last one.

use std::time::Duration;

use serde_json::Value as Json;

use super::{
    message::{self, SubscribeSignals},
    outbox::Outbox,
};
use crate::{
    api::{
        Api,
        error::ApiError,
        signals::select,
        wire::{RATES, SignalUpdate, SignalUpdates, signal_value},
    },
    signals::{Client, Subscription},
};

/// A subscription that was found good and waits to run.
pub(super) struct Task {
    subscription: Subscription,
}

/// The paths subscribed to, and what sends their values.
pub(super) fn subscribe(
    api: &Api,
    wanted: &SubscribeSignals,
) -> Result<(Vec<String>, Task), ApiError> {
    if !RATES.contains(&wanted.max_rate) {
        let (low, high) = (RATES.start(), RATES.end());
        let message = format!("max_rate {}: use {low} to {high} a second", wanted.max_rate);
        return Err(ApiError::bad_request(message));
    }
    let registry = api.broker.registry();
    let entries = select(&registry, wanted.paths.iter().map(String::as_str))?;
    let paths: Vec<String> = entries.iter().map(|entry| entry.path().to_owned()).collect();
    let subscription = api.broker.subscribe(&Client::outside(), &paths, 0)?;
    let interval = Duration::from_secs_f64(1.0 / wanted.max_rate);
    Ok((paths, Task { subscription: subscription.at_most_every(interval) }))
}

impl Task {
    pub(super) async fn run(mut self, outbox: Outbox) {
        loop {
            let batch = match self.subscription.next().await {
                Ok(batch) => batch,
                Err(error) => {
                    let _ = outbox.send(message::error(&Json::Null, error.into())).await;
                    return;
                }
            };
            let updates: Vec<SignalUpdate> = batch
                .iter()
                .map(|update| SignalUpdate {
                    path: update.path().to_string(),
                    value: signal_value(update.datapoint().value.as_ref()),
                    timestamp: update.datapoint().timestamp,
                })
                .collect();
            let data = SignalUpdates { updates };
            if outbox.send(message::write("signal:update", &Json::Null, data)).await.is_err() {
                return;
            }
        }
    }
}
