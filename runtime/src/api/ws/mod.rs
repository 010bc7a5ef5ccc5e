//! `GET /api/ws`: consoles, states, input and signals over one WebSocket.
//!
//! Every message is `{"event": …, "data": {…}}`, with `id` where an answer belongs to a
//! request that had one (`message` lists them all).
//!
//! ```text
//!                    ┌─ follow (one task per subscription) ─ consoles, states ─┐
//! client ─▶ session ─┤                                                         ├▶ outbox ─▶ writer ─▶ client
//!                    └─ signals (one task) ─ newest value of each, at a rate ──┘  bounded
//! ```
//!
//! Nothing here ever waits on behalf of somebody else. A slow client fills its own outbox;
//! then its own subscriptions wait, and what they read from is lossy by itself and tells of
//! it: a console's ring by `app:gap`, a state by a fresh snapshot, a signal by its newest
//! value. A client that takes nothing for long is disconnected.

mod follow;
pub(crate) mod message;
mod outbox;
mod session;
mod signals;

use std::sync::Arc;

use axum::{
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    response::Response,
};

use super::{Api, MAX_SESSIONS, error::ApiError};

/// Standard input comes in such messages; larger input comes in several.
const MAX_MESSAGE: usize = 1 << 20;

pub(crate) async fn handle(
    State(api): State<Api>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|error| ApiError::bad_request(error.body_text()))?;
    let upgrade = upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE);
    let place = Arc::clone(&api.sessions).try_acquire_owned();
    let place = place.map_err(|_| ApiError::too_many_clients(MAX_SESSIONS))?;
    Ok(upgrade.on_upgrade(|socket| async {
        session::run(api, socket).await;
        drop(place);
    }))
}
