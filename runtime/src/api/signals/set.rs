//! `PUT /api/signals?as=current|target` with `{PATH: VALUE, …}`: sets signals.
//!
//! Without `as`, an actuator gets a target and any other signal a current value. A value of
//! the wrong JSON type is read as text where it is a string (`"87.5"` for a float), so that
//! a command line need not know types. Every value is checked before the first is set.

use axum::{Json, extract::State};
use indexmap::IndexMap;
use serde::Deserialize;
use vss_codegen::model::{Literal, SignalKind, Value, Violation};

use super::unknown;
use crate::{
    api::{
        Api,
        error::ApiError,
        extract::{Body, Query},
        wire::SignalsSet,
    },
    signals::{Client, Entry, SignalError},
};

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    r#as: Option<As>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum As {
    Current,
    Target,
}

pub(crate) async fn handle(
    State(api): State<Api>,
    Query(parameters): Query<Parameters>,
    Body(wanted): Body<IndexMap<String, Literal>>,
) -> Result<Json<SignalsSet>, ApiError> {
    let registry = api.broker.registry();
    let mut checked = Vec::with_capacity(wanted.len());
    for (path, literal) in &wanted {
        let entry = registry.get(path).ok_or_else(|| unknown(&registry, path))?;
        let value = read(entry, literal)
            .map_err(|violation| SignalError::Invalid { path: path.as_str().into(), violation })?;
        checked.push((entry, value));
    }
    let client = Client::outside();
    for (entry, value) in checked {
        match kind_of_set(parameters.r#as, entry.signal().kind) {
            As::Current => api.broker.publish(&client, entry.path(), value)?,
            As::Target => api.broker.actuate(&client, entry.path(), value).await?,
        }
    }
    Ok(Json(SignalsSet { set: wanted.into_keys().collect() }))
}

fn kind_of_set(asked: Option<As>, kind: SignalKind) -> As {
    match (asked, kind) {
        (Some(asked), _) => asked,
        (None, SignalKind::Actuator) => As::Target,
        (None, SignalKind::Sensor | SignalKind::Attribute) => As::Current,
    }
}

fn read(entry: &Entry, literal: &Literal) -> Result<Value, Violation> {
    let datatype = &entry.signal().datatype;
    let value = match (Value::from_literal(literal, datatype), literal) {
        (Err(_), Literal::String(text)) => Value::from_text(text, datatype)?,
        (value, _) => value?,
    };
    entry.limits().check(&value, datatype)?;
    Ok(value)
}
