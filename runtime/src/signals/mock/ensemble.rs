//! All roles together, and when each is looked at: everything the mock knows, changed under one lock.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;
use vss_codegen::model::SignalKind;

use super::{
    Behaviour,
    act::TICK,
    clock::Clock,
    handle::Origin,
    role::Role,
    script::{Fault, Place, Rule, Script, unmatched},
    trigger::Watch,
};
use crate::signals::{Actuation, Broker, Entry, Provider, Registry, Share, SignalRef};

/// How often in one moment expressions and triggers may set each other off.
const ROUNDS: usize = 8;

/// By the signals' ids.
type Changes = BTreeMap<i32, (String, Arc<Behaviour>)>;

#[derive(Debug)]
pub(super) struct Ensemble {
    pub(super) broker: Broker,
    /// The signals that are the mock's, and with what it carries out what they are asked
    /// for; nothing is played before it has these.
    share: Share,
    provider: Option<Provider>,
    /// The signals that the roles are for.
    registry: Arc<Registry>,
    /// Actuators whose targets the mock carries out.
    claimed: BTreeSet<i32>,
    pub(super) script: Script,
    /// What was changed while it ran, with the pattern that it was said for.
    live: Changes,
    roles: BTreeMap<i32, Role>,
    /// When roles are to be looked at: the same as their `next`.
    schedule: BTreeSet<(Duration, i32)>,
    formulas: Vec<i32>,
    watches: Vec<Watch>,
    next_watch: Duration,
    pub(super) clock: Clock,
    /// How often triggers were cut short because they had no end.
    pub(super) cut_short: u64,
}

/// Roles and triggers that fit the model.
struct Cast {
    /// `None`: as it is already.
    roles: BTreeMap<i32, (Origin, Option<Role>)>,
    watches: Vec<Watch>,
}

impl Ensemble {
    /// Nothing is played until a script is.
    pub(super) fn new(broker: Broker) -> Ensemble {
        let registry = broker.registry();
        Ensemble {
            broker,
            share: Share::all(),
            provider: None,
            registry,
            claimed: BTreeSet::new(),
            script: Script { defaults: false, ..Script::default() },
            live: BTreeMap::new(),
            roles: BTreeMap::new(),
            schedule: BTreeSet::new(),
            formulas: Vec::new(),
            watches: Vec::new(),
            next_watch: Duration::ZERO,
            clock: Clock::new(),
            cut_short: 0,
        }
    }

    /// Begins, with the signals of this share.
    pub(super) fn open(&mut self, share: Share, provider: Provider) {
        (self.share, self.provider) = (share, Some(provider));
        self.clock = Clock::new();
        self.roles.clear();
        self.recast();
    }

    /// Follows an exchange of the model. What does not fit any more is left out.
    pub(super) fn recast(&mut self) {
        let before = std::mem::replace(&mut self.registry, self.broker.registry());
        let same = |id: i32| {
            let now = self.registry.by_id(id).map(|entry| entry.signal());
            now.is_some() && before.by_id(id).map(|entry| entry.signal()) == now
        };
        let lost = before.entries().iter().any(|entry| !same(entry.id()));
        let entries = self.registry.entries().iter().map(|entry| entry.id());
        // An expression may have named what is lost.
        let anew = entries.filter(|id| !same(*id) || (lost && self.formulas.contains(id)));
        let anew = anew.collect();
        let live = self.live.iter().filter(|(id, _)| self.registry.by_id(**id).is_some());
        let live = live.map(|(id, change)| (*id, change.clone())).collect();
        let script = self.script.clone();
        let (cast, faults) = self.cast(&script, &live, &anew);
        for fault in faults {
            let fault = fault.render(script.file.as_deref());
            tracing::warn!("the mock leaves out what does not fit the model: {fault}");
        }
        self.enter(script, live, cast, lost);
    }

    /// Plays this from now on, and nothing that was said before. A signal that does the
    /// same as before goes on where it is.
    pub(super) fn play(&mut self, script: Script) -> Result<(), Vec<Fault>> {
        let live = BTreeMap::new();
        let overridden = self.roles.iter().filter(|(_, role)| role.is_overridden);
        let anew = overridden.map(|(id, _)| *id).collect();
        let cast = self.cast_or_faults(&script, &live, &anew)?;
        let new_triggers = script.triggers != self.script.triggers;
        self.enter(script, live, cast, new_triggers);
        Ok(())
    }

    /// Changes what the signals of a pattern do; `None` undoes such a change.
    pub(super) fn change(
        &mut self,
        pattern: &str,
        behaviour: Option<Behaviour>,
    ) -> Result<usize, Vec<Fault>> {
        let rule = Rule::new(pattern, behaviour.clone().unwrap_or(Behaviour::Off));
        let registry = &self.registry;
        let ids: BTreeSet<i32> = match registry.matching(pattern) {
            Ok(entries) if entries.is_empty() => {
                return Err(vec![rule.fault(unmatched(registry, pattern))]);
            }
            Ok(entries) => entries.iter().map(|entry| entry.id()).collect(),
            Err(error) => return Err(vec![rule.fault(error.to_string())]),
        };
        let mut live = self.live.clone();
        for id in &ids {
            match behaviour {
                Some(_) => live.insert(*id, (pattern.to_owned(), rule.behaviour.clone())),
                None => live.remove(id),
            };
        }
        let script = self.script.clone();
        let cast = self.cast_or_faults(&script, &live, &ids)?;
        self.enter(script, live, cast, false);
        Ok(ids.len())
    }

    pub(super) fn owns(&self, path: &str) -> bool {
        self.share.owns(path)
    }

    /// In the order of the model.
    pub(super) fn played(&self) -> impl Iterator<Item = (&Entry, &Role)> {
        let entries = self.registry.entries().iter();
        entries.filter_map(|entry| Some((&**entry, self.roles.get(&entry.id())?)))
    }

    fn cast_or_faults(
        &self,
        script: &Script,
        live: &Changes,
        anew: &BTreeSet<i32>,
    ) -> Result<Cast, Vec<Fault>> {
        let (cast, faults) = self.cast(script, live, anew);
        if faults.is_empty() { Ok(cast) } else { Err(faults) }
    }

    /// Finds out who would play what, and changes nothing. Signals of `anew` begin anew.
    fn cast(&self, script: &Script, live: &Changes, anew: &BTreeSet<i32>) -> (Cast, Vec<Fault>) {
        let registry = &self.registry;
        let mut faults = Vec::new();
        let rules = script.assign(registry, &mut faults);
        let mut watches = Vec::new();
        for (number, trigger) in script.triggers.iter().enumerate() {
            watches.extend(Watch::new(trigger, number, registry, &mut faults));
        }
        let plausible = Arc::new(Behaviour::Plausible);
        let mut roles = BTreeMap::new();
        let mut misfits = Misfits::default();
        for entry in registry.entries().iter().filter(|entry| self.share.owns(entry.path())) {
            let id = entry.id();
            let rule = rules.get(&id);
            let (behaviour, origin) = match (live.get(&id), rule) {
                (Some((pattern, behaviour)), _) => (behaviour, Origin::Live(pattern.clone())),
                (None, Some(rule)) => (&rule.behaviour, Origin::Rule(rule.signals.clone())),
                (None, None) if script.defaults => (&plausible, Origin::Default),
                (None, None) => continue,
            };
            let known = self.roles.get(&id).filter(|_| !anew.contains(&id));
            if known.is_some_and(|role| role.behaviour == *behaviour) {
                roles.insert(id, (origin, None));
                continue;
            }
            let current = self.broker.current(entry).value;
            match Role::new(behaviour, origin.clone(), entry, registry, current.as_ref()) {
                Ok(Some(role)) => drop(roles.insert(id, (origin, Some(role)))),
                Ok(None) => {}
                Err(message) => misfits.add(&origin, rule.and_then(|rule| rule.at), entry, message),
            }
        }
        faults.extend(misfits.into_faults());
        let owned =
            |id: &i32| registry.by_id(*id).is_some_and(|entry| self.share.owns(entry.path()));
        for id in watches.iter().flat_map(Watch::targets).filter(owned) {
            let origin = Origin::Trigger;
            roles.entry(id).or_insert_with(|| match self.roles.get(&id) {
                Some(role) if role.origin == origin => (origin, None),
                _ => (origin.clone(), Some(Role::still(origin))),
            });
        }
        (Cast { roles, watches }, faults)
    }

    fn enter(&mut self, script: Script, live: Changes, cast: Cast, new_triggers: bool) {
        let now = self.clock.now();
        let mut before = std::mem::take(&mut self.roles);
        for (id, (origin, role)) in cast.roles {
            let old = before.remove(&id);
            let Some(entry) = self.registry.by_id(id) else { continue };
            let role = match (role, old) {
                (Some(mut role), old) => {
                    role.enter(now, old, entry);
                    Some(role)
                }
                (None, Some(mut old)) => {
                    old.origin = origin;
                    Some(old)
                }
                (None, None) => None,
            };
            self.roles.extend(role.map(|role| (id, role)));
        }
        // A trigger that is as it was does not fire again for what holds already.
        if new_triggers {
            self.watches = cast.watches;
            self.cut_short = 0;
        }
        (self.script, self.live) = (script, live);
        let of_formulas = self.roles.iter().filter(|(_, role)| role.is_formula());
        self.formulas = of_formulas.map(|(id, _)| *id).collect();
        let due = self.roles.iter().filter_map(|(id, role)| Some((role.next()?, *id)));
        self.schedule = due.collect();
        self.next_watch = now;
        self.claim();
    }

    /// Claims the actuators that are played, and no others.
    fn claim(&mut self) {
        let Some(provider) = &self.provider else { return };
        let registry = &self.registry;
        let is_actuator = |id: &&i32| {
            registry.by_id(**id).is_some_and(|entry| entry.signal().kind == SignalKind::Actuator)
        };
        let wanted: BTreeSet<i32> = self.roles.keys().filter(is_actuator).copied().collect();
        let mut new: Vec<i32> = wanted.difference(&self.claimed).copied().collect();
        if !self.claimed.is_subset(&wanted) {
            provider.release();
            new = wanted.iter().copied().collect();
        }
        let signals: Vec<_> = new.into_iter().map(SignalRef::Id).collect();
        if let Err(error) = provider.claim_actuations(&signals) {
            tracing::error!(%error, "the mock cannot carry out actuations");
        }
        self.claimed = wanted;
    }

    /// Leaves everything to others.
    pub(super) fn close(&mut self) {
        self.provider = None;
        self.claimed.clear();
        self.roles.clear();
        self.schedule.clear();
        self.watches.clear();
        self.formulas.clear();
    }

    /// Does all that is due, and says when there will be more.
    pub(super) fn step(&mut self) -> Option<Instant> {
        if self.clock.is_paused() {
            return None;
        }
        let now = self.clock.now();
        while let Some((due, id)) = self.schedule.first().copied()
            && due <= now
        {
            let played = self.with_role(id, |role, broker, entry| role.play(now, broker, entry));
            if played.is_none() {
                self.schedule.remove(&(due, id));
            }
        }
        let watches = !(self.watches.is_empty() && self.formulas.is_empty());
        if watches && self.next_watch <= now {
            self.watch(now);
            self.next_watch = now + TICK;
        }
        let due = self.schedule.first().map(|(due, _)| *due);
        let next = due.into_iter().chain(watches.then_some(self.next_watch)).min()?;
        Some(self.clock.instant(next))
    }

    /// Does as others ask.
    pub(super) fn carry_out(&mut self, batch: &[Actuation]) {
        let now = self.clock.now();
        for actuation in batch {
            let Some(value) = actuation.datapoint().value.clone() else { continue };
            let known = self.with_role(actuation.id(), |role, broker, entry| {
                role.ask(now, value, broker, entry);
            });
            if known.is_none()
                && let Some(provider) = &self.provider
            {
                provider.refuse(SignalRef::Id(actuation.id()), "the mock does not play it");
            }
        }
    }

    /// Lets expressions and triggers see what is new, and what follows from that.
    fn watch(&mut self, now: Duration) {
        let mut fired = None;
        for _ in 0..ROUNDS {
            let mut acted = false;
            for id in self.formulas.clone() {
                let new = self.with_role(id, |role, broker, entry| role.compute(broker, entry));
                acted |= new.unwrap_or(false);
            }
            for number in 0..self.watches.len() {
                let broker = self.broker.clone();
                let Some(watch) = self.watches.get_mut(number) else { continue };
                let deeds = watch.fire(&broker).to_vec();
                if !deeds.is_empty() {
                    (acted, fired) = (true, Some(number));
                }
                for (id, deed) in deeds {
                    let done = self
                        .with_role(id, |role, broker, entry| role.obey(now, &deed, broker, entry));
                    if let Some(Err(error)) = done {
                        tracing::warn!("a trigger of the mock cannot do as it says: {error}");
                    }
                }
            }
            if !acted {
                return;
            }
        }
        self.cut_short += 1;
        if self.cut_short == 1 {
            let trigger = fired.and_then(|number| self.watches.get(number)).map(Watch::text);
            tracing::warn!(
                trigger,
                "the mock's triggers or expressions set each other off without end: after \
                 {ROUNDS} rounds the rest waits for the next tenth of a second"
            );
        }
    }

    /// Whatever happens to a role may change when it is looked at.
    fn with_role<T>(
        &mut self,
        id: i32,
        act: impl FnOnce(&mut Role, &Broker, &Entry) -> T,
    ) -> Option<T> {
        let role = self.roles.get_mut(&id)?;
        let entry = self.registry.by_id(id)?;
        let (before, was_formula) = (role.next(), role.is_formula());
        let done = act(role, &self.broker, entry);
        let after = role.next();
        if before != after {
            self.schedule.extend(after.map(|due| (due, id)));
            if let Some(due) = before {
                self.schedule.remove(&(due, id));
            }
        }
        if was_formula && !role.is_formula() {
            self.formulas.retain(|formula| *formula != id);
        }
        Some(done)
    }
}

/// Signals for which what a rule says does not fit: one fault a rule, whatever it matches.
#[derive(Default)]
struct Misfits(BTreeMap<(Place, String), Misfit>);

/// What to say of the first signal, and how many there are.
type Misfit = (String, usize);

impl Misfits {
    fn add(&mut self, origin: &Origin, at: Place, entry: &Entry, message: String) {
        let pattern = match origin {
            Origin::Rule(pattern) | Origin::Live(pattern) => pattern.clone(),
            Origin::Default | Origin::Trigger => entry.path().to_owned(),
        };
        let of_pattern = match pattern == entry.path() {
            true => message,
            false => format!("does not fit {}: {message}", entry.path()),
        };
        self.0.entry((at, pattern)).or_insert((of_pattern, 0)).1 += 1;
    }

    fn into_faults(self) -> impl Iterator<Item = Fault> {
        self.0.into_iter().map(|((at, pattern), (mut message, count))| {
            if count > 1 {
                message.push_str(&format!(" (and {} more of its signals)", count - 1));
            }
            Fault { at, rule: format!("signals.{pattern}"), message }
        })
    }
}
