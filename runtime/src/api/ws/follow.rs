//! A subscription to one app or to all: states, progress and consoles.

use std::collections::HashMap;

use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::task::AbortOnDropHandle;

use super::{
    message::{self, Subscribe},
    outbox::{Gone, Outbox},
};
use crate::{
    api::{Api, error::ApiError},
    app::{AppId, AppStatus},
    console::ConsoleReader,
    supervisor::{Event, EventBody, Supervisor},
};

/// A subscription that was found good and waits to run.
pub(super) struct Follow {
    supervisor: Supervisor,
    /// `None`: all apps.
    app: Option<AppId>,
    console: Option<Start>,
    snapshot: Vec<AppStatus>,
    events: Receiver<Event>,
    /// Of the one app, opened early so that an unknown app is an error at once.
    reader: Option<ConsoleReader>,
}

/// Where in a console to begin.
#[derive(Clone, Copy, Debug)]
struct Start {
    after: Option<u64>,
    tail: Option<usize>,
}

pub(super) fn prepare(api: &Api, wanted: Subscribe) -> Result<Follow, ApiError> {
    let start = Start { after: wanted.after, tail: wanted.tail };
    if wanted.app_id.is_none() && start.after.is_some() {
        return Err(ApiError::bad_request(
            "'after' needs an 'app_id': each app has its own numbers",
        ));
    }
    let supervisor = api.supervisor.clone();
    let (snapshot, events) = supervisor.events();
    let reader = match &wanted.app_id {
        // Opened even when no console is wanted: it tells whether the app is known.
        Some(app) => Some(supervisor.console(app, start.after, start.tail)?),
        None => None,
    };
    Ok(Follow {
        supervisor,
        reader: reader.filter(|_| wanted.console),
        console: wanted.console.then_some(start),
        app: wanted.app_id,
        snapshot,
        events,
    })
}

impl Follow {
    pub(super) async fn run(mut self, outbox: Outbox) {
        let mut consoles = Consoles { outbox: outbox.clone(), running: HashMap::new() };
        if let (Some(app), Some(reader)) = (self.app.clone(), self.reader.take()) {
            consoles.add(app, reader);
        }
        let snapshot = std::mem::take(&mut self.snapshot);
        let mut known = HashMap::new();
        let told = self.tell_all(snapshot, &mut known, &mut consoles, &outbox).await;
        if told.is_ok() {
            let _ = self.changes(&mut known, &mut consoles, &outbox).await;
        }
    }

    async fn changes(
        &mut self,
        known: &mut HashMap<AppId, AppStatus>,
        consoles: &mut Consoles,
        outbox: &Outbox,
    ) -> Result<(), Gone> {
        loop {
            match self.events.recv().await {
                Ok(event) if self.concerns(&event.app) => {
                    match &event.body {
                        EventBody::Status(status) => {
                            known.insert(event.app.clone(), status.clone());
                            self.read_console(&event.app, consoles);
                        }
                        // Its console ends by itself, after its last line.
                        EventBody::Removed { .. } => drop(known.remove(&event.app)),
                        EventBody::Progress { .. } => {}
                    }
                    outbox.send(message::event(&event)).await?;
                }
                Ok(_) => {}
                // This client was slow. What is now is all it needs to know of states.
                Err(RecvError::Lagged(_)) => {
                    let (snapshot, events) = self.supervisor.events();
                    self.events = events;
                    self.tell_all(snapshot, known, consoles, outbox).await?;
                }
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }

    /// Tells what is not known yet, and of apps that are gone.
    async fn tell_all(
        &self,
        snapshot: Vec<AppStatus>,
        known: &mut HashMap<AppId, AppStatus>,
        consoles: &mut Consoles,
        outbox: &Outbox,
    ) -> Result<(), Gone> {
        let mut before = std::mem::take(known);
        for status in snapshot {
            if !self.concerns(&status.id) {
                continue;
            }
            self.read_console(&status.id, consoles);
            if before.remove(&status.id).as_ref() != Some(&status) {
                outbox.send(message::app_status(&status)).await?;
            }
            known.insert(status.id.clone(), status);
        }
        for app in before.keys() {
            outbox.send(message::app_removed(app, None)).await?;
        }
        Ok(())
    }

    fn concerns(&self, app: &AppId) -> bool {
        self.app.as_ref().is_none_or(|wanted| wanted == app)
    }

    /// Begins to read an app's console, unless it is being read.
    fn read_console(&self, app: &AppId, consoles: &mut Consoles) {
        let Some(start) = self.console else { return };
        if consoles.reads(app) {
            return;
        }
        if let Ok(reader) = self.supervisor.console(app, start.after, start.tail) {
            consoles.add(app.clone(), reader);
        }
    }
}

/// One task per console, so that a chatty app does not hold up the news of another.
struct Consoles {
    outbox: Outbox,
    running: HashMap<AppId, AbortOnDropHandle<()>>,
}

impl Consoles {
    fn reads(&self, app: &AppId) -> bool {
        self.running.get(app).is_some_and(|task| !task.is_finished())
    }

    fn add(&mut self, app: AppId, mut reader: ConsoleReader) {
        let (outbox, id) = (self.outbox.clone(), app.clone());
        let task = tokio::spawn(async move {
            while let Some(item) = reader.next().await {
                if outbox.send(message::console(&id, &item)).await.is_err() {
                    return;
                }
            }
        });
        self.running.insert(app, AbortOnDropHandle::new(task));
    }
}
