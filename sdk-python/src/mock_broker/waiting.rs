//! Waiting on a test's thread for what happens on the background thread.

use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use pyo3::{exceptions::PyValueError, prelude::*};

use crate::worker;

/// How long Ctrl-C may go unnoticed.
const SLICE: Duration = Duration::from_millis(50);

/// What the future gives, or None when so many seconds were over before. The interpreter
/// is free meanwhile.
pub(super) fn until<T: Send>(
    py: Python<'_>,
    seconds: Option<f64>,
    future: impl Future<Output = T> + Send,
) -> PyResult<Option<T>> {
    let runtime = worker::handle()?;
    let end = seconds.map(deadline).transpose()?.flatten();
    let mut future = pin!(future);
    loop {
        let left = end.map_or(SLICE, |end| end.saturating_duration_since(Instant::now()));
        let slice = left.min(SLICE);
        // The timer belongs to the runtime, so it is made inside of it.
        let waited = py.detach(|| {
            runtime.block_on(async { tokio::time::timeout(slice, future.as_mut()).await })
        });
        if let Ok(value) = waited {
            return Ok(Some(value));
        }
        py.check_signals()?;
        if end.is_some_and(|end| Instant::now() >= end) {
            return Ok(None);
        }
    }
}

/// `None` for a time that never comes.
fn deadline(seconds: f64) -> PyResult<Option<Instant>> {
    if seconds.is_nan() {
        return Err(PyValueError::new_err("a timeout is a number of seconds, not NaN"));
    }
    let duration = Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    Ok(duration.and_then(|duration| Instant::now().checked_add(duration)))
}
