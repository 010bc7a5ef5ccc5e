//! From values to rows.

use std::collections::{HashMap, hash_map::Entry as Place};

use vss_codegen::model::DataType;

use super::{InvalidQuery, Query, Source};
use crate::signals::{
    Datapoint, SignalError,
    condition::{Condition, column},
};

/// A query over signals that are there, and their values.
#[derive(Clone, Debug)]
pub struct Rows {
    columns: Vec<(String, Input)>,
    condition: Option<Condition<Input>>,
    /// The place of each signal's value, by the signal's id.
    places: HashMap<i32, usize>,
    now: Vec<Datapoint>,
    /// As they were at the evaluation before.
    before: Vec<Datapoint>,
    /// The places at which these two may differ.
    changed: Vec<usize>,
}

/// Where a row finds a value.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Input {
    place: usize,
    lagged: bool,
}

/// Why there are no rows of a query.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Query(#[from] InvalidQuery),
    #[error(transparent)]
    Signal(SignalError),
}

impl<'a> Query<'a> {
    /// `find` gives a signal's id and type. A path of which it knows nothing is a mistake of
    /// the query, any other refusal is its own.
    pub fn rows(
        &self,
        mut find: impl FnMut(&str) -> Result<(i32, DataType), SignalError>,
    ) -> Result<Rows, Refused> {
        let mut places = HashMap::new();
        let mut known: HashMap<&'a str, (usize, DataType)> = HashMap::new();
        let mut input = |source: &Source<'a>| -> Result<Input, Refused> {
            let place = match known.entry(source.path) {
                Place::Occupied(known) => known.get().0,
                Place::Vacant(new) => {
                    let (id, datatype) = find(source.path).map_err(|error| match error {
                        SignalError::UnknownPath { .. } | SignalError::BadPath(_) => {
                            self.mistake(source.at, error.to_string()).into()
                        }
                        error => Refused::Signal(error),
                    })?;
                    let next = places.len();
                    let place = *places.entry(id).or_insert(next);
                    new.insert((place, datatype)).0
                }
            };
            Ok(Input { place, lagged: source.lagged })
        };
        let mut columns: HashMap<String, Input> = HashMap::new();
        let mut names = Vec::new();
        for column in &self.columns {
            let input = input(&column.source)?;
            let name = column.alias.map_or_else(|| column.source.to_string(), str::to_owned);
            match columns.insert(name.clone(), input) {
                None => names.push((name, input)),
                Some(same) if same == input => {}
                Some(_) => {
                    let message = format!("'{name}' names two columns: give one another AS");
                    return Err(self.mistake(column.source.at, message).into());
                }
            }
        }
        let condition = self.condition.as_ref();
        let mapped = condition.map(|condition| condition.try_map(&mut input)).transpose()?;
        if let Some(condition) = condition {
            self.check(condition, &|source| Some(known.get(source.path)?.1.clone()))?;
        }
        let nothing = vec![Datapoint::default(); places.len()];
        let (now, before) = (nothing.clone(), nothing);
        Ok(Rows { columns: names, condition: mapped, places, now, before, changed: Vec::new() })
    }

    /// Each comparison by itself, so that a mistake has a place.
    fn check(
        &self,
        condition: &Condition<Source<'_>>,
        datatype: &impl Fn(&Source<'_>) -> Option<DataType>,
    ) -> Result<(), InvalidQuery> {
        match condition {
            Condition::Not(inner) => self.check(inner, datatype),
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().try_for_each(|part| self.check(part, datatype))
            }
            leaf => leaf.check(datatype).map_err(|mismatch| {
                let mut at = None;
                leaf.visit(&mut |source| at = at.or(Some(source.at)));
                self.mistake(at.unwrap_or_default(), mismatch.to_string())
            }),
        }
    }

    fn mistake(&self, at: usize, message: String) -> InvalidQuery {
        InvalidQuery { column: column(self.text, at), message }
    }
}

impl Rows {
    /// The signals that the query names, each once.
    pub fn signals(&self) -> impl Iterator<Item = i32> {
        self.places.keys().copied()
    }

    /// Takes the values of some of the signals, for one evaluation.
    pub fn set(&mut self, values: impl IntoIterator<Item = (i32, Datapoint)>) {
        for place in self.changed.drain(..) {
            self.before[place] = self.now[place].clone();
        }
        for (signal, datapoint) in values {
            if let Some(place) = self.places.get(&signal) {
                self.now[*place] = datapoint;
                self.changed.push(*place);
            }
        }
    }

    /// Whether the values as they are now make a row.
    pub fn holds(&self) -> bool {
        let value = |input: &Input| self.datapoint(*input).value.as_ref();
        self.condition.as_ref().is_none_or(|condition| condition.evaluate(&value) == Some(true))
    }

    /// The row of the values as they are now.
    pub fn row(&self) -> impl Iterator<Item = (&str, &Datapoint)> {
        self.columns.iter().map(|(name, input)| (name.as_str(), self.datapoint(*input)))
    }

    fn datapoint(&self, input: Input) -> &Datapoint {
        match input.lagged {
            true => &self.before[input.place],
            false => &self.now[input.place],
        }
    }
}
