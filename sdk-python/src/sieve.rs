//! Which messages of a subscription reach its app, and in what shape.
//!
//! In: a message, all of one moment. Out: the items that its queue takes.

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
    /// All signals that were asked for, whenever any signal is updated.
    Whole,
}

#[derive(Debug)]
pub(crate) struct Sieve {
    shape: Shape,
    /// How many signals were asked for.
    selected: usize,
    /// The last sample of each signal, where later updates need it.
    current: Vec<Sample>,
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
    pub(crate) fn new(shape: Shape, selected: usize) -> Sieve {
        let kept = if shape == Shape::Each { 0 } else { selected };
        Sieve { shape, selected, current: vec![Sample::default(); kept] }
    }

    /// Calls `deliver` with what `message` gives.
    pub(crate) fn take(&mut self, message: Message, mut deliver: impl FnMut(Item)) {
        if self.shape == Shape::Each {
            return message.into_iter().for_each(|update| deliver(Item::One(update)));
        }
        let mut updated = false;
        for update in message {
            updated = true;
            self.current[update.signal] = update.sample;
        }
        if updated {
            deliver(Item::All(self.current[..self.selected].into()));
        }
    }
}
