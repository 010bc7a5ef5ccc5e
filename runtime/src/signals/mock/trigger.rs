//! Triggers made ready: when a condition becomes true, signals change.

use vss_codegen::model::Value;

use super::{
    act::{self, Act},
    behaviour::{Ramp, Repeat},
    inputs::{Inputs, unknown},
    script::{Deed, Fault, Trigger},
};
use crate::signals::{Broker, Entry, Registry, condition::Condition};

#[derive(Debug)]
pub(super) struct Watch {
    /// For the log.
    text: String,
    condition: Condition<usize>,
    inputs: Inputs,
    held: bool,
    /// By the signals' ids.
    deeds: Vec<(i32, Deed)>,
}

impl Watch {
    pub(super) fn new(
        trigger: &Trigger,
        number: usize,
        registry: &Registry,
        faults: &mut Vec<Fault>,
    ) -> Option<Watch> {
        let mut fault = |field: String, message: String| {
            faults.push(Fault { at: trigger.at, rule: field, message });
        };
        let mut inputs = Inputs::new();
        let condition = condition(&trigger.when, registry, &mut inputs)
            .map_err(|message| fault(format!("triggers[{number}].when"), message));
        let mut deeds = Vec::with_capacity(trigger.deeds.len());
        for (path, deed) in &trigger.deeds {
            let checked = match registry.get(path) {
                None => Err(unknown(registry, path)),
                Some(entry) => deed.check(entry).map(|()| entry.id()),
            };
            match checked {
                Ok(id) => deeds.push((id, deed.clone())),
                Err(message) => {
                    fault(format!("triggers[{number}].{}.{path}", deed.name()), message);
                }
            }
        }
        let (text, condition) = (trigger.when.clone(), condition.ok()?);
        Some(Watch { text, condition, inputs, held: false, deeds })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn targets(&self) -> impl Iterator<Item = i32> {
        self.deeds.iter().map(|(id, _)| *id)
    }

    /// What is to be done now: once each time the condition becomes true.
    pub(super) fn fire(&mut self, broker: &Broker) -> &[(i32, Deed)] {
        if !self.inputs.refresh(broker) {
            return &[];
        }
        let holds = self.condition.evaluate(&|number| self.inputs.value(*number)) == Some(true);
        let became = holds && !self.held;
        self.held = holds;
        if became { &self.deeds } else { &[] }
    }
}

impl Deed {
    fn name(&self) -> &'static str {
        match self {
            Deed::Set(_) => "set",
            Deed::Ramp { .. } => "ramp",
        }
    }

    fn check(&self, entry: &Entry) -> Result<(), String> {
        self.act(entry, None).map(|_| ())
    }

    /// What the signal does from now on.
    pub(super) fn act(&self, entry: &Entry, current: Option<f64>) -> Result<Act, String> {
        match self {
            Deed::Set(literal) => act::value(entry, literal).map(Act::Constant),
            Deed::Ramp { to, duration } => {
                let ramp = Ramp { from: None, to: *to, duration: *duration, repeat: Repeat::Once };
                Act::ramp(entry, &ramp, current)
            }
        }
    }
}

fn condition(
    text: &str,
    registry: &Registry,
    inputs: &mut Inputs,
) -> Result<Condition<usize>, String> {
    let parsed: Condition = text.parse().map_err(|error| format!("{error}"))?;
    let datatype = |path: &String| Some(registry.get(path)?.signal().datatype.clone());
    parsed.check(&datatype).map_err(|mismatch| mismatch.to_string())?;
    parsed.try_map(&mut |path: &String| inputs.add(registry, path))
}

/// The number that a signal is now.
pub(super) fn number(value: Option<&Value>) -> Option<f64> {
    value.and_then(super::range::number)
}
