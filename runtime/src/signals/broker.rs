//! The one way to signals, for every protocol and for the runtime itself: each call
//! resolves the signal, checks the client's access, then the value, then does the deed.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use vss_codegen::model::{Access, Manifest, ModelInfo, Signal, SignalKind, Value};

use super::{
    ActuationStream, Client, Datapoint, Entry, Pattern, Provider, Registry, RegistryError,
    SignalError, Subscription, Succession, Update,
    error::access_name,
    lock,
    provider::Port,
    queue::{Pressure, Queue},
    rules::Rules,
    slot::{Aspect, Reader},
};

/// The most values that may wait for one subscriber, whatever it asks for.
const LARGEST_BUFFER: usize = 1000;

/// More than any catalogue has, and a bound for who adds signals.
const MOST_SIGNALS: usize = 20_000;

/// How long an actuation waits for room at its provider.
const PATIENCE: Duration = Duration::from_secs(1);

/// A cheap handle; all clones are the same broker.
#[derive(Clone)]
pub struct Broker {
    shared: Arc<Shared>,
}

struct Shared {
    registry: ArcSwap<Registry>,
    /// Held while the registry is exchanged.
    exchange: Mutex<()>,
    /// The generation of the registry.
    exchanges: watch::Sender<u64>,
    audit: OnceLock<Box<dyn Audit>>,
    /// Who gives way where two want one signal; none without a policy.
    rules: ArcSwapOption<Rules>,
    skips_unknown: AtomicBool,
    providers: AtomicU64,
    dropped: AtomicU64,
    refused: AtomicU64,
}

/// Hears of everything that is denied.
pub trait Audit: Send + Sync {
    /// Called where the denial happens: is not to wait.
    fn denied(&self, denial: Denial);
}

/// Something that a client may not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Such as `app lights`.
    pub who: String,
    /// Such as `write`.
    pub access: &'static str,
    /// As the client wrote it, however long.
    pub path: String,
    /// As the client is told.
    pub reason: String,
}

/// Who holds a signal: nobody else does that to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// Publishes it on a stream.
    pub publisher: Option<String>,
    /// Carries out its actuations.
    pub actuation: Option<String>,
    /// Writes it, where a rule keeps others from that.
    pub writer: Option<String>,
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
        let shared = Shared {
            registry: ArcSwap::from_pointee(Registry::new(manifest)?),
            exchange: Mutex::default(),
            exchanges: watch::Sender::new(0),
            audit: OnceLock::new(),
            rules: ArcSwapOption::empty(),
            skips_unknown: AtomicBool::new(false),
            providers: AtomicU64::new(1),
            dropped: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        };
        Ok(Broker { shared: Arc::new(shared) })
    }

    /// Whether a subscription leaves out what is not there, as long as something is, instead
    /// of being refused whole: for clients made for more models than one.
    pub fn skip_unknown(&self, skips: bool) {
        self.shared.skips_unknown.store(skips, Ordering::Relaxed);
    }

    pub(super) fn skips_unknown(&self) -> bool {
        self.shared.skips_unknown.load(Ordering::Relaxed)
    }

    /// The signals of the moment.
    pub fn registry(&self) -> Arc<Registry> {
        self.shared.registry.load_full()
    }

    /// Exchanges the model while everybody goes on. Signals of the same path, type and kind
    /// keep their ids, values, readers and claims; readers of the others are told that those
    /// are gone. A value that its new bounds refuse is forgotten.
    pub fn swap_model(&self, manifest: &Manifest) -> Result<Succession, RegistryError> {
        self.succeed(manifest.model.clone(), |_| manifest.signals.clone())
    }

    /// Adds a signal that the model does not have, until the model is exchanged; one that is
    /// there with this type already is no error. Gives its id.
    pub fn add_signal(&self, client: &Client, signal: &Signal) -> Result<i32, SignalError> {
        if let Some(entry) = self.registry().get(&signal.path) {
            let (there, asked) = (entry.signal().datatype.clone(), signal.datatype.clone());
            return match there == asked {
                true => Ok(entry.id()),
                false => Err(SignalError::OtherType {
                    path: entry.shared_path(),
                    there: there.to_string(),
                    asked: asked.to_string(),
                }),
            };
        }
        client.check_open()?;
        if let Some(who) = client.who().filter(|_| !client.may_create()) {
            let error = SignalError::MayNotCreate { who: who.clone() };
            return Err(self.audited(client, &signal.path, "create", error));
        }
        let reason = |reason: String| SignalError::CannotAdd { path: signal.path.clone(), reason };
        if let Err(error) = Pattern::parse(&signal.path) {
            return Err(reason(error.to_string()));
        }
        if self.registry().entries().len() >= MOST_SIGNALS {
            return Err(reason(format!("the broker has {MOST_SIGNALS} signals already")));
        }
        let model = self.registry().model().clone();
        let with = |before: &Registry| {
            let known = before.entries().iter().map(|entry| entry.signal().clone());
            known.chain([signal.clone()]).collect()
        };
        match self.succeed(model, with) {
            Ok(_) => {}
            // Somebody was faster with the same one.
            Err(RegistryError::Twice(_)) => {}
            Err(error) => return Err(reason(error.to_string())),
        }
        let entry = self.registry();
        let entry = entry.get(&signal.path);
        entry.map(|entry| entry.id()).ok_or_else(|| reason("the model was exchanged".to_owned()))
    }

    fn succeed(
        &self,
        model: ModelInfo,
        signals: impl FnOnce(&Registry) -> Vec<Signal>,
    ) -> Result<Succession, RegistryError> {
        let _one_at_a_time = lock(&self.shared.exchange);
        let before = self.registry();
        let next = Arc::new(before.succeeded_by(model, &signals(&before))?);
        let succession = before.succession(&next);
        self.shared.registry.store(next.clone());
        for entry in next.entries() {
            entry.slot().keep(|update| {
                let value = update.datapoint().value.as_ref();
                value.is_none_or(|value| entry.check(value).is_ok())
            });
        }
        for path in &succession.gone {
            if let Some(entry) = before.get(path) {
                entry.slot().end(path);
            }
        }
        self.shared.exchanges.send_replace(next.generation());
        Ok(succession)
    }

    /// Changes whenever the registry does, for those who keep something of its signals.
    pub fn exchanges(&self) -> watch::Receiver<u64> {
        self.shared.exchanges.subscribe()
    }

    /// Tells `audit` of every denial from now on. The first one set stays.
    pub fn set_audit(&self, audit: Box<dyn Audit>) {
        let _ = self.shared.audit.set(audit);
    }

    /// From now on these decide who gives way; who holds something keeps it until then.
    pub fn set_rules(&self, rules: Rules) {
        let rules = (!rules.is_empty()).then(|| Arc::new(rules));
        self.shared.rules.store(rules);
    }

    pub(super) fn rules(&self) -> Guard<Option<Arc<Rules>>> {
        self.shared.rules.load()
    }

    /// Who holds the signal of this path now.
    pub fn holders(&self, path: &str) -> Holders {
        let registry = self.registry();
        let Some(entry) = registry.get(path) else { return Holders::default() };
        let rules = self.rules();
        let rule = rules.as_deref().and_then(|rules| rules.of(path));
        let [publisher, actuation, writer] =
            entry.slot().holders(rule).map(|name| name.map(|name| name.to_string()));
        Holders { publisher, actuation, writer }
    }

    pub(super) fn audit(&self, denial: Denial) {
        if let Some(audit) = self.shared.audit.get() {
            audit.denied(denial);
        }
    }

    fn audited(
        &self,
        client: &Client,
        path: &str,
        access: &'static str,
        error: SignalError,
    ) -> SignalError {
        // Who is closed may do nothing any more, which is no news of any signal.
        let is_news = !matches!(error, SignalError::Closed { .. });
        if let Some(who) = client.who().filter(|_| is_news) {
            let (who, path) = (who.to_string(), path.to_owned());
            self.audit(Denial { who, access, path, reason: error.to_string() });
        }
        error
    }

    /// The current value.
    pub fn get(&self, client: &Client, path: &str) -> Result<Datapoint, SignalError> {
        let entry = self.allowed(client, SignalRef::Path(path), Access::Read)?;
        Ok(self.current(&entry))
    }

    /// The value that an actuator was last asked for.
    pub fn target(&self, client: &Client, path: &str) -> Result<Datapoint, SignalError> {
        let entry = self.allowed(client, SignalRef::Path(path), Access::Read)?;
        Ok(self.last(&entry, Aspect::Target))
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
    ) -> Result<Arc<Entry>, SignalError> {
        let registry = self.shared.registry.load();
        let found = match signal {
            SignalRef::Path(path) => registry.resolve(path),
            SignalRef::Id(id) => registry.resolve_id(id),
        };
        let entry = found.map_err(|error| self.with_suggestion(client, error))?;
        self.check(client, entry, access)?;
        Ok(entry.clone())
    }

    /// Whether the client may do this with the signal, of which a denial is told.
    pub(super) fn check(
        &self,
        client: &Client,
        entry: &Entry,
        access: Access,
    ) -> Result<(), SignalError> {
        let checked = client.check(&self.shared.registry.load(), entry, access);
        checked.map_err(|error| self.audited(client, entry.path(), access_name(access), error))
    }

    /// Not for apps: they would learn of other signals, and it takes long.
    fn with_suggestion(&self, client: &Client, error: SignalError) -> SignalError {
        match error {
            SignalError::UnknownPath { path, .. } if !client.is_app() => {
                let nearest = self.registry().nearest(&path).map(str::to_owned);
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
    ) -> Result<Vec<Arc<Entry>>, super::InvalidPattern> {
        let registry = self.registry();
        let entries = registry.matching(pattern)?.into_iter();
        Ok(entries.filter(|entry| client.may_see(&registry, entry)).cloned().collect())
    }

    pub(super) fn may(&self, client: &Client, entry: &Entry, access: Access) -> bool {
        client.may(&self.shared.registry.load(), entry, access)
    }

    /// Of an entry for which reading was allowed.
    pub(super) fn current(&self, entry: &Entry) -> Datapoint {
        self.last(entry, Aspect::Current)
    }

    pub(super) fn last(&self, entry: &Entry, aspect: Aspect) -> Datapoint {
        entry.slot().get(aspect).map(|update| update.datapoint().clone()).unwrap_or_default()
    }

    pub(super) fn publish_to(
        &self,
        client: &Client,
        signal: SignalRef<'_>,
        value: Option<Value>,
    ) -> Result<(), SignalError> {
        let entry = self.allowed(client, signal, Access::Provide)?;
        self.store_checked(&entry, Aspect::Current, value)?;
        Ok(())
    }

    pub(super) fn store_checked(
        &self,
        entry: &Entry,
        aspect: Aspect,
        value: Option<Value>,
    ) -> Result<Arc<Update>, SignalError> {
        self.store_under(entry, aspect, value).map(|(update, _)| update)
    }

    /// The same, and the readers for whom to wait before the next value.
    pub(super) fn store_under(
        &self,
        entry: &Entry,
        aspect: Aspect,
        value: Option<Value>,
    ) -> Result<(Arc<Update>, Option<Pressure>), SignalError> {
        if let Some(value) = &value {
            entry.check(value)?;
        }
        let update = Update::now(entry, value);
        // Attributes are told on change; an equal value of the others is an event too.
        let only_changes = entry.signal().kind == SignalKind::Attribute;
        let pressure = entry.slot().store(aspect, &update, only_changes);
        Ok((update, pressure))
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
            let update = Update::now(&entry, Some(value));
            match entry.slot().actuator() {
                Some(port) => {
                    let batch = batches.entry(port.party.number).or_insert((port, Vec::new()));
                    batch.1.push(update.clone());
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
        if let Some(rules) = &*self.rules() {
            rules.take(client, targets.iter().map(|(entry, _)| &**entry))?;
        }
        for (entry, update) in targets {
            entry.slot().store(Aspect::Target, &update, false);
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
        let mut entries: BTreeMap<i32, Arc<Entry>> = BTreeMap::new();
        for signal in signals {
            let entry = self.allowed(client, signal, Access::Read)?;
            entries.insert(entry.id(), entry);
        }
        let capacity = buffer.saturating_add(1).min(LARGEST_BUFFER);
        let queue = Arc::new(Queue::new(entries.len(), capacity));
        let entries: Vec<Arc<Entry>> = entries.into_values().collect();
        let mut first = Vec::with_capacity(entries.len());
        for (entry, member) in entries.iter().zip(0..) {
            let reader = Reader { queue: queue.clone(), member };
            match entry.slot().subscribe(aspect, reader) {
                Ok(last) => first.push(last.unwrap_or_else(|| Update::never(entry))),
                Err(_gone) => {
                    entries.iter().for_each(|entry| entry.slot().unsubscribe(aspect, &queue));
                    return Err(SignalError::Gone { path: entry.shared_path() });
                }
            }
        }
        Ok(Subscription::new(self.clone(), client, aspect, queue, entries, first))
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
        write!(f, "Broker({} signals)", self.registry().entries().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::{Grants, Who, testing};

    const SPEED: &str = "Vehicle.Speed";

    fn without(path: &str) -> Manifest {
        let mut manifest = testing::manifest();
        manifest.signals.retain(|signal| signal.path != path);
        manifest
    }

    #[tokio::test]
    async fn signals_of_both_models_live_on_and_the_others_readers_are_told() {
        let (broker, client) = (testing::broker(), Client::runtime());
        let id = broker.registry().get("Vehicle.Errors").unwrap().id();
        let mode = "Vehicle.Mode";
        broker.publish(&client, mode, Value::String("PARK".into())).unwrap();
        let mut stays = broker.subscribe(&client, &[mode], 0).unwrap();
        let mut goes = broker.subscribe(&client, &[mode, SPEED], 0).unwrap();
        stays.next().await.unwrap();
        goes.next().await.unwrap();
        let mut exchanges = broker.exchanges();

        let succession = broker.swap_model(&without(SPEED)).unwrap();
        assert_eq!((succession.gone.as_slice(), succession.added.len()), (&[SPEED.into()][..], 0));
        exchanges.changed().await.unwrap();
        let error = goes.next().await.unwrap_err();
        assert_eq!(error, SignalError::Gone { path: SPEED.into() });
        assert!(broker.get(&client, SPEED).is_err());
        assert_eq!(broker.get(&client, mode).unwrap().value, Some(Value::String("PARK".into())));
        assert_eq!(broker.registry().get("Vehicle.Errors").unwrap().id(), id);
        broker.publish(&client, mode, Value::String("DRIVE".into())).unwrap();
        assert_eq!(stays.next().await.unwrap()[0].path().as_ref(), mode);

        // Back again it is another signal: what has its old id does not get it by chance.
        let succession = broker.swap_model(&testing::manifest()).unwrap();
        assert_eq!(succession.added, [SPEED.into()]);
        let entry = broker.registry().get(SPEED).cloned().unwrap();
        assert!(entry.id() > testing::manifest().signals.len() as i32);
        assert_eq!(broker.current(&entry), Datapoint::default());
    }

    #[tokio::test]
    async fn a_value_that_new_bounds_refuse_is_forgotten_and_claims_of_the_gone_end() {
        let (broker, client) = (testing::broker(), Client::runtime());
        let level = "Vehicle.Cabin.Light.Level";
        broker.publish(&client, SPEED, Value::Float(240.0)).unwrap();
        let (provider, _actuations) = broker.provider(&client);
        provider.claim_actuations(&[SignalRef::Path(level)]).unwrap();
        let mut manifest = without(level);
        manifest.signals[0].max = Some(vss_codegen::model::Literal::Int(200));
        broker.swap_model(&manifest).unwrap();
        assert_eq!(broker.get(&client, SPEED).unwrap().value, None);
        broker.swap_model(&testing::manifest()).unwrap();
        let error = broker.actuate(&client, level, Value::Uint32(1)).await.unwrap_err();
        assert_eq!(error, SignalError::NoProvider { path: level.into() });
        provider.claim_actuations(&[SignalRef::Path(level)]).unwrap();
        broker.actuate(&client, level, Value::Uint32(1)).await.unwrap();
    }

    #[test]
    fn a_signal_is_added_by_who_may_once_and_with_one_type() {
        let broker = testing::broker();
        let mut signal = testing::manifest().signals[0].clone();
        signal.path = "Vehicle.Private.Thing".to_owned();
        let app = Client::app("a", Grants::default());
        let error = broker.add_signal(&app, &signal).unwrap_err();
        assert!(matches!(&error, SignalError::MayNotCreate { who: Who::App(_) }), "{error}");
        let creator = Client::app("b", Grants::default().with_create());
        let id = broker.add_signal(&creator, &signal).unwrap();
        assert_eq!(broker.add_signal(&app, &signal).unwrap(), id);
        assert_eq!(broker.registry().by_id(id).unwrap().path(), signal.path);
        signal.datatype = testing::manifest().signals[1].datatype.clone();
        let error = broker.add_signal(&creator, &signal).unwrap_err().to_string();
        assert_eq!(
            error,
            "Vehicle.Private.Thing is there already with another type (float, not int8)"
        );
        signal.path = "Vehicle..Thing".to_owned();
        assert!(broker.add_signal(&creator, &signal).is_err());
    }

    #[derive(Clone, Default)]
    struct Book(Arc<Mutex<Vec<Denial>>>);

    impl Audit for Book {
        fn denied(&self, denial: Denial) {
            lock(&self.0).push(denial);
        }
    }

    #[tokio::test]
    async fn every_denial_is_told_to_the_audit() {
        let (broker, book) = (testing::broker(), Book::default());
        broker.set_audit(Box::new(book.clone()));
        let grants = Grants::new([("Vehicle.Mode".to_owned(), Access::Read)]).unwrap();
        let app = Client::app("a", grants);
        broker.get(&app, "Vehicle.Mode").unwrap();
        broker.get(&app, SPEED).unwrap_err();
        broker.publish(&app, "Vehicle.Mode", Value::String("PARK".into())).unwrap_err();
        broker.subscribe(&app, &["Vehicle.Mode", SPEED], 0).unwrap_err();
        broker.get(&Client::outside(), "Vehicle.Unknown").unwrap_err();
        let book: Vec<String> =
            lock(&book.0).iter().map(|d| format!("{}: {} {}", d.who, d.access, d.path)).collect();
        assert_eq!(
            book,
            [
                "app a: read Vehicle.Speed",
                "app a: provide Vehicle.Mode",
                "app a: read Vehicle.Speed"
            ]
        );
    }
}
