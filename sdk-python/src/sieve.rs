//! Which messages of a subscription reach its app, and in what shape.
//!
//! In: a message, all of one moment. Out: the items that its queue takes.

use vehicle_edge_runtime::signals::condition::Condition;

use crate::{
    decode::Message,
    sample::{Sample, Update},
};

/// What one call of a callback gets.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// The reading of the signal that was updated.
    One(Update),
    /// The readings of all signals that were asked for, at one moment.
    All(Box<[Sample]>),
}

/// What a subscription delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Each updated signal by itself.
    Each,
    /// All signals that were asked for, whenever any signal is updated, those that only the
    /// condition names included.
    Whole,
}

#[derive(Debug)]
pub(crate) struct Sieve {
    shape: Shape,
    /// How many signals were asked for; only the condition names those after them.
    selected: usize,
    /// Over indices.
    condition: Option<Condition<usize>>,
    /// The last sample of each signal; empty where nothing looks back at it.
    current: Vec<Option<Sample>>,
}

impl Item {
    /// Items of one key replace each other where only the newest counts.
    pub(crate) fn key(&self) -> usize {
        match self {
            Item::One(update) => update.signal,
            Item::All(_) => 0,
        }
    }

    /// Whether nothing has changed but the time.
    pub(crate) fn same_values(&self, other: &Item) -> bool {
        match (self, other) {
            (Item::One(a), Item::One(b)) => a.sample.value == b.sample.value,
            (Item::All(a), Item::All(b)) => {
                a.iter().map(|sample| &sample.value).eq(b.iter().map(|sample| &sample.value))
            }
            _ => false,
        }
    }
}

impl Sieve {
    /// `known` is how many signals there are, those that only the condition names included.
    pub(crate) fn new(
        shape: Shape,
        selected: usize,
        known: usize,
        condition: Option<Condition<usize>>,
    ) -> Sieve {
        let looks_back = shape == Shape::Whole || condition.is_some();
        let current = vec![None; if looks_back { known } else { 0 }];
        Sieve { shape, selected, condition, current }
    }

    /// Calls `deliver` with what `message` gives.
    pub(crate) fn take(&mut self, message: Message, mut deliver: impl FnMut(Item)) {
        if !self.current.is_empty() {
            let mut updated = false;
            for update in message.iter() {
                self.current[update.signal] = Some(update.sample.clone());
                updated = true;
            }
            if !updated || !self.holds() {
                return;
            }
        }
        if self.shape == Shape::Each {
            let selected = message.into_iter().filter(|update| update.signal < self.selected);
            return selected.for_each(|update| deliver(Item::One(update)));
        }
        let selected = &self.current[..self.selected];
        // As long as there never was a value nothing has happened to these.
        if selected.iter().any(Option::is_some) {
            deliver(Item::All(selected.iter().map(|s| s.clone().unwrap_or_default()).collect()));
        }
    }

    fn holds(&self) -> bool {
        let value = |signal: &usize| self.current.get(*signal)?.as_ref()?.value.as_ref();
        match &self.condition {
            Some(condition) => condition.evaluate(&value) == Some(true),
            None => true,
        }
    }
}
