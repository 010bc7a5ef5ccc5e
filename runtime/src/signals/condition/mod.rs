//! Conditions over signals: `Vehicle.Speed > 50 AND NOT Vehicle.Body.Hood.IsOpen`.
//!
//! In: text in the grammar of the databroker's `WHERE`, or the same built piece by piece.
//! Out: whether it holds for given values, the signals it names, and what is wrong with it.
//! Must not know: where values come from, subscriptions, the wire.
//!
//! A signal without a value makes a comparison neither true nor false: [`Condition::evaluate`]
//! is three-valued, and what is not known does not hold.
//!
//! `S` is how a signal is named: by path as it was parsed, or by whatever finds its value
//! fastest ([`Condition::try_map`]).

mod check;
mod evaluate;
mod kind;
mod parse;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;

use vss_codegen::model::Literal;

pub use check::Mismatch;
pub(super) use kind::Kind;
pub use parse::InvalidCondition;
pub(super) use parse::{Named, Parser, column};
pub(super) use token::Token;

/// How deep conditions may be nested, in text or otherwise built.
pub const MAX_DEPTH: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub enum Condition<S = String> {
    /// True or false by itself.
    Holds(Operand<S>),
    Compare(Operand<S>, Comparison, Operand<S>),
    /// The first is neither below the second nor above the third.
    Between(Operand<S>, Operand<S>, Operand<S>),
    Not(Box<Condition<S>>),
    All(Vec<Condition<S>>),
    Any(Vec<Condition<S>>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operand<S> {
    Signal(S),
    Constant(Constant),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    Bool(bool),
    Int(i128),
    /// Finite.
    Float(f64),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl<S> Condition<S> {
    pub fn and(self, other: Condition<S>) -> Condition<S> {
        match self {
            Condition::All(mut all) => {
                all.push(other);
                Condition::All(all)
            }
            first => Condition::All(vec![first, other]),
        }
    }

    pub fn or(self, other: Condition<S>) -> Condition<S> {
        match self {
            Condition::Any(mut any) => {
                any.push(other);
                Condition::Any(any)
            }
            first => Condition::Any(vec![first, other]),
        }
    }

    pub fn negated(self) -> Condition<S> {
        match self {
            Condition::Not(inner) => *inner,
            other => Condition::Not(Box::new(other)),
        }
    }

    /// Levels of nesting, 1 for a comparison.
    pub fn depth(&self) -> usize {
        let below = match self {
            Condition::Not(inner) => inner.depth(),
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().map(Condition::depth).max().unwrap_or(0)
            }
            _ => 0,
        };
        below + 1
    }

    /// The signals it names, each once, in the order of the text.
    pub fn signals(&self) -> Vec<&S>
    where
        S: PartialEq,
    {
        let mut found = Vec::new();
        self.visit(&mut |signal| {
            if !found.contains(&signal) {
                found.push(signal);
            }
        });
        found
    }

    pub(super) fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a S)) {
        let operands: &[&Operand<S>] = match self {
            Condition::Holds(operand) => &[operand],
            Condition::Compare(left, _, right) => &[left, right],
            Condition::Between(operand, low, high) => &[operand, low, high],
            Condition::Not(inner) => return inner.visit(visit),
            Condition::All(parts) | Condition::Any(parts) => {
                return parts.iter().for_each(|part| part.visit(visit));
            }
        };
        for operand in operands {
            if let Operand::Signal(signal) = operand {
                visit(signal);
            }
        }
    }

    /// The same condition with its signals named otherwise.
    pub fn try_map<R, E>(
        &self,
        name: &mut impl FnMut(&S) -> Result<R, E>,
    ) -> Result<Condition<R>, E> {
        Ok(match self {
            Condition::Holds(operand) => Condition::Holds(operand.try_map(name)?),
            Condition::Compare(left, comparison, right) => {
                Condition::Compare(left.try_map(name)?, *comparison, right.try_map(name)?)
            }
            Condition::Between(operand, low, high) => {
                Condition::Between(operand.try_map(name)?, low.try_map(name)?, high.try_map(name)?)
            }
            Condition::Not(inner) => Condition::Not(Box::new(inner.try_map(name)?)),
            Condition::All(parts) => Condition::All(try_map_all(parts, name)?),
            Condition::Any(parts) => Condition::Any(try_map_all(parts, name)?),
        })
    }

    fn is_compound(&self) -> bool {
        matches!(self, Condition::All(_) | Condition::Any(_))
    }
}

fn try_map_all<S, R, E>(
    parts: &[Condition<S>],
    name: &mut impl FnMut(&S) -> Result<R, E>,
) -> Result<Vec<Condition<R>>, E> {
    parts.iter().map(|part| part.try_map(name)).collect()
}

impl<S> Operand<S> {
    fn try_map<R, E>(&self, name: &mut impl FnMut(&S) -> Result<R, E>) -> Result<Operand<R>, E> {
        Ok(match self {
            Operand::Signal(signal) => Operand::Signal(name(signal)?),
            Operand::Constant(constant) => Operand::Constant(constant.clone()),
        })
    }
}

/// `None` for what no comparison takes: a list, a map, null, a float that is not finite.
impl Constant {
    pub fn from_literal(literal: &Literal) -> Option<Constant> {
        match literal {
            Literal::Bool(value) => Some(Constant::Bool(*value)),
            Literal::Int(value) => Some(Constant::Int(*value)),
            Literal::Float(value) if value.is_finite() => Some(Constant::Float(*value)),
            Literal::String(text) => Some(Constant::Text(text.clone())),
            Literal::Null | Literal::Float(_) | Literal::List(_) | Literal::Map(_) => None,
        }
    }
}

impl Comparison {
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
        }
    }
}

/// Text that parses as this condition again.
impl<S: fmt::Display> fmt::Display for Condition<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Holds(operand) => write!(f, "{operand}"),
            Condition::Compare(left, comparison, right) => {
                write!(f, "{left} {} {right}", comparison.symbol())
            }
            Condition::Between(operand, low, high) => {
                write!(f, "{operand} BETWEEN {low} AND {high}")
            }
            Condition::Not(inner) => match &**inner {
                // `NOT` in front would be one level deeper than this was perhaps written.
                Condition::Between(operand, low, high) => {
                    write!(f, "{operand} NOT BETWEEN {low} AND {high}")
                }
                inner if inner.is_compound() => write!(f, "NOT ({inner})"),
                inner => write!(f, "NOT {inner}"),
            },
            Condition::All(parts) => join(f, parts, " AND ", Condition::is_compound),
            Condition::Any(parts) => {
                join(f, parts, " OR ", |part| matches!(part, Condition::Any(_)))
            }
        }
    }
}

fn join<S: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    parts: &[Condition<S>],
    word: &str,
    in_parentheses: impl Fn(&Condition<S>) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        match in_parentheses(part) {
            true => write!(f, "({part})")?,
            false => write!(f, "{part}")?,
        }
    }
    Ok(())
}

impl<S: fmt::Display> fmt::Display for Operand<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Signal(signal) => write!(f, "{signal}"),
            Operand::Constant(constant) => write!(f, "{constant}"),
        }
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::Bool(value) => write!(f, "{value}"),
            Constant::Int(value) => write!(f, "{value}"),
            Constant::Float(value) => write!(f, "{value:?}"),
            Constant::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        }
    }
}
