//! What a signal held at a moment, in terms of the model: neither protobuf nor Python.

use vss_codegen::model::Value;

use crate::{proto, wire};

#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// `None`: the signal had no value.
    pub(crate) value: Option<Value>,
    pub(crate) at: Option<Time>,
    /// Whether a subscription began with it: it may be old, and nothing has changed.
    pub(crate) initial: bool,
}

/// Since 1970 in UTC, as the broker gave it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) seconds: i64,
    pub(crate) nanos: i32,
}

/// One signal's part of a message.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    /// Index into the subscription's paths.
    pub(crate) signal: usize,
    pub(crate) sample: Sample,
}

impl From<proto::Datapoint> for Sample {
    fn from(datapoint: proto::Datapoint) -> Sample {
        let at = datapoint.timestamp.map(|at| Time { seconds: at.seconds, nanos: at.nanos });
        let typed = datapoint.value.and_then(|value| value.typed_value);
        Sample { value: typed.map(wire::to_value), at, initial: false }
    }
}
