//! Whether a condition's operands fit together, before any value is there.

use std::fmt::Display;

use vss_codegen::model::{DataType, Element};

use super::{Comparison, Condition, Constant, Operand};

/// A condition that no value could ever decide.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error("{left} ({left_type}) cannot be compared with {right} ({right_type})")]
    Kinds { left: String, left_type: String, right: String, right_type: String },
    #[error("{operand} is a {datatype}: only single values can be compared")]
    NotSingle { operand: String, datatype: String },
    #[error("{operand} ({datatype}) has no order: compare it with = or != alone")]
    NoOrder { operand: String, datatype: String },
    #[error("{operand} ({datatype}) is no condition by itself: only a boolean is")]
    NoTruth { operand: String, datatype: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Number,
    Text,
}

/// An operand's kind, and its type as it is to be shown.
struct Typed {
    shown: String,
    kind: Kind,
    datatype: String,
}

impl<S: Display> Condition<S> {
    /// `datatype` gives the type of a signal, and `None` for one that is not to be checked.
    pub fn check(&self, datatype: &impl Fn(&S) -> Option<DataType>) -> Result<(), Mismatch> {
        match self {
            Condition::Holds(operand) => match operand.typed(datatype)? {
                Some(Typed { shown, kind: Kind::Number | Kind::Text, datatype }) => {
                    Err(Mismatch::NoTruth { operand: shown, datatype })
                }
                _ => Ok(()),
            },
            Condition::Compare(left, comparison, right) => {
                let (left, right) = (left.typed(datatype)?, right.typed(datatype)?);
                let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
                comparable(left.as_ref(), right.as_ref(), equality)
            }
            Condition::Between(operand, low, high) => {
                let operand = operand.typed(datatype)?;
                comparable(operand.as_ref(), low.typed(datatype)?.as_ref(), false)?;
                comparable(operand.as_ref(), high.typed(datatype)?.as_ref(), false)
            }
            Condition::Not(inner) => inner.check(datatype),
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().try_for_each(|part| part.check(datatype))
            }
        }
    }
}

fn comparable(left: Option<&Typed>, right: Option<&Typed>, equality: bool) -> Result<(), Mismatch> {
    let (Some(left), Some(right)) = (left, right) else { return Ok(()) };
    if left.kind != right.kind {
        return Err(Mismatch::Kinds {
            left: left.shown.clone(),
            left_type: left.datatype.clone(),
            right: right.shown.clone(),
            right_type: right.datatype.clone(),
        });
    }
    if left.kind == Kind::Bool && !equality {
        let (operand, datatype) = (left.shown.clone(), left.datatype.clone());
        return Err(Mismatch::NoOrder { operand, datatype });
    }
    Ok(())
}

impl<S: Display> Operand<S> {
    fn typed(&self, datatype: &impl Fn(&S) -> Option<DataType>) -> Result<Option<Typed>, Mismatch> {
        let (kind, datatype) = match self {
            Operand::Constant(constant) => {
                let (kind, name) = constant.kind();
                (kind, name.to_owned())
            }
            Operand::Signal(signal) => {
                let Some(datatype) = datatype(signal) else { return Ok(None) };
                match kind(&datatype) {
                    Some(kind) => (kind, datatype.to_string()),
                    None => {
                        let (operand, datatype) = (signal.to_string(), datatype.to_string());
                        return Err(Mismatch::NotSingle { operand, datatype });
                    }
                }
            }
        };
        Ok(Some(Typed { shown: self.to_string(), kind, datatype }))
    }
}

impl Constant {
    fn kind(&self) -> (Kind, &'static str) {
        match self {
            Constant::Bool(_) => (Kind::Bool, "a boolean"),
            Constant::Int(_) | Constant::Float(_) => (Kind::Number, "a number"),
            Constant::Text(_) => (Kind::Text, "a text"),
        }
    }
}

/// `None` for what is no single value.
fn kind(datatype: &DataType) -> Option<Kind> {
    match &datatype.element {
        _ if datatype.is_array => None,
        Element::Struct(_) => None,
        Element::Boolean => Some(Kind::Bool),
        Element::String => Some(Kind::Text),
        _ => Some(Kind::Number),
    }
}
