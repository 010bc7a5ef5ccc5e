//! An open subscription as Python sees it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pyo3::{
    prelude::*,
    types::{PyList, PyString},
};
use tokio::task::AbortHandle;

use crate::{
    bridge::Bridge,
    queue::{Queue, Taken},
    reading::{Members, Reading},
};

/// Updates of one subscription, taken in batches.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct Stream {
    queue: Arc<Queue>,
    /// By the index that updates carry.
    signals: Vec<(Py<PyString>, Option<Members>)>,
    bridge: Bridge,
    task: OnceLock<AbortHandle>,
    /// Set by `close`; the last updates are then of no interest.
    closed: Mutex<bool>,
}

impl Stream {
    pub(crate) fn new(queue: Arc<Queue>, signals: Vec<(Py<PyString>, Option<Members>)>) -> Stream {
        Stream {
            queue,
            signals,
            bridge: Bridge::default(),
            task: OnceLock::new(),
            closed: Mutex::new(false),
        }
    }

    pub(crate) fn set_task(&self, task: AbortHandle) {
        let _ = self.task.set(task);
    }

    fn is_closed(&self) -> bool {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Stream {
    /// Everything that has come since the last call, as Readings; raises when the
    /// subscription has ended by an error.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        if self.is_closed() {
            return Ok(PyList::empty(py));
        }
        let updates = match self.queue.take() {
            Taken::Updates(updates) => updates,
            Taken::Ended(failure) => return Err(failure.into()),
        };
        let mut readings = Vec::with_capacity(updates.len());
        for update in updates {
            let (path, members) = &self.signals[update.signal];
            let path = path.clone_ref(py);
            readings.push(Reading::from_wire(py, path, members.as_ref(), update.datapoint)?);
        }
        PyList::new(py, readings)
    }

    /// A future that is resolved when there is something new.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let waiter = self.bridge.waiter(py)?;
        let future = waiter.future(py);
        if !self.queue.wait(waiter) {
            future.call_method1("set_result", (py.None(),))?;
        }
        Ok(future)
    }

    /// Ends the subscription at the broker too.
    fn close(&self) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = true;
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    /// How many updates were dropped because the callback was slower than they came.
    #[getter]
    fn dropped(&self) -> u64 {
        self.queue.dropped()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}
