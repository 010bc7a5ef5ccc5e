//! What fills signals and carries out actuations: the mock, an upstream broker, a trace.
//!
//! In: sources, each with the patterns of its signals. Out: running tasks, and how each
//! of them fares ([`Sources::list`]).
//! Signals are divided by [`Share`]s in the order of the sources: the first that has a
//! pattern which matches owns the signal, so that some branches come from a car and others
//! are mocked. A source writes what it owns and nothing else.
//!
//! ```text
//! starting ──▶ connected ◀──▶ away      (each says why in its detail)
//!     └────────────┴───────────┴──▶ ended
//! ```
//!
//! A source that lost what it mirrors is away, which is a state and no failure: it comes
//! back by itself. At shutdown its future is dropped, so what must be undone is undone
//! by `Drop`, as the claims of a provider are.
//! Must not know: how any source does its work, nor how a user names one.

use std::{collections::BTreeMap, fmt, sync::Arc};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vss_codegen::model::SignalKind;

use super::{Broker, Datapoint, Entry, InvalidPattern, Pattern, SignalError, Update, slot::Aspect};

pub trait Source: Send + 'static {
    /// What it is to a user, in one word; also its name while it is the only one.
    fn kind(&self) -> &'static str;

    /// Works until there is nothing more to do. An error says in a sentence why it cannot
    /// go on, whatever happens.
    fn run(self: Box<Self>, stage: Stage) -> BoxFuture<'static, Result<(), String>>;
}

/// How a source fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "daemon", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "daemon", serde(rename_all = "snake_case"))]
pub enum SourceState {
    Starting,
    /// It fills its signals.
    Connected,
    /// What it mirrors cannot be reached now: its signals have no value meanwhile.
    Away,
    /// It does no more.
    Ended,
}

/// A source as users see it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "daemon", derive(serde::Serialize, serde::Deserialize))]
pub struct SourceStatus {
    pub name: String,
    /// The patterns of its signals, less what earlier sources own; none for all.
    pub signals: Vec<String>,
    pub state: SourceState,
    /// When it came into this state.
    pub since: Timestamp,
    /// To what it is connected, or why it is not.
    pub detail: Option<String>,
}

/// The signals that are one source's.
#[derive(Clone, Debug)]
pub struct Share {
    /// Of all sources, in their order.
    patterns: Arc<[Vec<Pattern>]>,
    own: usize,
}

impl Share {
    /// The share of somebody who is alone.
    pub fn all() -> Share {
        Share { patterns: Arc::new([Vec::new()]), own: 0 }
    }

    pub fn owns(&self, path: &str) -> bool {
        let takes = |patterns: &Vec<Pattern>| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(path))
        };
        self.patterns.iter().position(takes) == Some(self.own)
    }
}

/// What a source works with.
#[derive(Debug)]
pub struct Stage {
    broker: Broker,
    share: Share,
    status: watch::Sender<SourceStatus>,
}

impl Stage {
    pub fn broker(&self) -> &Broker {
        &self.broker
    }

    pub fn share(&self) -> &Share {
        &self.share
    }

    /// Says how the source fares now. It stays `since` while only the detail changes.
    pub fn report(&self, state: SourceState, detail: impl Into<Option<String>>) {
        report(&self.status, state, detail.into());
    }

    /// Sets the current value with the time that it has where it comes from.
    pub fn publish(&self, entry: &Entry, datapoint: Datapoint) -> Result<Arc<Update>, SignalError> {
        if let Some(value) = &datapoint.value {
            entry.check(value)?;
        }
        let update = Update::new(entry, datapoint);
        let only_changes = entry.signal().kind == SignalKind::Attribute;
        entry.slot().store(Aspect::Current, &update, only_changes);
        Ok(update)
    }
}

fn report(status: &watch::Sender<SourceStatus>, state: SourceState, detail: Option<String>) {
    status.send_if_modified(|status| {
        let before = (status.state, std::mem::replace(&mut status.detail, detail));
        if before.0 != state {
            status.state = state;
            status.since = Timestamp::now();
            let (name, detail) = (&status.name, status.detail.as_deref().unwrap_or_default());
            tracing::info!(provider = name, ?state, detail, "a provider of signals changed");
        }
        before != (status.state, status.detail.clone())
    });
}

/// A source and the patterns of its signals: none for all that earlier ones leave.
pub struct Part {
    source: Box<dyn Source>,
    texts: Vec<String>,
    patterns: Vec<Pattern>,
}

impl Part {
    pub fn new(source: impl Source, patterns: Vec<String>) -> Result<Part, InvalidPattern> {
        let parsed = patterns.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>()?;
        Ok(Part { source: Box::new(source), texts: patterns, patterns: parsed })
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({} {:?})", self.source.kind(), self.texts)
    }
}

/// The running sources; all clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    running: Arc<[watch::Receiver<SourceStatus>]>,
}

impl Sources {
    /// Divides the signals and starts the sources, which end at `shutdown`. Must be called
    /// within a tokio runtime.
    pub fn start(broker: &Broker, parts: Vec<Part>, shutdown: &CancellationToken) -> Sources {
        let patterns: Arc<[_]> = parts.iter().map(|part| part.patterns.clone()).collect();
        let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
        let running = parts.into_iter().enumerate().map(|(own, part)| {
            let kind = part.source.kind();
            let count = kinds.entry(kind).and_modify(|count| *count += 1).or_insert(1);
            let name = if *count == 1 { kind.to_owned() } else { format!("{kind}-{count}") };
            let share = Share { patterns: patterns.clone(), own };
            warn_of_nothing(broker, &name, &share);
            let (sender, receiver) = watch::channel(SourceStatus {
                name,
                signals: part.texts,
                state: SourceState::Starting,
                since: Timestamp::now(),
                detail: None,
            });
            let stage = Stage { broker: broker.clone(), share, status: sender.clone() };
            tokio::spawn(attend(part.source, stage, sender, shutdown.clone()));
            receiver
        });
        Sources { running: running.collect() }
    }

    /// In their order.
    pub fn list(&self) -> Vec<SourceStatus> {
        self.running.iter().map(|status| status.borrow().clone()).collect()
    }
}

fn warn_of_nothing(broker: &Broker, name: &str, share: &Share) {
    if !broker.registry().entries().iter().any(|entry| share.owns(entry.path())) {
        tracing::warn!(
            provider = name,
            "no signal of the model is this provider's: its patterns match none, or those of \
             earlier providers match all of them"
        );
    }
}

/// Sees to it that a source which ended says so, however it did.
async fn attend(
    source: Box<dyn Source>,
    stage: Stage,
    status: watch::Sender<SourceStatus>,
    shutdown: CancellationToken,
) {
    let task = tokio::spawn(async move {
        shutdown.run_until_cancelled(source.run(stage)).await.unwrap_or(Ok(()))
    });
    let detail = match task.await {
        // It has said how it ended.
        Ok(Ok(())) if status.borrow().state == SourceState::Ended => return,
        Ok(outcome) => outcome.err(),
        Err(error) => Some(format!("it failed: {error}")),
    };
    report(&status, SourceState::Ended, detail);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vss_codegen::model::Value;

    use super::*;
    use crate::signals::{Client, testing::broker};

    /// Connects, sets one signal, and ends or not.
    struct Setter(&'static str, Option<Result<(), String>>);

    impl Source for Setter {
        fn kind(&self) -> &'static str {
            "setter"
        }

        fn run(self: Box<Self>, stage: Stage) -> BoxFuture<'static, Result<(), String>> {
            Box::pin(async move {
                let registry = stage.broker().registry();
                let entry = registry.get(self.0).unwrap();
                let value = Some(Value::Float(1.0));
                let then = Some(Timestamp::UNIX_EPOCH);
                stage.publish(entry, Datapoint { value, timestamp: then }).unwrap();
                stage.report(SourceState::Connected, "to the test".to_owned());
                match self.1 {
                    Some(outcome) => outcome,
                    None => std::future::pending().await,
                }
            })
        }
    }

    async fn until(sources: &Sources, what: impl Fn(&[SourceStatus]) -> bool) {
        let wait = async {
            while !what(&sources.list()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), wait).await;
        assert!(waited.is_ok(), "{:?}", sources.list());
    }

    fn share(all: &[&[&str]], own: usize) -> Share {
        let parse = |texts: &&[&str]| texts.iter().map(|t| Pattern::parse(t).unwrap()).collect();
        Share { patterns: all.iter().map(parse).collect(), own }
    }

    #[test]
    fn the_first_that_matches_owns_a_signal() {
        let all: [&[&str]; 3] = [&["Vehicle.Cabin.Door", "Vehicle.Speed"], &["Vehicle.Cabin"], &[]];
        let owner = |path: &str| {
            let owners: Vec<_> = (0..3).filter(|own| share(&all, *own).owns(path)).collect();
            assert_eq!(owners.len(), 1, "{path}");
            owners[0]
        };
        assert_eq!(owner("Vehicle.Cabin.Door.IsOpen"), 0);
        assert_eq!(owner("Vehicle.Speed"), 0);
        assert_eq!(owner("Vehicle.Cabin.Light"), 1);
        assert_eq!(owner("Vehicle.Mode"), 2);
        assert!(Share::all().owns("Vehicle.Mode"));
        assert!(!share(&[&["Vehicle.Cabin"]], 0).owns("Vehicle.Mode"), "nobody's");
    }

    #[tokio::test]
    async fn a_source_says_how_it_fares_and_keeps_the_time_of_its_values() {
        let (broker, stop) = (broker(), CancellationToken::new());
        let parts = vec![
            Part::new(Setter("Vehicle.Speed", None), vec!["Vehicle.Speed".to_owned()]).unwrap(),
            Part::new(Setter("Vehicle.Speed", Some(Err("gone".to_owned()))), vec![]).unwrap(),
        ];
        let sources = Sources::start(&broker, parts, &stop);
        until(&sources, |list| list[1].state == SourceState::Ended).await;
        until(&sources, |list| list[0].state == SourceState::Connected).await;
        let list = sources.list();
        assert_eq!((&*list[0].name, &*list[1].name), ("setter", "setter-2"));
        assert_eq!(list[0].signals, ["Vehicle.Speed"]);
        assert_eq!(list[0].detail.as_deref(), Some("to the test"));
        assert_eq!(list[1].detail.as_deref(), Some("gone"));
        let speed = broker.get(&Client::runtime(), "Vehicle.Speed").unwrap();
        assert_eq!(speed.timestamp, Some(Timestamp::UNIX_EPOCH));

        stop.cancel();
        until(&sources, |list| list[0].state == SourceState::Ended).await;
        assert_eq!(sources.list()[0].detail, None);
    }

    #[tokio::test]
    async fn a_source_that_panicked_has_ended() {
        let broker = broker();
        let part = Part::new(Setter("Vehicle.Nothing", None), vec![]).unwrap();
        let sources = Sources::start(&broker, vec![part], &CancellationToken::new());
        until(&sources, |list| list[0].state == SourceState::Ended).await;
        assert!(sources.list()[0].detail.as_ref().unwrap().starts_with("it failed"));
    }
}
