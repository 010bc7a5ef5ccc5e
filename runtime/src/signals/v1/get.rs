//! `Get`, and the finding of entries that `Subscribe` shares with it.

use std::sync::Arc;

use tonic::Status;
use vss_codegen::model::Access;

use super::{Service, convert, errors, fields::Parts, proto};
use crate::signals::{Entry, SignalRef, budget::Budget, slot::Aspect};

pub(super) fn get(
    service: &Service,
    request: &proto::GetRequest,
) -> Result<proto::GetResponse, Status> {
    if request.entries.is_empty() {
        return Err(Status::invalid_argument("name at least one entry to get"));
    }
    let mut response = proto::GetResponse::default();
    let mut budget = Budget::new();
    for asked in &request.entries {
        let parts = Parts::asked(asked.view, &asked.fields);
        match find(service, &asked.path, parts, &mut budget)? {
            Ok(entries) => {
                for entry in entries {
                    response.entries.push(service.entry(&entry, parts, &mut budget)?);
                }
            }
            Err(error) => response.errors.push(error),
        }
    }
    // The whole answer fails with its first error, as clients expect.
    response.error = response.errors.first().and_then(|first| first.error.clone());
    Ok(response)
}

type Found = Result<Vec<Arc<Entry>>, proto::DataEntryError>;

/// The entries of a path, branch or pattern. A path that names one signal says why it may
/// not be read; of a pattern only what may be read is there.
pub(super) fn find(
    service: &Service,
    path: &str,
    parts: Parts,
    budget: &mut Budget,
) -> Result<Found, Status> {
    budget.entry()?;
    let (broker, client) = (&service.broker, &service.client);
    let exact = broker.registry().get(path).is_some();
    if exact && parts.need_read() {
        return Ok(broker
            .allowed(client, SignalRef::Path(path), Access::Read)
            .map(|entry| vec![entry])
            .map_err(|error| errors::of_entry(path, &error)));
    }
    if !exact {
        budget.pattern()?;
    }
    let mut entries = match broker.visible(client, path) {
        Ok(entries) => entries,
        Err(error) => return Ok(Err(errors::of_pattern(path, &error))),
    };
    if parts.need_read() {
        entries.retain(|entry| broker.may(client, entry, Access::Read));
    }
    Ok(if entries.is_empty() { Err(errors::not_found(path)) } else { Ok(entries) })
}

impl Service {
    /// The asked parts of an entry that [`find`] found.
    pub(super) fn entry(
        &self,
        entry: &Entry,
        parts: Parts,
        budget: &mut Budget,
    ) -> Result<proto::DataEntry, Status> {
        budget.entry()?;
        let mut value = |asked: bool, aspect: Aspect| {
            if !asked {
                return Ok::<_, Status>(None);
            }
            let datapoint = self.broker.last(entry, aspect);
            budget.value(&datapoint)?;
            Ok(convert::datapoint(&datapoint))
        };
        Ok(proto::DataEntry {
            path: entry.path().to_owned(),
            value: value(parts.value, Aspect::Current)?,
            actuator_target: value(parts.target, Aspect::Target)?,
            metadata: parts.metadata.then(|| convert::metadata(entry)),
        })
    }
}
