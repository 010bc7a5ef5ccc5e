//! The one way to signals, for every protocol and for the runtime itself: each call
//! resolves the signal, checks the client's access, then the value, then does the deed.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::mpsc, time::timeout};
use vss_codegen::model::{Access, Manifest, SignalKind, Value};

use super::{
    ActuationStream, Client, Datapoint, Entry, Provider, Registry, RegistryError, SignalError,
    Subscription, Update,
    provider::Port,
    queue::Queue,
    slot::{Aspect, Claim, Reader, Slot},
};

/// The most values that may wait for one subscriber, whatever it asks for.
const LARGEST_BUFFER: usize = 1000;

/// How long an actuation waits for room at its provider.
const PATIENCE: Duration = Duration::from_secs(1);

/// A cheap handle; all clones are the same broker.
#[derive(Clone)]
pub struct Broker {
    shared: Arc<Shared>,
}

struct Shared {
    registry: Arc<Registry>,
    /// In the order of the registry's entries.
    slots: Vec<Slot>,
    providers: AtomicU64,
    dropped: AtomicU64,
    refused: AtomicU64,
}

/// How a client names a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalRef<'a> {
    Path(&'a str),
    Id(i32),
}

/// Whether an actuation without a provider is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Required,
    /// Only remembered as the target then, as `kuksa.val.v1` has it.
    Optional,
}

impl Broker {
    pub fn new(manifest: &Manifest) -> Result<Broker, RegistryError> {
        let registry = Arc::new(Registry::new(manifest)?);
        let slots = registry.entries().iter().map(|_| Slot::default()).collect();
        let providers = AtomicU64::new(1);
        let (dropped, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Broker { shared: Arc::new(Shared { registry, slots, providers, dropped, refused }) })
    }

    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    /// The current value.
    pub fn get(&self, client: &Client, path: &str) -> Result<Datapoint, SignalError> {
        let entry = self.allowed(client, SignalRef::Path(path), Access::Read)?;
        Ok(self.current(entry))
    }

    /// The value that an actuator was last asked for.
    pub fn target(&self, client: &Client, path: &str) -> Result<Datapoint, SignalError> {
        let entry = self.allowed(client, SignalRef::Path(path), Access::Read)?;
        Ok(self.last(entry, Aspect::Target))
    }

    /// Sets the current value.
    pub fn publish(&self, client: &Client, path: &str, value: Value) -> Result<(), SignalError> {
        self.publish_to(client, SignalRef::Path(path), Some(value))
    }

    /// Says that the signal has no value now.
    pub fn clear(&self, client: &Client, path: &str) -> Result<(), SignalError> {
        self.publish_to(client, SignalRef::Path(path), None)
    }

    /// Asks the provider of an actuator for a value. Does not wait until it is carried out.
    pub async fn actuate(
        &self,
        client: &Client,
        path: &str,
        value: Value,
    ) -> Result<(), SignalError> {
        self.actuate_all(client, [(SignalRef::Path(path), value)], Delivery::Required).await
    }

    /// Follows the current values of these signals (exact paths; one named twice counts
    /// once). `buffer` values and one more may wait for a slow reader, at most 1000; with 0,
    /// only the newest of each signal does.
    pub fn subscribe(
        &self,
        client: &Client,
        paths: &[impl AsRef<str>],
        buffer: usize,
    ) -> Result<Subscription, SignalError> {
        let signals = paths.iter().map(|path| SignalRef::Path(path.as_ref()));
        self.subscribe_to(client, Aspect::Current, signals, buffer)
    }

    /// Follows what these actuators are asked for, as `subscribe` does their values.
    pub fn subscribe_targets(
        &self,
        client: &Client,
        paths: &[impl AsRef<str>],
        buffer: usize,
    ) -> Result<Subscription, SignalError> {
        let signals = paths.iter().map(|path| SignalRef::Path(path.as_ref()));
        self.subscribe_to(client, Aspect::Target, signals, buffer)
    }

    /// Opens a provider, whose claims end when it is dropped.
    pub fn provider(&self, client: &Client) -> (Provider, ActuationStream) {
        self.open_provider(client, false)
    }

    /// Opens a provider whose claims give way to everyone else's.
    pub fn fallback_provider(&self, client: &Client) -> (Provider, ActuationStream) {
        self.open_provider(client, true)
    }

    /// Values that subscriptions left out for slow readers, of subscriptions that ended.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Actuations that providers took and then refused to carry out.
    pub fn refused(&self) -> u64 {
        self.shared.refused.load(Ordering::Relaxed)
    }

    fn open_provider(&self, client: &Client, fallback: bool) -> (Provider, ActuationStream) {
        let number = self.shared.providers.fetch_add(1, Ordering::Relaxed);
        Provider::open(self.clone(), client.clone(), number, fallback)
    }

    /// The signal, if it is there and the client may do this with it.
    pub(super) fn allowed(
        &self,
        client: &Client,
        signal: SignalRef<'_>,
        access: Access,
    ) -> Result<&Entry, SignalError> {
        let registry = &self.shared.registry;
        let found = match signal {
            SignalRef::Path(path) => registry.resolve(path),
            SignalRef::Id(id) => registry.resolve_id(id),
        };
        let entry = found.map_err(|error| self.with_suggestion(client, error))?;
        client.check(registry, entry, access)?;
        Ok(entry)
    }

    /// Not for apps: they would learn of other signals, and it takes long.
    fn with_suggestion(&self, client: &Client, error: SignalError) -> SignalError {
        match error {
            SignalError::UnknownPath { path, .. } if !client.is_app() => {
                let nearest = self.shared.registry.nearest(&path).map(str::to_owned);
                SignalError::UnknownPath { path, nearest }
            }
            other => other,
        }
    }

    /// The signals of a pattern that may be shown to the client.
    pub(super) fn visible(
        &self,
        client: &Client,
        pattern: &str,
    ) -> Result<Vec<&Entry>, super::InvalidPattern> {
        let mut entries = self.registry().matching(pattern)?;
        entries.retain(|entry| client.may_see(&self.shared.registry, entry));
        Ok(entries)
    }

    pub(super) fn may(&self, client: &Client, entry: &Entry, access: Access) -> bool {
        client.may(&self.shared.registry, entry, access)
    }

    /// Of an entry for which reading was allowed.
    pub(super) fn current(&self, entry: &Entry) -> Datapoint {
        self.last(entry, Aspect::Current)
    }

    pub(super) fn last(&self, entry: &Entry, aspect: Aspect) -> Datapoint {
        self.slot(entry).get(aspect).map(|update| update.datapoint().clone()).unwrap_or_default()
    }

    pub(super) fn publish_to(
        &self,
        client: &Client,
        signal: SignalRef<'_>,
        value: Option<Value>,
    ) -> Result<(), SignalError> {
        let entry = self.allowed(client, signal, Access::Provide)?;
        self.store_checked(entry, Aspect::Current, value)?;
        Ok(())
    }

    pub(super) fn store_checked(
        &self,
        entry: &Entry,
        aspect: Aspect,
        value: Option<Value>,
    ) -> Result<Arc<Update>, SignalError> {
        if let Some(value) = &value {
            entry.check(value)?;
        }
        let update = Update::now(entry, value);
        // Attributes are told on change; an equal value of the others is an event too.
        let only_changes = entry.signal().kind == SignalKind::Attribute;
        self.slot(entry).store(aspect, &update, only_changes);
        Ok(update)
    }

    /// All or none: every request is checked, and has room at its provider, before the
    /// first is sent.
    pub(super) async fn actuate_all<'a>(
        &self,
        client: &Client,
        requests: impl IntoIterator<Item = (SignalRef<'a>, Value)>,
        delivery: Delivery,
    ) -> Result<(), SignalError> {
        let mut targets = Vec::new();
        let mut batches: BTreeMap<u64, (Arc<Port>, Vec<Arc<Update>>)> = BTreeMap::new();
        for (signal, value) in requests {
            let entry = self.allowed(client, signal, Access::Write)?;
            if entry.signal().kind != SignalKind::Actuator {
                return Err(SignalError::NoActuator { path: entry.shared_path() });
            }
            entry.check(&value)?;
            let update = Update::now(entry, Some(value));
            match self.slot(entry).actuator() {
                Some(port) => {
                    batches.entry(port.number).or_insert((port, Vec::new())).1.push(update.clone());
                }
                None if delivery == Delivery::Optional => {}
                None => return Err(SignalError::NoProvider { path: entry.shared_path() }),
            }
            targets.push((entry, update));
        }
        let mut sends = Vec::with_capacity(batches.len());
        for (port, batch) in batches.into_values() {
            sends.push((reserve(&port, &batch).await?, batch));
        }
        for (entry, update) in targets {
            self.slot(entry).store(Aspect::Target, &update, false);
        }
        for (permit, batch) in sends {
            permit.send(batch);
        }
        Ok(())
    }

    pub(super) fn subscribe_to<'a>(
        &self,
        client: &Client,
        aspect: Aspect,
        signals: impl IntoIterator<Item = SignalRef<'a>>,
        buffer: usize,
    ) -> Result<Subscription, SignalError> {
        let mut entries: BTreeMap<usize, &Entry> = BTreeMap::new();
        for signal in signals {
            let entry = self.allowed(client, signal, Access::Read)?;
            entries.insert(entry.index(), entry);
        }
        let queue =
            Arc::new(Queue::new(entries.len(), buffer.saturating_add(1).min(LARGEST_BUFFER)));
        let first = entries.values().zip(0..).map(|(entry, member)| {
            let reader = Reader { queue: queue.clone(), member };
            let last = self.slot(entry).subscribe(aspect, reader);
            last.unwrap_or_else(|| Update::never(entry))
        });
        let first = first.collect();
        let slots = entries.into_keys().collect();
        Ok(Subscription::new(self.clone(), aspect, queue, slots, first))
    }

    pub(super) fn slot(&self, entry: &Entry) -> &Slot {
        &self.shared.slots[entry.index()]
    }

    pub(super) fn unsubscribe(&self, slot: usize, aspect: Aspect, queue: &Arc<Queue>) {
        if let Some(slot) = self.shared.slots.get(slot) {
            slot.unsubscribe(aspect, queue);
        }
    }

    pub(super) fn release(&self, claim: Claim, slot: usize, port: &Arc<Port>) {
        if let Some(slot) = self.shared.slots.get(slot) {
            slot.release(claim, port);
        }
    }

    pub(super) fn count_refused(&self) {
        self.shared.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_dropped(&self, dropped: u64) {
        self.shared.dropped.fetch_add(dropped, Ordering::Relaxed);
    }
}

type Permit = mpsc::OwnedPermit<Vec<Arc<Update>>>;

async fn reserve(port: &Port, batch: &[Arc<Update>]) -> Result<Permit, SignalError> {
    let path = || batch.first().map_or_else(|| Arc::from(""), |update| update.path().clone());
    match timeout(PATIENCE, port.actuations.clone().reserve_owned()).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_closed)) => Err(SignalError::ProviderGone { path: path() }),
        Err(_elapsed) => Err(SignalError::ProviderBusy { path: path() }),
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broker({} signals)", self.shared.slots.len())
    }
}
