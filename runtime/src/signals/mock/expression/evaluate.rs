//! What an expression comes to.

use std::cmp::Ordering;

use vss_codegen::model::Value;

use super::{Expression, Function, Operator};

/// One value, of a signal or on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Term<'a> {
    Bool(bool),
    Number(f64),
    Text(&'a str),
}

impl<S> Expression<S> {
    /// `None` without a value. `value` finds the value of a signal.
    pub(in super::super) fn evaluate<'a>(
        &'a self,
        value: &impl Fn(&S) -> Option<&'a Value>,
    ) -> Option<Term<'a>> {
        match self {
            Expression::Signal(signal) => Term::of(value(signal)?),
            Expression::Number(number) => finite(*number),
            Expression::Bool(truth) => Some(Term::Bool(*truth)),
            Expression::Text(text) => Some(Term::Text(text)),
            Expression::Negative(inner) => finite(-inner.evaluate(value)?.number()?),
            Expression::Not(inner) => Some(Term::Bool(!inner.evaluate(value)?.truth()?)),
            Expression::Binary(left, operator @ (Operator::And | Operator::Or), right) => {
                // False decides an AND and true an OR, whatever the other side is.
                let decides = *operator == Operator::Or;
                let left = left.evaluate(value).and_then(Term::truth);
                if left == Some(decides) {
                    return Some(Term::Bool(decides));
                }
                match (left, right.evaluate(value)?.truth()?) {
                    (_, right) if right == decides => Some(Term::Bool(decides)),
                    (Some(_), _) => Some(Term::Bool(!decides)),
                    (None, _) => None,
                }
            }
            Expression::Binary(left, operator, right) => {
                operator.apply(left.evaluate(value)?, right.evaluate(value)?)
            }
            Expression::Call(function, arguments) => {
                let number = |argument: &'a Expression<S>| argument.evaluate(value)?.number();
                let numbers: Option<Vec<f64>> = arguments.iter().map(number).collect();
                finite(function.apply(&numbers?)?)
            }
        }
    }
}

impl Operator {
    fn apply<'a>(self, left: Term<'a>, right: Term<'a>) -> Option<Term<'a>> {
        use Operator as O;
        let is = |accepts: fn(Ordering) -> bool| Some(Term::Bool(accepts(left.compare(right)?)));
        let number = |of: fn(f64, f64) -> f64| finite(of(left.number()?, right.number()?));
        match self {
            O::Equal => is(Ordering::is_eq),
            O::NotEqual => is(Ordering::is_ne),
            O::Less => is(Ordering::is_lt),
            O::AtMost => is(Ordering::is_le),
            O::Greater => is(Ordering::is_gt),
            O::AtLeast => is(Ordering::is_ge),
            O::Plus => number(|a, b| a + b),
            O::Minus => number(|a, b| a - b),
            O::Times => number(|a, b| a * b),
            O::Divide => number(|a, b| a / b),
            O::Remainder => number(|a, b| a % b),
            // Decided above, where one side can do.
            O::And | O::Or => None,
        }
    }
}

impl Function {
    fn apply(self, numbers: &[f64]) -> Option<f64> {
        match (self, numbers) {
            (Function::Min, [first, rest @ ..]) => {
                Some(rest.iter().copied().fold(*first, f64::min))
            }
            (Function::Max, [first, rest @ ..]) => {
                Some(rest.iter().copied().fold(*first, f64::max))
            }
            (Function::Abs, [number]) => Some(number.abs()),
            // Not `f64::clamp`, which panics where the ends are the wrong way round.
            (Function::Clamp, [number, low, high]) => Some(number.min(*high).max(*low)),
            _ => None,
        }
    }
}

impl<'a> Term<'a> {
    /// `None` for an array.
    fn of(value: &'a Value) -> Option<Term<'a>> {
        match value {
            Value::Bool(v) => Some(Term::Bool(*v)),
            Value::String(v) => Some(Term::Text(v)),
            // As it is written: a float of 0.1 is 0.1, not 0.10000000149.
            Value::Float(v) => finite(v.to_string().parse().ok()?),
            number => finite(super::super::range::number(number)?),
        }
    }

    pub(in super::super) fn number(self) -> Option<f64> {
        if let Term::Number(number) = self { Some(number) } else { None }
    }

    fn truth(self) -> Option<bool> {
        if let Term::Bool(truth) = self { Some(truth) } else { None }
    }

    fn compare(self, other: Term<'_>) -> Option<Ordering> {
        match (self, other) {
            (Term::Bool(a), Term::Bool(b)) => Some(a.cmp(&b)),
            (Term::Number(a), Term::Number(b)) => a.partial_cmp(&b),
            (Term::Text(a), Term::Text(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

fn finite<'a>(number: f64) -> Option<Term<'a>> {
    number.is_finite().then_some(Term::Number(number))
}
