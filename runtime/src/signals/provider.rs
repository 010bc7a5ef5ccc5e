//! Providers: who publishes signals continuously and carries out actuations.
//!
//! A claim belongs to its [`Provider`] and ends when that is dropped, so it never outlives
//! the stream or the task behind it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vss_codegen::model::{Access, SignalKind, Value};

use super::{
    Broker, Client, Entry, SignalError, SignalRef, Update, lock,
    queue::Pressure,
    rules::Party,
    slot::{Aspect, Claim, Kept, Slot},
};

/// How many batches of actuations may wait for a provider.
const WAITING: usize = 64;

/// A value that an actuator is asked for.
pub type Actuation = Arc<Update>;

/// Batches in the order they were asked for; ends when the provider is dropped.
pub type ActuationStream = mpsc::Receiver<Vec<Actuation>>;

#[derive(Debug)]
pub struct Provider {
    broker: Broker,
    client: Client,
    port: Arc<Port>,
    /// By the signals' ids.
    claims: Mutex<BTreeMap<(Claim, i32), Arc<Slot>>>,
}

/// What slots know of a provider.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) party: Party,
    pub(super) is_fallback: bool,
    pub(super) actuations: mpsc::Sender<Vec<Actuation>>,
    /// Why a claim was lost to another provider, which ends this one.
    lost: OnceLock<SignalError>,
    /// Wakes the provider's stream when that happens.
    is_lost: CancellationToken,
}

impl Port {
    fn lose(&self, error: SignalError) {
        let _ = self.lost.set(error);
        self.is_lost.cancel();
    }
}

impl Provider {
    pub(super) fn open(
        broker: Broker,
        client: Client,
        number: u64,
        is_fallback: bool,
    ) -> (Provider, ActuationStream) {
        let (actuations, stream) = mpsc::channel(WAITING);
        let party = Party { number, ..client.party() };
        let (lost, is_lost) = (OnceLock::new(), CancellationToken::new());
        let port = Arc::new(Port { party, is_fallback, actuations, lost, is_lost });
        (Provider { broker, client, port, claims: Mutex::default() }, stream)
    }

    /// Claims to carry out the actuations of all these actuators, or of none.
    pub fn claim_actuations(&self, signals: &[SignalRef<'_>]) -> Result<(), SignalError> {
        self.claim(Claim::Actuation, signals)
    }

    /// Claims to be the only one who publishes these signals on a stream, all or none.
    pub fn claim_signals(&self, signals: &[SignalRef<'_>]) -> Result<(), SignalError> {
        self.claim(Claim::Publishing, signals)
    }

    /// Publishes a claimed signal's value; `None` says that it has none now.
    pub fn publish(&self, signal: SignalRef<'_>, value: Option<Value>) -> Result<(), SignalError> {
        self.publish_under(signal, value)?;
        Ok(())
    }

    /// The same, and whether there are readers for whom to wait before the next value.
    pub(super) fn publish_under(
        &self,
        signal: SignalRef<'_>,
        value: Option<Value>,
    ) -> Result<Option<Pressure>, SignalError> {
        let entry = self.broker.allowed(&self.client, signal, Access::Provide)?;
        match entry.slot().publisher() {
            Some(number) if number == self.port.party.number => {}
            Some(_) => {
                let claimed = || SignalError::AlreadyClaimed { path: entry.shared_path() };
                return Err(self.port.lost.get().cloned().unwrap_or_else(claimed));
            }
            None => return Err(SignalError::NotClaimed { path: entry.shared_path() }),
        }
        let (_, pressure) = self.broker.store_under(&entry, Aspect::Current, value)?;
        Ok(pressure)
    }

    /// Whether any actuator is claimed.
    pub(super) fn carries_out(&self) -> bool {
        lock(&self.claims).keys().any(|(claim, _)| *claim == Claim::Actuation)
    }

    /// An actuation is not carried out. Who asked for it has long had an answer, so this is
    /// only logged and counted.
    pub(super) fn refuse(&self, signal: SignalRef<'_>, why: &str) {
        match self.broker.allowed(&self.client, signal, Access::Provide) {
            Ok(entry) => {
                tracing::warn!(path = %entry.path(), why, "a provider refused an actuation");
                self.broker.count_refused();
            }
            Err(error) => tracing::debug!(%error, "a provider answered for a strange signal"),
        }
    }

    /// Ends all claims.
    pub(super) fn release(&self) {
        for ((claim, _), slot) in std::mem::take(&mut *lock(&self.claims)) {
            slot.release(claim, &self.port);
        }
    }

    /// Waits until the client may not provide all that is claimed any more, or another
    /// provider has taken over, and says why. The claims end with it.
    pub(super) async fn revoked(&self) -> SignalError {
        loop {
            // Taken before the look, so that no change falls between.
            let standing = self.client.standing();
            if let Err(error) = self.check() {
                self.release();
                return error;
            }
            tokio::select! {
                () = self.client.changed(standing) => {}
                () = self.port.is_lost.cancelled() => {}
            }
        }
    }

    fn check(&self) -> Result<(), SignalError> {
        if let Some(lost) = self.port.lost.get() {
            return Err(lost.clone());
        }
        self.client.check_open()?;
        let ids: Vec<i32> = lock(&self.claims).keys().map(|(_, id)| *id).collect();
        for id in ids {
            match self.broker.allowed(&self.client, SignalRef::Id(id), Access::Provide) {
                // The model was exchanged: that claim has ended by itself.
                Ok(_) | Err(SignalError::UnknownId(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn claim(&self, claim: Claim, signals: &[SignalRef<'_>]) -> Result<(), SignalError> {
        let mut entries = Vec::with_capacity(signals.len());
        for signal in signals {
            let entry = self.broker.allowed(&self.client, *signal, Access::Provide)?;
            if claim == Claim::Actuation && entry.signal().kind != SignalKind::Actuator {
                return Err(SignalError::NoActuator { path: entry.shared_path() });
            }
            entries.push(entry);
        }
        let rules = self.broker.rules();
        let rules = rules.as_deref().filter(|_| !self.port.is_fallback);
        let ask = |entry: &Entry, only_ask: bool| {
            let rule = rules.and_then(|rules| rules.of(entry.path()));
            let kept = |Kept| SignalError::AlreadyClaimed { path: entry.shared_path() };
            entry.slot().claim(claim, &self.port, rule, only_ask).map_err(kept)
        };
        // Nobody is to lose a claim for one that is refused.
        for entry in &entries {
            ask(entry, true)?;
        }
        let mut claims = lock(&self.claims);
        let mut new: BTreeMap<(Claim, i32), Arc<Slot>> = BTreeMap::new();
        for entry in entries {
            match ask(&entry, false) {
                Ok(None) => {}
                Ok(Some(loser)) => {
                    let by = self.port.party.name.to_string();
                    loser.lose(SignalError::TakenOver { path: entry.shared_path(), by });
                }
                Err(error) => {
                    for slot in new.into_values() {
                        slot.release(claim, &self.port);
                    }
                    return Err(error);
                }
            }
            if !claims.contains_key(&(claim, entry.id())) {
                new.insert((claim, entry.id()), entry.slot().clone());
            }
        }
        claims.append(&mut new);
        Ok(())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.release();
    }
}
