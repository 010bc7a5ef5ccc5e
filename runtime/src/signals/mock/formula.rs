//! An expression made ready for one signal.

use vss_codegen::model::Value;

use super::{
    act::Scale,
    expression::{Expression, Kind, Term},
    inputs::{Inputs, unknown},
};
use crate::signals::{Broker, Entry, Registry};

#[derive(Debug)]
pub(super) struct Formula {
    expression: Expression<usize>,
    inputs: Inputs,
    /// Of a number.
    scale: Option<Scale>,
    /// What it came to is still to be published.
    is_open: bool,
}

impl Formula {
    pub(super) fn new(text: &str, entry: &Entry, registry: &Registry) -> Result<Formula, String> {
        let parsed: Expression = text.parse().map_err(|error| format!("{error}"))?;
        let datatype = &entry.signal().datatype;
        let wanted = Kind::of(datatype)
            .ok_or_else(|| format!("cannot give a {datatype}: only single values"))?;
        let given = parsed.kind(&|path| kind(path, registry))?;
        if given != wanted {
            return Err(format!("gives {}, the signal is a {datatype}", given.name()));
        }
        let scale = match wanted {
            Kind::Number if entry.limits().allowed.is_empty() => Some(Scale::whole(entry)?),
            Kind::Number => return Err(Scale::whole(entry).err().unwrap_or_default()),
            Kind::Bool | Kind::Text => None,
        };
        let mut inputs = Inputs::new();
        let expression = parsed.try_map(&mut |path: &String| match path == entry.path() {
            true => Err(format!("names {path} itself: only other signals can be used")),
            false => inputs.add(registry, path),
        })?;
        Ok(Formula { expression, inputs, scale, is_open: true })
    }

    /// What is to be published, until it is [`done`](Formula::done): `Some(None)` is that
    /// there is no value. Numbers are kept within the signal's limits.
    pub(super) fn compute(&mut self, broker: &Broker) -> Option<Option<Value>> {
        self.is_open |= self.inputs.refresh(broker);
        if !self.is_open {
            return None;
        }
        let term = self.expression.evaluate(&|number| self.inputs.value(*number));
        Some(match (term, &self.scale) {
            (Some(Term::Number(number)), Some(scale)) => Some(scale.value(number)),
            (Some(Term::Bool(truth)), _) => Some(Value::Bool(truth)),
            (Some(Term::Text(text)), _) => Some(Value::String(text.into())),
            _ => None,
        })
    }

    pub(super) fn done(&mut self) {
        self.is_open = false;
    }
}

fn kind(path: &str, registry: &Registry) -> Result<Kind, String> {
    let entry = registry.get(path).ok_or_else(|| unknown(registry, path))?;
    let datatype = &entry.signal().datatype;
    Kind::of(datatype).ok_or_else(|| format!("{path} is a {datatype}: only single values"))
}
