//! One signal while a car runs: its value, who gets it, who provides it.

use std::{
    sync::{Arc, Mutex},
    task::Waker,
    time::{Duration, Instant},
};

use super::{
    SignalError, Update, lock,
    provider::Port,
    queue::{Pressure, Queue},
    rules::{Decision, Name, Rule, Writer},
};

#[derive(Debug, Default)]
pub(super) struct Slot {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Arc<Update>>,
    /// The last value that an actuator was asked for.
    target: Option<Arc<Update>>,
    readers: Vec<Reader>,
    target_readers: Vec<Reader>,
    /// Carries out actuations.
    actuation: Option<Arc<Port>>,
    /// Does so while nobody has claimed that: the mock.
    fallback: Option<Arc<Port>>,
    /// Alone publishes on a stream.
    publisher: Option<Arc<Port>>,
    /// Wrote it last, where a rule says who may.
    writer: Option<Writer>,
    /// The model has this signal no more: who still finds the slot comes too late.
    is_gone: bool,
}

/// A subscriber's queue, and this signal's number in it.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub(super) queue: Arc<Queue>,
    pub(super) member: u32,
}

/// The model has the signal no more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone;

/// Another provider keeps the claim.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept;

/// What a subscriber follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Current,
    Target,
}

/// What a provider claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    Actuation,
    Publishing,
}

impl Slot {
    pub(super) fn get(&self, aspect: Aspect) -> Option<Arc<Update>> {
        lock(&self.state).last(aspect).clone()
    }

    /// Stores the update and queues it for each reader. With `only_changes`, an equal value
    /// is stored for its time and told to nobody. Gives back the readers that are about to
    /// lose values, for whom the caller may wait.
    pub(super) fn store(
        &self,
        aspect: Aspect,
        update: &Arc<Update>,
        only_changes: bool,
    ) -> Option<Pressure> {
        let mut wakers: Vec<Waker> = Vec::new();
        let mut pressed = Vec::new();
        {
            let mut state = lock(&self.state);
            let old = state.last(aspect).replace(update.clone());
            let same = old.is_some_and(|old| old.datapoint().value == update.datapoint().value);
            if only_changes && same {
                return None;
            }
            for reader in state.readers(aspect).iter() {
                let pushed = reader.queue.push(reader.member, update);
                wakers.extend(pushed.waker);
                if pushed.is_pressed {
                    pressed.push(reader.queue.clone());
                }
            }
        }
        for waker in wakers {
            waker.wake();
        }
        Pressure::of(pressed)
    }

    /// Adds a reader and gives it the value from which it goes on; an error if the signal is
    /// gone.
    pub(super) fn subscribe(
        &self,
        aspect: Aspect,
        reader: Reader,
    ) -> Result<Option<Arc<Update>>, Gone> {
        let mut state = lock(&self.state);
        if state.is_gone {
            return Err(Gone);
        }
        state.readers(aspect).push(reader);
        Ok(state.last(aspect).clone())
    }

    /// Ends the signal's life: its readers are told, its claims end.
    pub(super) fn end(&self, path: &Arc<str>) {
        let mut state =
            std::mem::replace(&mut *lock(&self.state), State { is_gone: true, ..State::default() });
        let mut readers = std::mem::take(&mut state.readers);
        readers.append(&mut state.target_readers);
        for reader in readers {
            if let Some(waker) = reader.queue.end(SignalError::Gone { path: path.clone() }) {
                waker.wake();
            }
        }
    }

    /// Forgets the values that do not pass any more.
    pub(super) fn keep(&self, passes: impl Fn(&Update) -> bool) {
        let mut state = lock(&self.state);
        state.current.take_if(|update| !passes(update));
        state.target.take_if(|update| !passes(update));
    }

    pub(super) fn unsubscribe(&self, aspect: Aspect, queue: &Arc<Queue>) {
        let mut state = lock(&self.state);
        state.readers(aspect).retain(|reader| !Arc::ptr_eq(&reader.queue, queue));
    }

    /// The provider that gives way, if any; an error if another one keeps the claim, or the
    /// signal is gone. With `only_ask` nothing is changed.
    pub(super) fn claim(
        &self,
        claim: Claim,
        port: &Arc<Port>,
        rule: Option<&Rule>,
        only_ask: bool,
    ) -> Result<Option<Arc<Port>>, Kept> {
        let mut state = lock(&self.state);
        if state.is_gone {
            return Err(Kept);
        }
        let place = state.claimed(claim, port);
        if let Some(holder) = place.as_ref() {
            match rule.unwrap_or(&Rule::First).provider(&holder.party, &port.party) {
                Decision::Refuse(_) => return Err(Kept),
                Decision::Take => return Ok(None),
                Decision::TakeOver => {}
            }
        }
        Ok(if only_ask { None } else { place.replace(port.clone()) })
    }

    pub(super) fn release(&self, claim: Claim, port: &Arc<Port>) {
        let mut state = lock(&self.state);
        state.claimed(claim, port).take_if(|holder| holder.party.number == port.party.number);
    }

    /// The number of the provider that has claimed to publish this signal.
    pub(super) fn publisher(&self) -> Option<u64> {
        lock(&self.state).publisher.as_ref().map(|port| port.party.number)
    }

    /// Makes `asker` the writer; gives the one before it, or the name of who keeps it and
    /// for how long.
    pub(super) fn write(
        &self,
        rule: &Rule,
        asker: Writer,
    ) -> Result<Option<Writer>, (Name, Option<Duration>)> {
        Writer::succeed(&mut lock(&self.state).writer, rule, asker)
    }

    /// Takes back what `write` did, unless somebody else has written since.
    pub(super) fn write_undone(&self, asker: u64, before: Option<Writer>) {
        let mut state = lock(&self.state);
        if state.writer.as_ref().is_some_and(|writer| writer.is(asker)) {
            state.writer = before;
        }
    }

    /// Who publishes it on a stream, who carries out its actuations, and who keeps others
    /// from writing it.
    pub(super) fn holders(&self, rule: Option<&Rule>) -> [Option<Name>; 3] {
        let state = lock(&self.state);
        let name = |port: &Option<Arc<Port>>| port.as_ref().map(|port| port.party.name.clone());
        let writer = state.writer.as_ref().zip(rule);
        let writer = writer.and_then(|(writer, rule)| writer.name(rule, Instant::now()));
        [name(&state.publisher), name(&state.actuation), writer]
    }

    /// Who carries out actuations now.
    pub(super) fn actuator(&self) -> Option<Arc<Port>> {
        let state = lock(&self.state);
        state.actuation.as_ref().or(state.fallback.as_ref()).cloned()
    }

    /// Whether anyone but a fallback has claimed this signal.
    pub(super) fn is_claimed(&self) -> bool {
        let state = lock(&self.state);
        state.actuation.is_some() || state.publisher.is_some()
    }
}

impl State {
    fn last(&mut self, aspect: Aspect) -> &mut Option<Arc<Update>> {
        match aspect {
            Aspect::Current => &mut self.current,
            Aspect::Target => &mut self.target,
        }
    }

    /// Who has claimed this among those of the port's kind.
    fn claimed(&mut self, claim: Claim, port: &Port) -> &mut Option<Arc<Port>> {
        match claim {
            Claim::Actuation if port.is_fallback => &mut self.fallback,
            Claim::Actuation => &mut self.actuation,
            Claim::Publishing => &mut self.publisher,
        }
    }

    fn readers(&mut self, aspect: Aspect) -> &mut Vec<Reader> {
        match aspect {
            Aspect::Current => &mut self.readers,
            Aspect::Target => &mut self.target_readers,
        }
    }
}
