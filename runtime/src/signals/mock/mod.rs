//! A car that is not there: plays plausible values for every signal of any model.
//!
//! In: the registry, time, actuations. Out: published values.
//! What a signal does is decided once by [`behaviour`], a pure function of the signal and
//! the time, so that each run shows the same car. This module only keeps the time:
//!
//! - a speed moves ten times a second, other numbers once, flags and modes every few
//!   seconds; a value that is not new is not published
//! - attributes and actuators are set once; a target becomes the current value at once
//! - a signal that another provider has claimed is left alone, and one that somebody else
//!   published rests for [`HOLD`] before the mock goes on with it

mod behaviour;
mod range;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use self::behaviour::Behaviour;
use super::{
    Actuation, Broker, Client, Entry, Share, SignalRef, Source, SourceState, Stage, Update,
    slot::Aspect,
};
use vss_codegen::model::SignalKind;

const TICK: Duration = Duration::from_millis(100);

/// How long a value that somebody else set stays: long enough to look at it.
const HOLD: SignedDuration = SignedDuration::from_secs(30);

/// Starts playing. Must be called within a tokio runtime; ends at `shutdown`.
pub fn start(broker: Broker, shutdown: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        shutdown.run_until_cancelled(play(broker, Share::all())).await;
    })
}

async fn play(broker: Broker, share: Share) {
    let (provider, mut actuations) = broker.fallback_provider(&Client::runtime());
    let actuators: Vec<_> = broker
        .registry()
        .entries()
        .iter()
        .filter(|entry| entry.signal().kind == SignalKind::Actuator && share.owns(entry.path()))
        .map(|entry| SignalRef::Id(entry.id()))
        .collect();
    if let Err(error) = provider.claim_actuations(&actuators) {
        tracing::error!(%error, "the mock cannot carry out actuations");
    }
    let registry = broker.registry();
    let entries = registry.entries().iter().filter(|entry| share.owns(entry.path()));
    let mut roles: Vec<Role> = entries.filter_map(|entry| Role::new(entry)).collect();
    let start = Instant::now();
    let mut ticks = interval(TICK);
    // After a sleep of the machine the car goes on, it does not catch up.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut tick: u64 = 0;
    loop {
        tokio::select! {
            now = ticks.tick() => {
                let elapsed = now.duration_since(start);
                for role in roles.iter_mut().filter(|role| role.is_due(tick)) {
                    role.play(&broker, elapsed);
                }
                tick += 1;
            }
            Some(batch) = actuations.recv() => {
                for actuation in &batch {
                    echo(&broker, actuation);
                }
            }
        }
    }
}

/// A signal that is played.
#[derive(Debug)]
struct Role {
    id: i32,
    behaviour: Behaviour,
    /// In ticks; 0: only once.
    period: u64,
    /// What was published last, to know it from what others publish.
    last: Option<Arc<Update>>,
}

impl Role {
    /// `None` for a signal of a type that the broker cannot hold.
    fn new(entry: &Entry) -> Option<Role> {
        let behaviour = Behaviour::of(entry)?;
        let period = behaviour.interval().map_or(0, |interval| {
            u64::try_from(interval.as_millis() / TICK.as_millis()).unwrap_or(1).max(1)
        });
        Some(Role { id: entry.id(), behaviour, period, last: None })
    }

    /// Signals of the same period take turns, so that no tick is a burst. All play at first.
    fn is_due(&self, tick: u64) -> bool {
        let turn = u64::from(self.id.unsigned_abs());
        tick == 0 || (self.period > 0 && (tick + turn).is_multiple_of(self.period))
    }

    fn play(&mut self, broker: &Broker, elapsed: Duration) {
        let registry = broker.registry();
        let Some(entry) = registry.by_id(self.id) else { return };
        let slot = entry.slot();
        if slot.is_claimed() {
            return;
        }
        let value = self.behaviour.at(elapsed);
        if let Some(current) = slot.get(Aspect::Current) {
            let ours = self.last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &current));
            if !ours && !rested(&current, Timestamp::now()) {
                return;
            }
            if current.datapoint().value.as_ref() == Some(&value) {
                return;
            }
        }
        match broker.store_checked(entry, Aspect::Current, Some(value)) {
            Ok(update) => self.last = Some(update),
            Err(error) => tracing::debug!(%error, "the mock made a value that does not fit"),
        }
    }
}

fn rested(update: &Update, now: Timestamp) -> bool {
    update.datapoint().timestamp.is_none_or(|then| now.duration_since(then) >= HOLD)
}

fn echo(broker: &Broker, actuation: &Actuation) {
    let registry = broker.registry();
    let Some(entry) = registry.by_id(actuation.id()) else { return };
    let value = actuation.datapoint().value.clone();
    if let Err(error) = broker.store_checked(entry, Aspect::Current, value) {
        tracing::debug!(%error, "the mock cannot echo a target");
    }
}

/// The mock as one source among others.
#[derive(Debug)]
pub struct Mock;

impl Source for Mock {
    fn kind(&self) -> &'static str {
        "mock"
    }

    fn run(self: Box<Self>, stage: Stage) -> BoxFuture<'static, Result<(), String>> {
        Box::pin(async move {
            stage.report(SourceState::Connected, None);
            play(stage.broker().clone(), stage.share().clone()).await;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use vss_codegen::model::Value;

    use super::*;
    use crate::signals::testing::broker;

    async fn until(what: impl Fn() -> bool) {
        for _ in 0..1000 {
            if what() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it never happened");
    }

    #[tokio::test(start_paused = true)]
    async fn every_signal_has_a_value_and_targets_come_true() {
        let (broker, client) = (broker(), Client::outside());
        let _stop = CancellationToken::new();
        start(broker.clone(), _stop.clone());
        let registry = broker.registry();
        let all = registry.entries().iter();
        until(|| all.clone().all(|entry| broker.current(entry).value.is_some())).await;

        let door = "Vehicle.Cabin.Door.Row1.Left.IsOpen";
        assert_eq!(broker.get(&client, door).unwrap().value, Some(Value::Bool(false)));
        broker.actuate(&client, door, Value::Bool(true)).await.unwrap();
        until(|| broker.get(&client, door).unwrap().value == Some(Value::Bool(true))).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_that_another_provider_claims_is_left_alone() {
        let (broker, client) = (broker(), Client::outside());
        let (provider, mut actuations) = broker.provider(&client);
        let (speed, level) = ("Vehicle.Speed", "Vehicle.Cabin.Light.Level");
        provider.claim_signals(&[SignalRef::Path(speed)]).unwrap();
        provider.claim_actuations(&[SignalRef::Path(level)]).unwrap();
        start(broker.clone(), CancellationToken::new());
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(broker.get(&client, speed).unwrap().value, None);

        broker.actuate(&client, level, Value::Uint32(7)).await.unwrap();
        assert_eq!(actuations.recv().await.unwrap()[0].path().as_ref(), level);
        assert_eq!(broker.get(&client, level).unwrap().value, None);

        drop(provider);
        until(|| broker.get(&client, speed).unwrap().value.is_some()).await;
        broker.actuate(&client, level, Value::Uint32(8)).await.unwrap();
        until(|| broker.get(&client, level).unwrap().value == Some(Value::Uint32(8))).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_somebody_sets_stays_for_a_while() {
        let (broker, client) = (broker(), Client::outside());
        start(broker.clone(), CancellationToken::new());
        tokio::time::sleep(Duration::from_secs(1)).await;
        broker.publish(&client, "Vehicle.Speed", Value::Float(249.0)).unwrap();
        // The hold is by the wall clock, which the test's clock does not move.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let speed = broker.get(&client, "Vehicle.Speed").unwrap().value;
        assert_eq!(speed, Some(Value::Float(249.0)));
    }

    #[test]
    fn a_foreign_value_rests_for_half_a_minute() {
        let broker = broker();
        let update = Update::now(&broker.registry().entries()[0], None);
        let then = update.datapoint().timestamp.unwrap();
        assert!(!rested(&update, then + SignedDuration::from_secs(29)));
        assert!(rested(&update, then + SignedDuration::from_secs(30)));
    }
}
