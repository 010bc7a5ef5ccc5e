//! `GET /api/signals/history?path=PATTERN[,PATTERN…]&since=TIME&points=N`: the last values of
//! signals that are kept; of all that are kept without `path`.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Deserialize;

use super::select;
use crate::{
    api::{
        Api,
        error::ApiError,
        extract::Query,
        wire::{SignalHistories, SignalHistory},
    },
    signals::history,
};

/// As many as a chart is wide, about.
const POINTS: usize = 600;

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    path: Option<String>,
    since: Option<Timestamp>,
    points: Option<usize>,
}

pub(crate) async fn handle(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<SignalHistories>, ApiError> {
    let registry = api.broker.registry();
    let wanted = parameters.path.as_deref().unwrap_or_default();
    let entries = select(&registry, wanted.split(',').map(str::trim))?;
    let most = parameters.points.unwrap_or(POINTS);
    let query = history::Query { from: parameters.since, to: None, most };
    let kept = entries.iter().filter_map(|entry| api.history.query(entry.path(), query));
    let histories: Vec<_> = kept.map(SignalHistory::from).collect();
    match histories.is_empty() {
        true => Err(ApiError::not_kept(wanted)),
        false => Ok(Json(SignalHistories { histories })),
    }
}
