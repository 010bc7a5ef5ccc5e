//! Targets of actuators by path, current values by id.

use std::collections::HashMap;

use super::{
    Service, convert, errors,
    proto::{self, DatapointError},
};
use crate::signals::{SignalRef, broker::Delivery};

/// Each by itself: what is right is done, what is wrong stands in the answer.
pub(super) async fn targets(
    service: &Service,
    datapoints: HashMap<String, proto::Datapoint>,
) -> HashMap<String, i32> {
    let mut refused = HashMap::new();
    for (path, datapoint) in datapoints {
        let Some(target) = convert::to_value(datapoint) else {
            // A failure, or nothing, is no value to ask an actuator for.
            refused.insert(path, DatapointError::InvalidType.into());
            continue;
        };
        let request = [(SignalRef::Path(&path), target)];
        let set = service.broker.actuate_all(&service.client, request, Delivery::Optional).await;
        if let Err(error) = set {
            refused.insert(path, errors::of_signal(&error).into());
        }
    }
    refused
}

/// A failure in place of a value says that there is none now.
pub(super) fn values(
    service: &Service,
    datapoints: HashMap<i32, proto::Datapoint>,
) -> HashMap<i32, i32> {
    let mut refused = HashMap::new();
    for (id, datapoint) in datapoints {
        let value = convert::to_value(datapoint);
        let set = service.broker.publish_to(&service.client, SignalRef::Id(id), value);
        if let Err(error) = set {
            refused.insert(id, errors::of_signal(&error).into());
        }
    }
    refused
}
