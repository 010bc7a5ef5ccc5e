//! The vehicle behind a mock broker: remembers what it is asked for, and does it at once.
//!
//! One task does both, and answers who waits for it only when nothing else is left to do:
//! so what a test reads is never behind what an app was told.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use pyo3::PyResult;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::AbortHandle,
};
use vehicle_edge_runtime::signals::{
    Actuation, ActuationStream, Broker, Client, Provider, SignalRef, Subscription,
};
use vss_codegen::model::SignalKind;

use super::refused;
use crate::worker;

/// Actuations of one actuator that may wait for this task, which is never busy for long.
const WAITING: usize = 1000;

#[derive(Debug)]
pub(super) struct Vehicle {
    history: Arc<History>,
    questions: mpsc::UnboundedSender<oneshot::Sender<()>>,
    task: AbortHandle,
}

/// What was asked for, in order.
#[derive(Debug)]
struct History {
    asked: Mutex<Vec<Actuation>>,
    length: watch::Sender<usize>,
}

impl Vehicle {
    /// With `echo`, what an actuator is asked for becomes its value, unless somebody else
    /// has claimed it.
    pub(super) fn start(broker: &Broker, echo: bool) -> PyResult<Vehicle> {
        let registry = broker.registry();
        let actuators: Vec<&str> = registry
            .entries()
            .iter()
            .filter(|entry| entry.signal().kind == SignalKind::Actuator)
            .map(|entry| entry.path())
            .collect();
        let client = Client::runtime();
        let (provider, actuations) = broker.fallback_provider(&client);
        if echo {
            let all: Vec<_> = actuators.iter().map(|path| SignalRef::Path(path)).collect();
            provider.claim_actuations(&all).map_err(refused)?;
        }
        let targets = broker.subscribe_targets(&client, &actuators, WAITING).map_err(refused)?;
        let history = Arc::new(History { asked: Mutex::default(), length: watch::Sender::new(0) });
        let (questions, waiting) = mpsc::unbounded_channel();
        let claims = Claims { broker: broker.clone(), client, _provider: provider, actuations };
        let task = worker::spawn(drive(claims, targets, history.clone(), waiting))?;
        Ok(Vehicle { history, questions, task })
    }

    /// What was asked for, from number `first` on.
    pub(super) fn asked(&self, first: usize) -> Vec<Actuation> {
        self.history.lock().get(first..).map(<[_]>::to_vec).unwrap_or_default()
    }

    /// Resolves when everything is done that was asked for until now.
    pub(super) fn settled(&self) -> impl Future<Output = ()> + use<> {
        let (answer, answered) = oneshot::channel();
        let _ = self.questions.send(answer);
        // Without an answer there is no vehicle any more, and nothing to wait for.
        async { answered.await.unwrap_or_default() }
    }

    /// Resolves when more than `known` actuations were asked for.
    pub(super) fn more_than(&self, known: usize) -> impl Future<Output = ()> + use<> {
        let mut length = self.history.length.subscribe();
        async move {
            // The sender is gone only with the broker that is asked here.
            let _ = length.wait_for(|length| *length > known).await;
        }
    }
}

impl Drop for Vehicle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What carries out actuations.
struct Claims {
    broker: Broker,
    client: Client,
    /// Claims end with their provider.
    _provider: Provider,
    actuations: ActuationStream,
}

async fn drive(
    mut claims: Claims,
    mut targets: Subscription,
    history: Arc<History>,
    mut waiting: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
) {
    loop {
        // In this order: an actuation is remembered before it is seen to be carried out,
        // and both have happened before anyone is told so.
        tokio::select! {
            biased;
            // Nobody exchanges the model of this broker, so it never ends by itself.
            Ok(batch) = targets.next() => history.add(batch),
            Some(batch) = claims.actuations.recv() => claims.carry_out(&batch),
            Some(answer) = waiting.recv() => {
                let _ = answer.send(());
            }
        }
    }
}

impl Claims {
    fn carry_out(&self, batch: &[Actuation]) {
        for actuation in batch {
            if let Some(value) = actuation.datapoint().value.clone() {
                // The broker has checked the value when it was asked for.
                let _ = self.broker.publish(&self.client, actuation.path(), value);
            }
        }
    }
}

impl History {
    fn lock(&self) -> MutexGuard<'_, Vec<Actuation>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A subscription begins with what holds already, here with targets that are not set.
    fn add(&self, batch: Vec<Actuation>) {
        let mut asked = self.lock();
        asked.extend(batch.into_iter().filter(|update| update.datapoint().value.is_some()));
        let length = asked.len();
        drop(asked);
        self.length.send_replace(length);
    }
}
