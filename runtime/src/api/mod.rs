//! HTTP and WebSocket for clients on this machine.
//!
//! In: requests, read as hostile: every body has a limit, every wait an end, and both the
//! `Host` and the `Origin` must be this machine's (`guard`). Out: JSON (`wire`), errors of
//! one shape (`error`), and streams that never let a slow client slow anybody else (`ws`).
//! One endpoint, one file:
//!
//! | request | file |
//! |---|---|
//! | `GET /api/apps` | `apps/list` |
//! | `POST /api/apps`, `POST /api/apps/{id}/install`, with the app as gzip tar | `apps/install` |
//! | `GET /api/apps/{id}` | `apps/show` |
//! | `POST /api/apps/{id}/{start,stop,pause,resume,restart,uninstall}` | `apps/operate` |
//! | `GET /api/apps/{id}/logs` | `apps/logs` |
//! | `POST /api/apps/{id}/stdin` | `apps/stdin` |
//! | `GET /api/apps/{id}/conflicts`, `POST /api/conflicts` | `apps/conflicts` |
//! | `GET /api/signals`, `PUT /api/signals` | `signals/list`, `signals/set` |
//! | `GET /api/signals/history` | `signals/history` |
//! | `GET /api/access`, `POST /api/access` | `access/grants` |
//! | `GET /api/access/audit` | `access/audit` |
//! | `GET /api/signals/mock`, `PUT`, `DELETE`, `PUT /api/signals/mock/script` | `signals/mock` |
//! | `GET /api/info` | `info` |
//! | `GET /api/ws` | `ws` |
//! | `GET /health`, `GET /ready`, on their own port | `health` |
//!
//! A state is changed only through the supervisor; signals are read
//! and set as [`Client::outside`](crate::signals::Client::outside).
//! Must not know: how apps are run, stored or isolated.

mod access;
mod apps;
mod error;
mod extract;
mod guard;
mod health;
mod info;
mod model;
mod server;
mod signals;
mod unpack;
mod upload;
pub(crate) mod wire;
mod ws;

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::Method,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub(crate) use health::{Health, router as health_router};
pub(crate) use server::serve;

use self::error::ApiError;
use crate::{
    signals::{Broker, Sources, history::History, mock::MockHandle},
    supervisor::Supervisor,
};

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct Api(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) supervisor: Supervisor,
    pub(crate) broker: Broker,
    pub(crate) sources: Sources,
    /// Those of the sources that are mocks.
    pub(crate) mocks: Vec<MockHandle>,
    pub(crate) history: History,
    /// Everything of `GET /api/info` that does not change while the daemon runs.
    pub(crate) info: wire::Info,
    /// Where uploads are unpacked; on the same file system as the apps.
    pub(crate) staging: PathBuf,
    /// WebSocket sessions and long waits end with it.
    pub(crate) shutdown: CancellationToken,
    /// Places for WebSocket clients.
    pub(crate) sessions: Arc<Semaphore>,
}

/// Each WebSocket client holds some memory for as long as it likes.
pub(crate) const MAX_SESSIONS: usize = 256;

impl Api {
    pub(crate) fn new(shared: Shared) -> Api {
        Api(Arc::new(shared))
    }
}

impl std::ops::Deref for Api {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// No body but an app's archive is larger.
const BODY_LIMIT: usize = 1 << 20;
/// A hundred times the public catalogue.
const MODEL_LIMIT: usize = 64 << 20;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// For operations, which may wait `wait::MAX` and take an upload before that.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// All of the API.
pub(crate) fn router(api: Api) -> Router {
    let quick = Router::new()
        .route("/api/apps", get(apps::list::handle))
        .route("/api/apps/{id}", get(apps::show::handle))
        .route("/api/apps/{id}/conflicts", get(apps::conflicts::of_installed))
        .route("/api/conflicts", post(apps::conflicts::of_manifest))
        .route("/api/apps/{id}/logs", get(apps::logs::handle))
        .route("/api/apps/{id}/stdin", post(apps::stdin::handle))
        .route("/api/signals", get(signals::list::handle).put(signals::set::handle))
        .route("/api/signals/history", get(signals::history::handle))
        .route("/api/access", get(access::grants::show).post(access::grants::decide))
        .route("/api/access/audit", get(access::audit::handle))
        .route(
            "/api/signals/mock",
            get(signals::mock::list).put(signals::mock::set).delete(signals::mock::reset),
        )
        .route("/api/info", get(info::handle))
        .route("/api/model", get(model::show))
        .route("/api/model/revert", post(model::revert))
        .route("/api/ws", get(ws::handle))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(|request: Request, next: Next| {
            within(REQUEST_TIMEOUT, request, next)
        }));
    let models = Router::new()
        .route("/api/model", put(model::set))
        .route("/api/signals/mock/script", put(signals::mock::load))
        .layer(DefaultBodyLimit::max(MODEL_LIMIT))
        .layer(middleware::from_fn(|request: Request, next: Next| {
            within(REQUEST_TIMEOUT, request, next)
        }));
    let operations = Router::new()
        .route("/api/apps", post(apps::install::handle))
        .route("/api/apps/{id}/install", post(apps::install::handle_known))
        .route("/api/apps/{id}/{operation}", post(apps::operate::handle))
        // The upload counts and bounds its body itself.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(|request: Request, next: Next| {
            within(OPERATION_TIMEOUT, request, next)
        }));
    guarded(quick.merge(models).merge(operations).with_state(api))
}

/// Adds what every router of ours has: the guard, and errors in our own shape.
fn guarded(router: Router) -> Router {
    router
        .fallback(async |request: Request| ApiError::no_such_address(request.uri().path()))
        .method_not_allowed_fallback(async |method: Method, request: Request| {
            ApiError::wrong_method(method, request.uri().path())
        })
        .layer(middleware::from_fn(guard::only_this_machine))
}

async fn within(limit: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::timeout().into_response(),
    }
}
