//! The native core of the Python package `vehicle_signal_runtime`, imported as `_core`.
//!
//! One background thread talks `kuksa.val.v2` to the broker; results cross into asyncio in
//! batches, one wake-up each.
//! In: calls from the package's Python code, values as plain Python objects.
//! Out: asyncio futures, [`Reading`]s, the package's exceptions.
//! Must not know: apps, callbacks, the generated model, logging. Those are Python.
//!
//! `convert`, `wire` and `decode` are the borders (Python, protobuf); `link`, `follow`,
//! `sieve`, `outlet` and `queue`, the way of an update, `session` and `mqtt` never touch
//! Python; `client`, `stream`, `serving`, `provider`, `topics` and `mock_broker` are what Python sees.

mod batch;
mod bridge;
mod client;
mod condition;
mod convert;
mod decode;
mod failure;
mod follow;
mod link;
mod metadata;
mod mock_broker;
mod mqtt;
mod outlet;
mod pause;
mod provider;
mod queue;
mod reading;
mod sample;
mod serving;
mod session;
mod sieve;
mod signal_type;
mod stream;
mod topics;
mod wire;
mod worker;

use vehicle_signal_client::proto;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::{
        bridge::calls_under_way,
        client::Client,
        condition::Condition,
        metadata::Metadata,
        mock_broker::{MockBroker, MockProvider, MockWatch},
        provider::{Actuation, Provider},
        reading::Reading,
        signal_type::SignalType,
        stream::Stream,
        topics::{Topic, Topics},
        worker::shutdown,
    };
}
