//! Actuations: from our broker to the upstream, each at most once.
//!
//! Batches go one after another, in the order in which they were asked for. What the
//! upstream refuses, and what is lost with the connection, is reported as refused by its
//! provider, with the reason. It is never sent again: a door must not open because a
//! connection came back.

use std::{collections::HashMap, time::Duration};

use tokio::time::timeout;

use super::{is_lost, upstream::Val, why};
use crate::signals::{
    Actuation, ActuationStream, Broker, Client, Provider, SignalError, SignalRef,
    proto::v2 as proto, v2::convert,
};

/// What the upstream may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Claims the upstream's actuators, as long as nobody here claims them. Must be ended.
#[derive(Debug)]
pub(super) struct Forward {
    provider: Provider,
    waiting: ActuationStream,
    /// What was sent and not answered yet.
    sent: Vec<Actuation>,
    /// The upstream's ids by ours.
    ids: HashMap<i32, i32>,
}

impl Forward {
    pub(super) fn new(broker: &Broker, ids: HashMap<i32, i32>) -> Result<Forward, SignalError> {
        let (provider, waiting) = broker.fallback_provider(&Client::runtime());
        let signals: Vec<_> = ids.keys().map(|id| SignalRef::Id(*id)).collect();
        provider.claim_actuations(&signals)?;
        Ok(Forward { provider, waiting, sent: Vec::new(), ids })
    }

    /// Forwards until the connection is lost, and says how it was. May be dropped in the
    /// middle of a call.
    pub(super) async fn run(&mut self, val: &mut Val) -> String {
        while let Some(batch) = self.waiting.recv().await {
            let requests = batch.iter().filter_map(|actuation| self.request(actuation));
            let request = proto::BatchActuateRequest { actuate_requests: requests.collect() };
            self.sent = batch;
            let refusal = match timeout(PATIENCE, val.batch_actuate(request)).await {
                Ok(Ok(_)) => None,
                Ok(Err(status)) if is_lost(&status) => return why(&status),
                Ok(Err(status)) => Some(format!("the upstream says: {}", status.message())),
                Err(_) => Some("the upstream did not say whether it did so".to_owned()),
            };
            let batch = std::mem::take(&mut self.sent);
            if let Some(why) = refusal {
                refuse(&self.provider, &batch, &why);
            }
        }
        "its actuators were taken away".to_owned()
    }

    fn request(&self, actuation: &Actuation) -> Option<proto::ActuateRequest> {
        // Nothing is asked for that was not claimed.
        let id = self.ids.get(&actuation.id())?;
        let value = actuation.datapoint().value.as_ref().map(convert::value);
        Some(proto::ActuateRequest { signal_id: Some(convert::id(*id)), value })
    }

    /// Gives the claims up, and reports what is not known to be carried out.
    pub(super) fn end(mut self) {
        self.provider.release();
        refuse(
            &self.provider,
            &self.sent,
            "the connection ended: whether the upstream did so is unknown",
        );
        self.waiting.close();
        // Whoever has found the claim before its release may still be sending.
        tokio::spawn(async move {
            while let Some(batch) = self.waiting.recv().await {
                refuse(&self.provider, &batch, "the connection ended: the upstream was not asked");
            }
        });
    }
}

fn refuse(provider: &Provider, batch: &[Actuation], why: &str) {
    for actuation in batch {
        provider.refuse(SignalRef::Id(actuation.id()), why);
    }
}
