//! Several values in one message: all are checked before the first is sent.

use futures_util::future::join_all;
use pyo3::prelude::*;
use vss_codegen::model::{Literal, Value};

use crate::{
    bridge::Outcome,
    client::check,
    failure::Failure,
    link::{Check, Link},
    session,
    signal_type::{SignalType, literal_or_why},
};

/// A value for a signal, as Python gives it: `(path, value, signal_type | None)`.
#[derive(Debug)]
pub(crate) struct Entry {
    path: String,
    literal: Result<Literal, Failure>,
    check: Check,
}

impl<'a, 'py> FromPyObject<'a, 'py> for Entry {
    type Error = PyErr;

    fn extract(entry: Borrowed<'a, 'py, PyAny>) -> PyResult<Entry> {
        type Parts<'py> = (String, Bound<'py, PyAny>, Option<PyRef<'py, SignalType>>);
        let (path, value, signal_type): Parts<'py> = entry.extract()?;
        let literal = literal_or_why(&path, &value)?;
        Ok(Entry { path, literal, check: check(signal_type) })
    }
}

/// Actuations go first: they are what a broker refuses as a whole, and then nothing has been
/// published either.
pub(crate) async fn send(
    link: &Link,
    sets: Vec<Entry>,
    publishes: Vec<Entry>,
) -> Result<Outcome, Failure> {
    let mut refused = Vec::new();
    let sets = checked(link, sets, true, &mut refused).await?;
    let publishes = checked(link, publishes, false, &mut refused).await?;
    if !refused.is_empty() {
        return Ok(Outcome::Refused("nothing was sent", refused));
    }
    if !sets.is_empty() {
        link.actuate_all(&sets).await?;
    }
    match publishes.as_slice() {
        [] => Ok(Outcome::Done),
        [(path, value)] => link.publish_value(path, value).await.map(|()| Outcome::Done),
        several => session::publish_once(link, several).await,
    }
}

/// The values that may be sent; the others' faults go to `refused`. An error is one that
/// says nothing about a value: no broker could be asked.
async fn checked(
    link: &Link,
    entries: Vec<Entry>,
    actuation: bool,
    refused: &mut Vec<Failure>,
) -> Result<Vec<(String, Value)>, Failure> {
    let checks = entries.into_iter().map(|Entry { path, literal, check }| async move {
        let value = link.checked(&path, &literal?, check, actuation).await?;
        Ok((path, value))
    });
    let mut values = Vec::new();
    for checked in join_all(checks).await {
        match checked {
            Ok(value) => values.push(value),
            Err(failure @ Failure { .. }) if failure.heals() => return Err(failure),
            Err(failure) => refused.push(failure),
        }
    }
    Ok(values)
}
