//! `RegisterDatapoints`: ids for the signals that a provider means to publish.

use std::collections::HashMap;

use tonic::Status;
use vss_codegen::model::{Access, DataType, Signal, SignalKind};

use super::{Service, convert, errors, proto};
use crate::signals::{SignalError, SignalRef, budget::Budget};

/// In bytes: it is kept as long as the broker runs.
const LONGEST_DESCRIPTION: usize = 4096;

/// Whatever can be refused beforehand is, before the first unknown signal is made.
pub(super) fn register(
    service: &Service,
    list: Vec<proto::RegistrationMetadata>,
) -> Result<HashMap<String, i32>, Status> {
    let mut budget = Budget::new();
    let mut results = HashMap::new();
    let mut unknown = Vec::new();
    for wanted in list {
        budget.entry()?;
        let datatype = convert::to_data_type(wanted.data_type).ok_or_else(|| {
            let (name, number) = (&wanted.name, wanted.data_type);
            Status::invalid_argument(format!("{name}: there is no data type {number} here"))
        })?;
        let length = wanted.description.len();
        if length > LONGEST_DESCRIPTION {
            return Err(Status::invalid_argument(format!(
                "{}: a description has at most {LONGEST_DESCRIPTION} bytes, this one {length}",
                wanted.name
            )));
        }
        match known(service, &wanted.name, &datatype)? {
            Some(id) => {
                results.insert(wanted.name, id);
            }
            None => unknown.push((wanted, datatype)),
        }
    }
    for (wanted, datatype) in unknown {
        let signal = signal(wanted, datatype);
        let added = service.broker.add_signal(&service.client, &signal);
        let id = added.map_err(|error| errors::of_call(&error))?;
        results.insert(signal.path, id);
    }
    Ok(results)
}

/// The id of a signal that may be provided as this type; `None` for one that is not there.
fn known(service: &Service, path: &str, datatype: &DataType) -> Result<Option<i32>, Status> {
    let registry = service.broker.registry();
    if registry.resolve(path).is_err_and(|e| matches!(e, SignalError::UnknownPath { .. })) {
        return Ok(None);
    }
    let entry = service
        .broker
        .allowed(&service.client, SignalRef::Path(path), Access::Provide)
        .map_err(|error| errors::of_call(&error))?;
    let own = &entry.signal().datatype;
    // `int` and `int64` are one type on this wire.
    if convert::data_type(own) != convert::data_type(datatype) {
        return Err(Status::invalid_argument(format!(
            "{path} is a {own} and cannot be registered as {datatype}: register it as {own}"
        )));
    }
    Ok(Some(entry.id()))
}

/// As much as a registration says of it.
fn signal(wanted: proto::RegistrationMetadata, datatype: DataType) -> Signal {
    let kind = match wanted.change_type() {
        proto::ChangeType::Static => SignalKind::Attribute,
        proto::ChangeType::OnChange | proto::ChangeType::Continuous => SignalKind::Sensor,
    };
    Signal {
        path: wanted.name,
        kind,
        datatype,
        access: vec![Access::Read, Access::Provide],
        unit: None,
        min: None,
        max: None,
        allowed: Vec::new(),
        default: None,
        description: Some(wanted.description).filter(|text| !text.is_empty()),
        comment: None,
        deprecation: None,
    }
}
