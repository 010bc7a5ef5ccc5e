//! `GET /api/signals?path=PATTERN[,PATTERN…]`: signals with their values; all without `path`.

use axum::{Json, extract::State};
use serde::Deserialize;

use super::select;
use crate::{
    api::{
        Api,
        error::ApiError,
        extract::Query,
        wire::{SignalEntry, SignalList, signal_value},
    },
    signals::{Broker, Client, Entry},
};

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    path: Option<String>,
}

pub(crate) async fn handle(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<SignalList>, ApiError> {
    let registry = api.broker.registry();
    let entries = match &parameters.path {
        // No path of a signal holds a comma.
        Some(patterns) => select(&registry, patterns.split(',').map(str::trim))?,
        None => registry.entries().iter().collect(),
    };
    let signals = entries.into_iter().map(|entry| describe(&api.broker, entry));
    Ok(Json(SignalList { signals: signals.collect::<Result<_, _>>()? }))
}

fn describe(broker: &Broker, entry: &Entry) -> Result<SignalEntry, ApiError> {
    let datapoint = broker.get(&Client::outside(), entry.path())?;
    let signal = entry.signal();
    Ok(SignalEntry {
        path: signal.path.clone(),
        kind: signal.kind,
        datatype: signal.datatype.to_string(),
        access: signal.access.clone(),
        unit: signal.unit.clone(),
        min: signal.min.clone(),
        max: signal.max.clone(),
        allowed: signal.allowed.clone(),
        description: signal.description.clone(),
        value: signal_value(datapoint.value.as_ref()),
        timestamp: datapoint.timestamp,
    })
}
