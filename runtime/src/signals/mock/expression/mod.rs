//! Expressions over signals: `clamp(Vehicle.Speed / 3.6, 0, 50)`.
//!
//! In: text. Out: what it comes to for given values, and the signals it names.
//! Must not know: where values come from, what is done with the result.
//!
//! Numbers are 64-bit floats. What depends on a signal without a value has no value, and
//! neither has a number that is not finite, as after a division by zero; only `AND` and `OR`
//! can do with one side.
//!
//! `S` is how a signal is named: by path as it was parsed, or by what finds it fastest.

mod evaluate;
mod parse;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(super) use evaluate::Term;

pub(super) use crate::signals::condition::Kind;

/// How deep expressions may be nested.
const MAX_DEPTH: usize = 64;
/// In bytes. Long chains are deep trees too: this bounds them.
const LONGEST: usize = 1000;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression<S = String> {
    Signal(S),
    Number(f64),
    Bool(bool),
    Text(Arc<str>),
    Negative(Box<Expression<S>>),
    Not(Box<Expression<S>>),
    Binary(Box<Expression<S>>, Operator, Box<Expression<S>>),
    Call(Function, Vec<Expression<S>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Plus,
    Minus,
    Times,
    Divide,
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Min,
    Max,
    Abs,
    Clamp,
}

impl Operator {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Operator::Or => "OR",
            Operator::And => "AND",
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Greater => ">",
            Operator::AtLeast => ">=",
            Operator::Plus => "+",
            Operator::Minus => "-",
            Operator::Times => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
        }
    }
}

impl<S> Expression<S> {
    /// The same expression with its signals named otherwise.
    pub(super) fn try_map<R, E>(
        &self,
        name: &mut impl FnMut(&S) -> Result<R, E>,
    ) -> Result<Expression<R>, E> {
        Ok(match self {
            Expression::Signal(signal) => Expression::Signal(name(signal)?),
            Expression::Number(number) => Expression::Number(*number),
            Expression::Bool(truth) => Expression::Bool(*truth),
            Expression::Text(text) => Expression::Text(text.clone()),
            Expression::Negative(inner) => Expression::Negative(Box::new(inner.try_map(name)?)),
            Expression::Not(inner) => Expression::Not(Box::new(inner.try_map(name)?)),
            Expression::Binary(left, operator, right) => Expression::Binary(
                Box::new(left.try_map(name)?),
                *operator,
                Box::new(right.try_map(name)?),
            ),
            Expression::Call(function, arguments) => {
                let arguments = arguments.iter().map(|argument| argument.try_map(name));
                Expression::Call(*function, arguments.collect::<Result<_, _>>()?)
            }
        })
    }

    /// What it gives, or which of its parts do not fit together. `kind` tells of a signal.
    pub(super) fn kind(&self, kind: &impl Fn(&S) -> Result<Kind, String>) -> Result<Kind, String> {
        let expect = |part: &Expression<S>, wanted: Kind, by: &str| match part.kind(kind)? {
            found if found == wanted => Ok(()),
            found => Err(format!("'{by}' takes {}, not {}", wanted.name(), found.name())),
        };
        match self {
            Expression::Signal(signal) => kind(signal),
            Expression::Number(_) => Ok(Kind::Number),
            Expression::Bool(_) => Ok(Kind::Bool),
            Expression::Text(_) => Ok(Kind::Text),
            Expression::Negative(inner) => expect(inner, Kind::Number, "-").map(|()| Kind::Number),
            Expression::Not(inner) => expect(inner, Kind::Bool, "NOT").map(|()| Kind::Bool),
            Expression::Call(function, arguments) => {
                let name = function.name();
                arguments.iter().try_for_each(|part| expect(part, Kind::Number, name))?;
                Ok(Kind::Number)
            }
            Expression::Binary(left, operator, right) => {
                use Operator as O;
                let symbol = operator.symbol();
                let (wanted, gives) = match operator {
                    O::Or | O::And => (Kind::Bool, Kind::Bool),
                    O::Equal | O::NotEqual => (left.kind(kind)?, Kind::Bool),
                    O::Less | O::AtMost | O::Greater | O::AtLeast => (Kind::Number, Kind::Bool),
                    O::Plus | O::Minus | O::Times | O::Divide | O::Remainder => {
                        (Kind::Number, Kind::Number)
                    }
                };
                expect(left, wanted, symbol)?;
                expect(right, wanted, symbol)?;
                Ok(gives)
            }
        }
    }
}

impl Function {
    pub(super) const ALL: [Function; 4] =
        [Function::Min, Function::Max, Function::Abs, Function::Clamp];

    pub(super) fn name(self) -> &'static str {
        match self {
            Function::Min => "min",
            Function::Max => "max",
            Function::Abs => "abs",
            Function::Clamp => "clamp",
        }
    }

    /// How many arguments it takes at least and at most.
    fn arguments(self) -> (usize, usize) {
        match self {
            Function::Min | Function::Max => (1, 32),
            Function::Abs => (1, 1),
            Function::Clamp => (3, 3),
        }
    }
}
