//! `GET /api/apps/{id}/logs?tail=&after=&limit=`: what is kept of an app's console.
//!
//! Pages grow from `after` (0: the oldest kept line); `tail` starts that many lines before
//! the end instead.

use axum::{Json, extract::State};
use serde::Deserialize;

use crate::{
    api::{
        Api,
        error::ApiError,
        extract::{App, Query},
        wire::{Gap, LogPage},
    },
    console::{ConsoleReader, Item},
};

const DEFAULT_LIMIT: usize = 1000;
const MAX_LIMIT: usize = 10_000;

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    tail: Option<usize>,
    after: Option<u64>,
    limit: Option<usize>,
}

pub(crate) async fn handle(
    State(api): State<Api>,
    App(id): App,
    Query(wanted): Query<Parameters>,
) -> Result<Json<LogPage>, ApiError> {
    let limit = wanted.limit.or(wanted.tail).unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    let tail = wanted.tail.map(|tail| tail.min(MAX_LIMIT));
    let mut console = api.supervisor.console(&id, wanted.after, tail)?;
    Ok(Json(page(&mut console, limit).await))
}

async fn page(console: &mut ConsoleReader, limit: usize) -> LogPage {
    let mut page = LogPage::default();
    while let Some(item) = console.next_kept().await {
        if page.lines.len() == limit {
            page.more = true;
            break;
        }
        match item {
            Item::Line(line) => page.lines.push(line.into()),
            Item::Gap { from, to } => page.gaps.push(Gap { from, to }),
        }
    }
    page
}
