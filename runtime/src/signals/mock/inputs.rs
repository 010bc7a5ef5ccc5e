//! The signals that an expression or a condition looks at.

use std::{collections::HashSet, sync::Arc};

use vss_codegen::model::Value;

use crate::signals::{Broker, Registry, Update, slot::Aspect};

#[derive(Debug, Default)]
pub(super) struct Inputs {
    ids: Vec<i32>,
    /// As they were when last looked at.
    last: Vec<Option<Arc<Update>>>,
    seen: HashSet<i32>,
    is_new: bool,
}

impl Inputs {
    pub(super) fn new() -> Inputs {
        Inputs { is_new: true, ..Inputs::default() }
    }

    /// The number of a signal among the inputs.
    pub(super) fn add(&mut self, registry: &Registry, path: &str) -> Result<usize, String> {
        let entry = registry.get(path).ok_or_else(|| unknown(registry, path))?;
        if self.seen.insert(entry.id()) {
            self.ids.push(entry.id());
            self.last.push(None);
        }
        Ok(self.ids.iter().position(|id| *id == entry.id()).unwrap_or_default())
    }

    /// Looks anew; whether anything was told since.
    pub(super) fn refresh(&mut self, broker: &Broker) -> bool {
        let mut changed = std::mem::take(&mut self.is_new);
        let registry = broker.registry();
        for (id, last) in self.ids.iter().zip(&mut self.last) {
            let now = registry.by_id(*id).and_then(|entry| entry.slot().get(Aspect::Current));
            let same = match (&now, &*last) {
                (Some(now), Some(last)) => Arc::ptr_eq(now, last),
                (None, None) => true,
                _ => false,
            };
            if !same {
                (*last, changed) = (now, true);
            }
        }
        changed
    }

    pub(super) fn value(&self, number: usize) -> Option<&Value> {
        self.last.get(number)?.as_ref()?.datapoint().value.as_ref()
    }
}

pub(super) fn unknown(registry: &Registry, path: &str) -> String {
    match registry.nearest(path) {
        Some(near) => format!("no signal has the path '{path}'; did you mean '{near}'?"),
        None => format!("no signal has the path '{path}': 'vehicle-edge signals ls' lists them"),
    }
}
