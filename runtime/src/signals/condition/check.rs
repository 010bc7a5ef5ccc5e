//! Whether a condition's operands fit together, before any value is there.

use std::fmt::Display;

use vss_codegen::model::DataType;

use super::{Comparison, Condition, Constant, Kind, Operand};

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
                let kind = constant.kind();
                (kind, kind.name().to_owned())
            }
            Operand::Signal(signal) => {
                let Some(datatype) = datatype(signal) else { return Ok(None) };
                match Kind::of(&datatype) {
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
    fn kind(&self) -> Kind {
        match self {
            Constant::Bool(_) => Kind::Bool,
            Constant::Int(_) | Constant::Float(_) => Kind::Number,
            Constant::Text(_) => Kind::Text,
        }
    }
}
