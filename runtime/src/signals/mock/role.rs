//! One signal on the stage: what it does, since when, and when it is looked at next.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use vss_codegen::model::{SignalKind, Value};

use super::{
    Behaviour,
    act::Act,
    behaviour::Echo,
    formula::Formula,
    handle::Origin,
    plausible::{self, Plausible},
    script::Deed,
    trigger::number,
};
use crate::signals::{Broker, Entry, Registry, SignalError, Update, slot::Aspect};

/// How long a value that somebody else set stays: long enough to look at it.
const HOLD: SignedDuration = SignedDuration::from_secs(30);

/// Targets that wait for their delay; the oldest give way.
const MOST_WAITING: usize = 1000;

/// A signal that is played.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) behaviour: Arc<Behaviour>,
    pub(super) origin: Origin,
    part: Part,
    /// When the part began, and when it is looked at next.
    start: Duration,
    due: Option<Duration>,
    echo: Echo,
    /// Targets, and when they come true.
    asked: VecDeque<(Duration, Value)>,
    /// What was published last, to know it from what others publish.
    last: Option<Arc<Update>>,
    /// A trigger has said otherwise.
    pub(super) is_overridden: bool,
}

#[derive(Debug)]
enum Part {
    Timed(Act),
    Formula(Formula),
}

impl Role {
    /// What a behaviour is for this signal; `None` if it is left alone.
    pub(super) fn new(
        behaviour: &Arc<Behaviour>,
        origin: Origin,
        entry: &Entry,
        registry: &Registry,
        current: Option<&Value>,
    ) -> Result<Option<Role>, String> {
        let mut echo = Echo::default();
        let (name, act) = match &**behaviour {
            Behaviour::Off => return Ok(None),
            Behaviour::Plausible => match Plausible::of(entry) {
                None => return Ok(None),
                Some(plausible) => ("plausible", Ok(Act::Plausible(plausible))),
            },
            Behaviour::Constant(literal) => ("constant", Act::constant(entry, literal)),
            Behaviour::Sine(sine) => ("sine", Act::sine(entry, sine)),
            Behaviour::Ramp(ramp) => ("ramp", Act::ramp(entry, ramp, number(current))),
            Behaviour::RandomWalk(walk) => ("random_walk", Act::walk(entry, walk)),
            Behaviour::Sequence(sequence) => ("sequence", Act::sequence(entry, sequence)),
            Behaviour::Csv(csv) => ("csv", Act::csv(entry, csv)),
            Behaviour::Echo(wanted) => {
                echo = wanted.clone();
                ("echo", self::echo(entry, wanted))
            }
            Behaviour::Expression(text) => {
                let formula = Formula::new(text, entry, registry)
                    .map_err(|error| format!("expression: {error}"))?;
                let part = Part::Formula(formula);
                return Ok(Some(Role::of(behaviour, origin, part, echo)));
            }
        };
        let act = act.map_err(|error| format!("{name}: {error}"))?;
        Ok(Some(Role::of(behaviour, origin, Part::Timed(act), echo)))
    }

    /// Does nothing by itself: there for triggers.
    pub(super) fn still(origin: Origin) -> Role {
        let behaviour = Arc::new(Behaviour::Off);
        Role::of(&behaviour, origin, Part::Timed(Act::Still), Echo::default())
    }

    fn of(behaviour: &Arc<Behaviour>, origin: Origin, part: Part, echo: Echo) -> Role {
        Role {
            behaviour: behaviour.clone(),
            origin,
            part,
            start: Duration::ZERO,
            due: None,
            echo,
            asked: VecDeque::new(),
            last: None,
            is_overridden: false,
        }
    }

    /// Goes on stage, in the place of another or of none. What was told to be done is done
    /// at once, whoever set the value that is there.
    pub(super) fn enter(&mut self, now: Duration, before: Option<Role>, entry: &Entry) {
        self.begin(now);
        self.last = match self.origin {
            Origin::Default => before.and_then(|before| before.last),
            _ => entry.slot().get(Aspect::Current),
        };
    }

    fn begin(&mut self, now: Duration) {
        (self.start, self.due) = match self.part {
            // All plausible signals share one trip.
            Part::Timed(Act::Plausible(_)) => (Duration::ZERO, Some(now)),
            Part::Timed(_) => (now, Some(now)),
            Part::Formula(_) => (now, None),
        };
    }

    #[cfg(test)]
    pub(super) fn act(&mut self) -> Option<&mut Act> {
        match &mut self.part {
            Part::Timed(act) => Some(act),
            Part::Formula(_) => None,
        }
    }

    pub(super) fn is_formula(&self) -> bool {
        matches!(self.part, Part::Formula(_))
    }

    /// When it is to be looked at.
    pub(super) fn next(&self) -> Option<Duration> {
        let asked = self.asked.front().map(|(due, _)| *due);
        asked.into_iter().chain(self.due).min()
    }

    pub(super) fn play(&mut self, now: Duration, broker: &Broker, entry: &Entry) {
        while self.asked.front().is_some_and(|(due, _)| *due <= now) {
            let Some((_, value)) = self.asked.pop_front() else { break };
            self.carry_out(now, value, broker, entry);
        }
        let Part::Timed(act) = &mut self.part else { return };
        if self.due.is_some_and(|due| due <= now) {
            let elapsed = now.saturating_sub(self.start);
            let value = act.at(elapsed);
            let turn = entry.id().unsigned_abs();
            self.due = act.next(elapsed, turn).map(|next| self.start.saturating_add(next));
            if let Some(value) = value {
                self.publish(Some(value), broker, entry);
            }
        }
    }

    /// Whether an expression came to something new.
    pub(super) fn compute(&mut self, broker: &Broker, entry: &Entry) -> bool {
        let Part::Formula(formula) = &mut self.part else { return false };
        let Some(value) = formula.compute(broker) else { return false };
        let before = self.last.clone();
        if !self.publish(value, broker, entry) {
            return false;
        }
        if let Part::Formula(formula) = &mut self.part {
            formula.done();
        }
        match (&before, &self.last) {
            (Some(before), Some(last)) => !Arc::ptr_eq(before, last),
            (before, last) => before.is_some() != last.is_some(),
        }
    }

    /// Somebody asks for a value.
    pub(super) fn ask(&mut self, now: Duration, value: Value, broker: &Broker, entry: &Entry) {
        if self.echo == Echo::default() {
            self.carry_out(now, value, broker, entry);
            return;
        }
        if self.asked.len() == MOST_WAITING {
            self.asked.pop_front();
        }
        self.asked.push_back((now.saturating_add(self.echo.delay), value));
    }

    /// Does as a trigger says, until it is told otherwise.
    pub(super) fn obey(
        &mut self,
        now: Duration,
        deed: &Deed,
        broker: &Broker,
        entry: &Entry,
    ) -> Result<(), String> {
        let current = broker.current(entry).value;
        let act = deed.act(entry, number(current.as_ref()))?;
        self.is_overridden = true;
        self.take_over(now, act, entry);
        self.play(now, broker, entry);
        Ok(())
    }

    fn carry_out(&mut self, now: Duration, value: Value, broker: &Broker, entry: &Entry) {
        let current = broker.current(entry).value;
        if let (Some(rate), Some(from), Some(to)) =
            (self.echo.rate, number(current.as_ref()), number(Some(&value)))
            && let Some(glide) = Act::glide(entry, from, to, rate)
        {
            self.take_over(now, glide, entry);
            return;
        }
        if let Err(error) = broker.store_checked(entry, Aspect::Current, Some(value)) {
            tracing::debug!(%error, "the mock cannot echo a target");
        }
    }

    fn take_over(&mut self, now: Duration, act: Act, entry: &Entry) {
        self.part = Part::Timed(act);
        self.begin(now);
        self.last = entry.slot().get(Aspect::Current);
    }

    /// False if the signal is somebody else's now.
    fn publish(&mut self, value: Option<Value>, broker: &Broker, entry: &Entry) -> bool {
        let slot = entry.slot();
        if slot.is_claimed() {
            return false;
        }
        match slot.get(Aspect::Current) {
            None if value.is_none() => return true,
            None => {}
            Some(current) => {
                let ours = self.last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &current));
                if !ours && !rested(&current, Timestamp::now()) {
                    return false;
                }
                if current.datapoint().value == value {
                    return true;
                }
            }
        }
        match broker.store_checked(entry, Aspect::Current, value) {
            Ok(update) => self.last = Some(update),
            Err(error) => tell_misfit(&error),
        }
        true
    }
}

fn tell_misfit(error: &SignalError) {
    tracing::debug!(%error, "the mock made a value that does not fit");
}

/// The actuator begins as is plausible.
fn echo(entry: &Entry, echo: &Echo) -> Result<Act, String> {
    let signal = entry.signal();
    if signal.kind != SignalKind::Actuator {
        return Err(format!(
            "needs an actuator, this is a {}: nobody can ask it for a value",
            signal.kind.name()
        ));
    }
    if let Some(rate) = echo.rate {
        super::act::Scale::whole(entry).map_err(|error| format!("rate: {error}"))?;
        if !(rate.is_finite() && rate > 0.0) {
            return Err(format!("rate {rate} is not a speed: write a number above 0"));
        }
    }
    Ok(plausible::first(entry).map_or(Act::Still, Act::Constant))
}

fn rested(update: &Update, now: Timestamp) -> bool {
    update.datapoint().timestamp.is_none_or(|then| now.duration_since(then) >= HOLD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::testing::broker;

    #[test]
    fn a_foreign_value_rests_for_half_a_minute() {
        let broker = broker();
        let update = Update::now(&broker.registry().entries()[0], None);
        let then = update.datapoint().timestamp.unwrap();
        assert!(!rested(&update, then + SignedDuration::from_secs(29)));
        assert!(rested(&update, then + SignedDuration::from_secs(30)));
    }
}
