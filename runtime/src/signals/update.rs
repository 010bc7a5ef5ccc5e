//! One value of one signal at one time, shared by everyone who gets it.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use jiff::Timestamp;
use vss_codegen::model::Value;

use super::Entry;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Datapoint {
    /// `None`: the signal has no value now.
    pub value: Option<Value>,
    /// When the broker got it; `None` for a signal that never had a value.
    pub timestamp: Option<Timestamp>,
}

#[derive(Debug)]
pub struct Update {
    id: i32,
    path: Arc<str>,
    datapoint: Datapoint,
    pub(super) encoded: Encoded,
}

/// An update's place in a message, encoded by the first who needs it for all others.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    pub(super) by_path: OnceLock<Bytes>,
    pub(super) by_id: OnceLock<Bytes>,
}

impl Update {
    pub(super) fn now(entry: &Entry, value: Option<Value>) -> Arc<Update> {
        Update::new(entry, Datapoint { value, timestamp: Some(Timestamp::now()) })
    }

    pub(super) fn never(entry: &Entry) -> Arc<Update> {
        Update::new(entry, Datapoint::default())
    }

    pub(super) fn new(entry: &Entry, datapoint: Datapoint) -> Arc<Update> {
        let (id, path) = (entry.id(), entry.shared_path());
        Arc::new(Update { id, path, datapoint, encoded: Encoded::default() })
    }

    pub fn id(&self) -> i32 {
        self.id
    }

    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    pub fn datapoint(&self) -> &Datapoint {
        &self.datapoint
    }
}
