//! `/api/signals/mock`: what the mock plays, and what it is to play from now on.
//!
//! | request | does |
//! |---|---|
//! | `GET ?path=PATTERN[,PATTERN…]` | lists what is played |
//! | `PUT` | changes what some signals do |
//! | `DELETE ?path=PATTERN` | undoes such changes, all without `path` |
//! | `PUT …/script` | plays another mock file, and nothing that was said before |
//!
//! A change is checked as a whole before anything of it counts.

use std::collections::HashSet;

use axum::{Json, extract::State};
use serde::Deserialize;

use super::select;
use crate::{
    api::{
        Api,
        error::ApiError,
        extract::{Body, Query},
        wire::{MockChanged, MockList, MockScript, MockSet},
    },
    signals::mock::{Behaviour, MockHandle, Origin, Played, Script},
};

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    path: Option<String>,
}

pub(crate) async fn list(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<MockList>, ApiError> {
    let mocks = running(&api)?;
    let wanted = parameters.path.as_deref().map(|patterns| chosen(&api, patterns)).transpose()?;
    let is_wanted =
        |played: &Played| wanted.as_ref().is_none_or(|wanted| wanted.contains(&played.signal));
    let signals = mocks.iter().flat_map(MockHandle::list).filter(is_wanted).collect();
    Ok(Json(MockList { mocks: mocks.iter().map(MockHandle::status).collect(), signals }))
}

pub(crate) async fn set(
    State(api): State<Api>,
    Body(wanted): Body<MockSet>,
) -> Result<Json<MockChanged>, ApiError> {
    let mocks = running(&api)?;
    let text = match wanted.behaviour.as_str() {
        Some(text) => text.to_owned(),
        None => wanted.behaviour.to_string(),
    };
    let behaviour = Behaviour::parse(&text)?;
    let paths = chosen(&api, &wanted.signals)?;
    let mut signals = 0;
    for mock in mocks {
        let own = paths.iter().filter(|path| mock.owns(path)).count();
        if own > 0 {
            mock.set(&wanted.signals, behaviour.clone())?;
            signals += own;
        }
    }
    match signals {
        0 => Err(ApiError::not_mocked(&wanted.signals)),
        signals => Ok(Json(MockChanged { signals })),
    }
}

pub(crate) async fn reset(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<MockChanged>, ApiError> {
    let mocks = running(&api)?;
    // The empty pattern is every signal.
    let pattern = parameters.path.unwrap_or_default();
    let paths = chosen(&api, &pattern)?;
    let mut signals = 0;
    for mock in mocks {
        let changed = |played: &Played| {
            matches!(played.from, Origin::Live(_)) && paths.contains(&played.signal)
        };
        signals += mock.list().iter().filter(|played| changed(played)).count();
        mock.reset(&pattern)?;
    }
    Ok(Json(MockChanged { signals }))
}

pub(crate) async fn load(
    State(api): State<Api>,
    Body(sent): Body<MockScript>,
) -> Result<Json<MockChanged>, ApiError> {
    let mocks = running(&api)?;
    let script = Script::parse_sent(&sent.name, &sent.text, &sent.files)?;
    for mock in mocks {
        mock.play(script.clone())?;
    }
    Ok(Json(MockChanged { signals: mocks.iter().map(|mock| mock.status().signals).sum() }))
}

fn running(api: &Api) -> Result<&[MockHandle], ApiError> {
    match api.mocks.as_slice() {
        [] => Err(ApiError::no_mock()),
        mocks => Ok(mocks),
    }
}

/// The paths that these patterns name.
fn chosen(api: &Api, patterns: &str) -> Result<HashSet<String>, ApiError> {
    let registry = api.broker.registry();
    let entries = select(&registry, patterns.split(',').map(str::trim))?;
    Ok(entries.into_iter().map(|entry| entry.path().to_owned()).collect())
}
