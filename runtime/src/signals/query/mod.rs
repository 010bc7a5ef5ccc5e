//! Queries over signals, as `sdv.databroker.v1` has them:
//! `SELECT Vehicle.Speed, LAG(Vehicle.Speed) AS before WHERE Vehicle.Speed > 50`.
//!
//! In: a query's text, and afterwards each value of a signal that it names.
//! Out: [`Query`], then [`Rows`]: a row for each value after which the condition holds, or what
//! is wrong with the text, with its column.
//! Must not know: where values come from, subscriptions, the wire.
//!
//! `LAG(x)` is the value that `x` had at the evaluation before, so `x != LAG(x)` holds when it
//! was `x` that changed. What a condition is: [`condition`](super::condition).

mod parse;
mod rows;
#[cfg(test)]
mod tests;

use std::fmt;

pub use rows::{Refused, Rows};

use super::condition::Condition;

/// In bytes: a thousand paths of a catalogue fit.
const LONGEST: usize = 64 << 10;

/// A query that was understood, over signals that need not be there.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    text: &'a str,
    columns: Vec<Column<'a>>,
    condition: Option<Condition<Source<'a>>>,
}

#[derive(Clone, Debug)]
struct Column<'a> {
    source: Source<'a>,
    /// Another name than the source's own.
    alias: Option<&'a str>,
}

/// A signal where the text names it.
#[derive(Clone, Copy, Debug)]
struct Source<'a> {
    path: &'a str,
    /// The byte of the text at which the path begins.
    at: usize,
    /// Its value at the evaluation before.
    lagged: bool,
}

/// Where a text stops being a query, or names what is not there or does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column} of the query: {message}")]
pub struct InvalidQuery {
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
}

/// Text that reads as this query again.
impl fmt::Display for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SELECT ")?;
        for (index, Column { source, alias }) in self.columns.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{source}")?;
            if let Some(alias) = alias {
                write!(f, " AS {alias}")?;
            }
        }
        match &self.condition {
            Some(condition) => write!(f, " WHERE {condition}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lagged {
            true => write!(f, "LAG({})", self.path),
            false => f.write_str(self.path),
        }
    }
}
