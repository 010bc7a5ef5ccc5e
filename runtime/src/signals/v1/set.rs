//! `Set` and `StreamedUpdate`: current values and actuator targets.

use tonic::Status;
use vss_codegen::model::Value;

use super::{
    Service, convert, errors,
    proto::{self, Field},
};
use crate::signals::{SignalError, SignalRef, broker::Delivery};

/// Each update by itself: what is right is done, what is wrong stands in the answer.
pub(super) async fn set(
    service: &Service,
    updates: Vec<proto::EntryUpdate>,
) -> Result<Vec<proto::DataEntryError>, Status> {
    let mut errors = Vec::new();
    for update in updates {
        let Some(entry) = update.entry else {
            return Err(Status::invalid_argument("an update has no entry"));
        };
        for field in &update.fields {
            let field = Field::try_from(*field).unwrap_or(Field::Unspecified);
            match one(service, field, &entry).await {
                Ok(()) => {}
                // The interface has this one outside the answer.
                Err(Refused::Signal(error @ SignalError::NoActuator { .. })) => {
                    return Err(Status::invalid_argument(error.to_string()));
                }
                Err(Refused::Signal(error)) => errors.push(errors::of_entry(&entry.path, &error)),
                Err(Refused::Request(message)) => {
                    errors.push(errors::bad_request(&entry.path, message));
                }
            }
        }
    }
    Ok(errors)
}

enum Refused {
    Signal(SignalError),
    Request(String),
}

async fn one(service: &Service, field: Field, entry: &proto::DataEntry) -> Result<(), Refused> {
    let (broker, client) = (&service.broker, &service.client);
    let signal = SignalRef::Path(&entry.path);
    match field {
        Field::Value => {
            let value = entry.value.clone().and_then(convert::to_value);
            broker.publish_to(client, signal, value).map_err(Refused::Signal)
        }
        Field::ActuatorTarget => {
            let target = wanted(entry.actuator_target.clone())?;
            broker
                .actuate_all(client, [(signal, target)], Delivery::Optional)
                .await
                .map_err(Refused::Signal)
        }
        Field::Unspecified | Field::Path => Ok(()),
        _ => Err(Refused::Request(
            "metadata comes from the model and cannot be set: change the model".to_owned(),
        )),
    }
}

fn wanted(target: Option<proto::Datapoint>) -> Result<Value, Refused> {
    target
        .and_then(convert::to_value)
        .ok_or_else(|| Refused::Request("actuator_target has no value".to_owned()))
}
