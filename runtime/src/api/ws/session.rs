//! One client: reads its requests in order and keeps its subscriptions.

use std::collections::HashMap;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use serde_json::{Value as Json, json};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    follow,
    message::{self, Request, Subscribe},
    outbox::{self, Gone, Outbox},
    signals,
};
use crate::{
    api::{Api, apps::stdin::PATIENCE, error::ApiError},
    app::AppId,
};

struct Session {
    api: Api,
    outbox: Outbox,
    /// By app; `None` is the subscription to all. Dropping a handle ends its task.
    followed: HashMap<Option<AppId>, AbortOnDropHandle<()>>,
    signals: Option<AbortOnDropHandle<()>>,
}

/// A client cannot have more subscriptions than a vehicle has apps.
const MAX_FOLLOWED: usize = 256;

pub(super) async fn run(api: Api, socket: WebSocket) {
    let (sink, mut requests) = socket.split();
    let closed: CancellationToken = api.shutdown.child_token();
    let _closes_with_us = closed.clone().drop_guard();
    let outbox = outbox::open(sink, closed.clone());
    let mut session = Session { api, outbox, followed: HashMap::new(), signals: None };
    if session.hello().await.is_err() {
        return;
    }
    loop {
        let received = tokio::select! {
            () = closed.cancelled() => return,
            received = requests.next() => received,
        };
        let outcome = match received {
            Some(Ok(Message::Text(text))) => session.request(&text).await,
            Some(Ok(Message::Binary(_))) => session.refuse_binary().await,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
        };
        if outcome.is_err() {
            return;
        }
    }
}

impl Session {
    async fn hello(&self) -> Result<(), Gone> {
        let info = &self.api.info;
        let data = json!({ "version": info.version, "runtime_id": info.runtime_id });
        self.outbox.send(message::write("hello", &Json::Null, data)).await
    }

    async fn refuse_binary(&self) -> Result<(), Gone> {
        let error = ApiError::bad_request("messages are JSON text, not binary");
        self.outbox.send(message::error(&Json::Null, error)).await
    }

    async fn request(&mut self, text: &str) -> Result<(), Gone> {
        let (id, request) = match message::parse(text) {
            Ok(parsed) => parsed,
            Err(bad) => return self.outbox.send(message::error(&bad.id, bad.error)).await,
        };
        match self.act(&id, request).await {
            Ok(()) => Ok(()),
            Err(Failure::Gone) => Err(Gone),
            Err(Failure::Refused(error)) => self.outbox.send(message::error(&id, error)).await,
        }
    }

    async fn act(&mut self, id: &Json, request: Request) -> Result<(), Failure> {
        match request {
            Request::Subscribe(wanted) => self.subscribe(id, wanted).await,
            Request::Unsubscribe(wanted) => {
                let app_id = wanted.app_id;
                self.followed.remove(&app_id);
                self.answer("unsubscribed", id, json!({ "app_id": app_id })).await
            }
            Request::Stdin(wanted) => {
                let written = self.api.supervisor.stdin(&wanted.app_id, wanted.input.as_bytes());
                match tokio::time::timeout(PATIENCE, written).await {
                    Ok(written) => written.map_err(ApiError::from)?,
                    Err(_) => return Err(ApiError::not_reading(&wanted.app_id).into()),
                }
                self.answer("app:stdin", id, json!({ "app_id": wanted.app_id })).await
            }
            Request::SubscribeSignals(wanted) => {
                let (paths, task) = signals::subscribe(&self.api, &wanted)?;
                self.signals = None;
                self.answer("signal:subscribed", id, json!({ "paths": paths })).await?;
                let outbox = self.outbox.clone();
                self.signals = Some(AbortOnDropHandle::new(tokio::spawn(task.run(outbox))));
                Ok(())
            }
            Request::UnsubscribeSignals => {
                self.signals = None;
                self.answer("signal:unsubscribed", id, json!({})).await
            }
            Request::Ping => self.answer("pong", id, json!({})).await,
        }
    }

    /// Answers first, so that a client sees `subscribed` before what it subscribed to.
    async fn subscribe(&mut self, id: &Json, wanted: Subscribe) -> Result<(), Failure> {
        let app_id = wanted.app_id.clone();
        if self.followed.len() >= MAX_FOLLOWED && !self.followed.contains_key(&app_id) {
            return Err(ApiError::bad_request("too many subscriptions on one connection").into());
        }
        // The earlier one of the same app ends before the new one begins.
        self.followed.remove(&app_id);
        let follow = follow::prepare(&self.api, wanted)?;
        self.answer("subscribed", id, json!({ "app_id": app_id })).await?;
        let task = tokio::spawn(follow.run(self.outbox.clone()));
        self.followed.insert(app_id, AbortOnDropHandle::new(task));
        Ok(())
    }

    async fn answer(&self, event: &str, id: &Json, data: Json) -> Result<(), Failure> {
        self.outbox.send(message::write(event, id, data)).await.map_err(|Gone| Failure::Gone)
    }
}

enum Failure {
    Gone,
    Refused(ApiError),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Failure {
        Failure::Refused(error)
    }
}
