//! `GetDatapoints` and `GetMetadata`.

use std::collections::HashMap;

use tonic::Status;
use vss_codegen::model::Access;

use super::{Service, convert, errors, proto};
use crate::signals::{SignalRef, budget::Budget};

/// Each by itself: what may not be read is answered with a failure.
pub(super) fn datapoints(
    service: &Service,
    paths: Vec<String>,
) -> Result<HashMap<String, proto::Datapoint>, Status> {
    let (broker, client) = (&service.broker, &service.client);
    let mut budget = Budget::new();
    let mut found = HashMap::new();
    for path in paths {
        budget.entry()?;
        if found.contains_key(&path) {
            continue;
        }
        let datapoint = match broker.allowed(client, SignalRef::Path(&path), Access::Read) {
            Ok(entry) => {
                let datapoint = broker.current(&entry);
                budget.value(&datapoint)?;
                convert::datapoint(&datapoint)
            }
            Err(error) => convert::failed(errors::failure(&error)),
        };
        found.insert(path, datapoint);
    }
    Ok(found)
}

/// Of these signals, or of all; what is not there, or not for this client, is left out.
pub(super) fn metadata(
    service: &Service,
    names: &[String],
) -> Result<Vec<proto::Metadata>, Status> {
    let (broker, client) = (&service.broker, &service.client);
    let shown = |pattern: &str| {
        let entries = broker.visible(client, pattern).unwrap_or_default();
        entries.iter().map(|entry| convert::metadata(entry)).collect::<Vec<_>>()
    };
    if names.is_empty() {
        return Ok(shown(""));
    }
    let mut budget = Budget::new();
    let mut list = Vec::new();
    for name in names {
        budget.entry()?;
        // The interface has no patterns: a branch is no signal.
        if broker.registry().get(name).is_some() {
            list.extend(shown(name));
        }
    }
    Ok(list)
}
