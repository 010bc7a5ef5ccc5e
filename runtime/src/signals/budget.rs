//! What one request may cost: a client can name the same signal a million times in one.

use tonic::Status;

use super::{Datapoint, registry::weight};

/// More than any catalogue has signals.
const ENTRIES: usize = 20_000;
/// Looking one up means a look at every signal.
const PATTERNS: usize = 100;
/// Of values, in one answer.
const BYTES: usize = 16 << 20;

/// What is left to one request.
#[derive(Debug)]
pub(super) struct Budget {
    entries: usize,
    patterns: usize,
    bytes: usize,
}

impl Budget {
    pub(super) fn new() -> Budget {
        Budget { entries: ENTRIES, patterns: PATTERNS, bytes: BYTES }
    }

    /// For each path named, and each entry of the answer.
    pub(super) fn entry(&mut self) -> Result<(), Status> {
        take(&mut self.entries, 1, || format!("{ENTRIES} entries"))
    }

    pub(super) fn pattern(&mut self) -> Result<(), Status> {
        take(&mut self.patterns, 1, || format!("{PATTERNS} branches and patterns"))
    }

    pub(super) fn value(&mut self, datapoint: &Datapoint) -> Result<(), Status> {
        let size = datapoint.value.as_ref().map_or(0, weight);
        take(&mut self.bytes, size, || format!("{BYTES} bytes of values"))
    }
}

fn take(left: &mut usize, cost: usize, what: impl FnOnce() -> String) -> Result<(), Status> {
    *left = left.checked_sub(cost).ok_or_else(|| {
        Status::resource_exhausted(format!("more than {} in one request: ask for less", what()))
    })?;
    Ok(())
}
