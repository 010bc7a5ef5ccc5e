//! Whether a condition holds.

use std::cmp::Ordering;

use vss_codegen::model::Value;

use super::{Comparison, Condition, Constant, Operand};

/// What is compared: one value of a signal, or a constant.
#[derive(Clone, Copy, Debug)]
enum Term<'a> {
    Bool(bool),
    Int(i128),
    Single(f32),
    Double(f64),
    Text(&'a str),
}

impl<S> Condition<S> {
    /// `None` when that depends on a signal without a value. `value` finds the value of a
    /// signal. Values that cannot be compared, NaN among them, make no condition true or
    /// false either.
    pub fn evaluate<'a>(&'a self, value: &impl Fn(&S) -> Option<&'a Value>) -> Option<bool> {
        match self {
            Condition::Holds(operand) => match operand.term(value)? {
                Term::Bool(truth) => Some(truth),
                _ => None,
            },
            Condition::Compare(left, comparison, right) => {
                let order = left.term(value)?.compare(right.term(value)?)?;
                Some(comparison.accepts(order))
            }
            Condition::Between(operand, low, high) => and([
                at_least(operand.term(value), low.term(value)),
                at_least(high.term(value), operand.term(value)),
            ]),
            Condition::Not(inner) => inner.evaluate(value).map(|truth| !truth),
            Condition::All(parts) => and(parts.iter().map(|part| part.evaluate(value))),
            Condition::Any(parts) => {
                let negated = parts.iter().map(|part| Some(!part.evaluate(value)?));
                and(negated).map(|none| !none)
            }
        }
    }
}

/// False if any is, unknown if any of the others is.
fn and(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut truth = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => truth = None,
        }
    }
    truth
}

fn at_least(left: Option<Term<'_>>, right: Option<Term<'_>>) -> Option<bool> {
    left?.compare(right?).map(Ordering::is_ge)
}

impl<S> Operand<S> {
    fn term<'a>(&'a self, value: &impl Fn(&S) -> Option<&'a Value>) -> Option<Term<'a>> {
        match self {
            Operand::Signal(signal) => Term::of(value(signal)?),
            Operand::Constant(Constant::Bool(value)) => Some(Term::Bool(*value)),
            Operand::Constant(Constant::Int(value)) => Some(Term::Int(*value)),
            Operand::Constant(Constant::Float(value)) => Some(Term::Double(*value)),
            Operand::Constant(Constant::Text(text)) => Some(Term::Text(text)),
        }
    }
}

impl<'a> Term<'a> {
    /// `None` for an array.
    fn of(value: &'a Value) -> Option<Term<'a>> {
        Some(match value {
            Value::Bool(v) => Term::Bool(*v),
            Value::Int32(v) => Term::Int((*v).into()),
            Value::Int64(v) => Term::Int((*v).into()),
            Value::Uint32(v) => Term::Int((*v).into()),
            Value::Uint64(v) => Term::Int((*v).into()),
            Value::Float(v) => Term::Single(*v),
            Value::Double(v) => Term::Double(*v),
            Value::String(v) => Term::Text(v),
            _ => return None,
        })
    }

    fn compare(self, other: Term<'_>) -> Option<Ordering> {
        use Term as T;
        match (self, other) {
            (T::Bool(a), T::Bool(b)) => Some(a.cmp(&b)),
            (T::Text(a), T::Text(b)) => Some(a.cmp(b)),
            (T::Int(a), T::Int(b)) => Some(a.cmp(&b)),
            (T::Single(a), T::Single(b)) => a.partial_cmp(&b),
            (T::Double(a), T::Double(b)) => a.partial_cmp(&b),
            // As near as 32 bits come: a float that was set to 0.1 equals 0.1.
            (T::Single(a), T::Double(b)) => a.partial_cmp(&(b as f32)),
            (T::Double(a), T::Single(b)) => (a as f32).partial_cmp(&b),
            (T::Int(a), T::Single(b)) => compare_mixed(a, b.into()),
            (T::Int(a), T::Double(b)) => compare_mixed(a, b),
            (T::Single(a), T::Int(b)) => compare_mixed(b, a.into()).map(Ordering::reverse),
            (T::Double(a), T::Int(b)) => compare_mixed(b, a).map(Ordering::reverse),
            _ => None,
        }
    }
}

/// Exactly, also where the integer has more digits than a float.
fn compare_mixed(int: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // A float beyond all integers becomes the outermost one, and its fraction is 0.
    let whole = float.trunc() as i128;
    let by_fraction = || 0.0.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal);
    match (int.cmp(&whole), float.is_infinite()) {
        (_, true) => 0.0.partial_cmp(&float),
        (Ordering::Equal, _) => Some(by_fraction()),
        (order, _) => Some(order),
    }
}

impl Comparison {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
        }
    }
}
