//! The running mock, for whoever looks at it and changes it.

use std::{
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
};

use futures_util::future::BoxFuture;
#[cfg(feature = "daemon")]
use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, time::sleep_until};

use super::{Behaviour, Script, ensemble::Ensemble, script::Fault};
use crate::signals::{Broker, Client, Share, Source, SourceState, Stage, lock};

/// The mock as a source of signals.
#[derive(Debug)]
pub struct Mock(MockHandle);

/// A cheap handle; all clones are the same mock. What is changed counts at once.
#[derive(Clone)]
pub struct MockHandle {
    shared: Arc<Shared>,
}

struct Shared {
    ensemble: Mutex<Ensemble>,
    /// Wakes the task that plays: something may be due earlier than it thinks.
    changed: Notify,
}

/// What one signal does.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "daemon", derive(Serialize, Deserialize))]
pub struct Played {
    pub signal: String,
    pub behaviour: Behaviour,
    pub from: Origin,
}

/// Who said so; the patterns are those that it was said for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "daemon", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum Origin {
    Default,
    Rule(String),
    /// Changed while the mock ran.
    Live(String),
    /// Only triggers set it.
    Trigger,
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "daemon", derive(Serialize, Deserialize))]
pub struct MockStatus {
    /// The mock file, if there is one.
    pub file: Option<String>,
    pub paused: bool,
    /// Whether signals without a rule are played.
    pub defaults: bool,
    pub rules: usize,
    pub triggers: usize,
    /// Signals that are played.
    pub signals: usize,
    /// How often triggers that set each other off without end were cut short.
    pub cut_short: u64,
}

/// Why something is not played: all that is wrong with it, a line each. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct MockError(pub Vec<String>);

impl Mock {
    /// A mock that will play this script. Nothing is played yet, but all is checked.
    pub fn new(broker: &Broker, script: Script) -> Result<Mock, MockError> {
        let ensemble = Mutex::new(Ensemble::new(broker.clone()));
        let handle = MockHandle { shared: Arc::new(Shared { ensemble, changed: Notify::new() }) };
        handle.play(script)?;
        Ok(Mock(handle))
    }

    pub fn handle(&self) -> MockHandle {
        self.0.clone()
    }

    /// Plays until the future is dropped.
    pub(super) async fn play(self, share: Share) {
        let broker = self.0.ensemble().broker.clone();
        let (provider, mut actuations) = broker.fallback_provider(&Client::runtime());
        let mut exchanges = broker.exchanges();
        self.0.ensemble().open(share, provider);
        loop {
            let next = self.0.ensemble().step();
            let due = async {
                match next {
                    Some(next) => sleep_until(next).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.0.shared.changed.notified() => {}
                Some(batch) = actuations.recv() => self.0.ensemble().carry_out(&batch),
                Ok(()) = exchanges.changed() => self.0.ensemble().recast(),
            }
        }
    }
}

impl Drop for Mock {
    /// Whoever still has a handle holds no claims with it.
    fn drop(&mut self) {
        self.0.ensemble().close();
    }
}

impl Source for Mock {
    fn kind(&self) -> &'static str {
        "mock"
    }

    fn run(self: Box<Self>, stage: Stage) -> BoxFuture<'static, Result<(), String>> {
        Box::pin(async move {
            stage.report(SourceState::Connected, self.0.status().file);
            self.play(stage.share().clone()).await;
            Ok(())
        })
    }
}

impl MockHandle {
    /// Plays this from now on, and nothing that was said before. Signals that do the same
    /// as before go on where they are.
    pub fn play(&self, script: Script) -> Result<(), MockError> {
        let file = script.file.clone();
        self.change(|ensemble| ensemble.play(script))
            .map_err(|faults| MockError::of(&faults, file.as_deref()))
    }

    /// Plays a mock file, see [`Script::load`].
    #[cfg(feature = "daemon")]
    pub fn load(&self, file: &std::path::Path) -> Result<(), MockError> {
        self.play(Script::load(file)?)
    }

    /// Changes what the signals of a pattern do, whatever was said before; says how many
    /// they are.
    pub fn set(&self, pattern: &str, behaviour: Behaviour) -> Result<usize, MockError> {
        self.change(|ensemble| ensemble.change(pattern, Some(behaviour)))
            .map_err(|faults| MockError::of(&faults, None))
    }

    /// Undoes what `set` and triggers did to the signals of a pattern: they begin anew.
    pub fn reset(&self, pattern: &str) -> Result<usize, MockError> {
        self.change(|ensemble| ensemble.change(pattern, None))
            .map_err(|faults| MockError::of(&faults, None))
    }

    /// Whether the signal of this path is the mock's to play, and not another provider's.
    pub fn owns(&self, path: &str) -> bool {
        self.ensemble().owns(path)
    }

    /// What it plays by its rules: the last script, without what was changed since.
    pub fn script(&self) -> Script {
        self.ensemble().script.clone()
    }

    /// Stops the mock's time. Targets still come true at once where they have no delay.
    pub fn pause(&self) {
        self.change(|ensemble| ensemble.clock.pause());
    }

    pub fn resume(&self) {
        self.change(|ensemble| ensemble.clock.resume());
    }

    /// What each signal does that is played, in the order of the model.
    pub fn list(&self) -> Vec<Played> {
        let ensemble = self.ensemble();
        let played = ensemble.played().map(|(entry, role)| Played {
            signal: entry.path().to_owned(),
            behaviour: role.behaviour.as_ref().clone(),
            from: role.origin.clone(),
        });
        played.collect()
    }

    pub fn status(&self) -> MockStatus {
        let ensemble = self.ensemble();
        MockStatus {
            file: ensemble.script.file.as_deref().map(str::to_owned),
            paused: ensemble.clock.is_paused(),
            defaults: ensemble.script.defaults,
            rules: ensemble.script.rules.len(),
            triggers: ensemble.script.triggers.len(),
            signals: ensemble.played().count(),
            cut_short: ensemble.cut_short,
        }
    }

    fn ensemble(&self) -> MutexGuard<'_, Ensemble> {
        lock(&self.shared.ensemble)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Ensemble) -> T) -> T {
        let changed = change(&mut self.ensemble());
        self.shared.changed.notify_one();
        changed
    }
}

impl MockError {
    fn of(faults: &[Fault], file: Option<&str>) -> MockError {
        let mut faults: Vec<&Fault> = faults.iter().collect();
        faults.sort_by_key(|fault| fault.at);
        MockError(faults.into_iter().map(|fault| fault.render(file)).collect())
    }
}

impl fmt::Debug for MockHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MockHandle({:?})", self.status())
    }
}
