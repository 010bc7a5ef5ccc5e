//! An open subscription as Python sees it.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pyo3::{
    prelude::*,
    types::{PyList, PyString},
};
use tokio::task::AbortHandle;

use crate::{
    bridge,
    pause::Pause,
    queue::Queue,
    reading::{Members, Reading},
    serving::Serving,
    sieve::Item,
};

/// Items of one subscription, taken one by one or handed to a callback.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct Stream {
    queue: Arc<Queue>,
    /// By the index that updates carry.
    signals: Vec<(Py<PyString>, Option<Members>)>,
    /// Makes one object of the readings of all signals.
    snapshot: Option<Py<PyAny>>,
    task: OnceLock<AbortHandle>,
    /// Set by `close`; the last items are then of no interest.
    closed: AtomicBool,
}

impl Stream {
    pub(crate) fn new(
        queue: Arc<Queue>,
        signals: Vec<(Py<PyString>, Option<Members>)>,
        snapshot: Option<Py<PyAny>>,
    ) -> Stream {
        Stream { queue, signals, snapshot, task: OnceLock::new(), closed: AtomicBool::new(false) }
    }

    pub(crate) fn set_task(&self, task: AbortHandle) {
        let _ = self.task.set(task);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(crate) fn to_python<'py>(
        &self,
        py: Python<'py>,
        item: &Item,
    ) -> PyResult<Bound<'py, PyAny>> {
        let reading = |signal: usize, sample| {
            let (path, members) = &self.signals[signal];
            Reading::new_from(py, path.clone_ref(py), members.as_ref(), sample)
        };
        match (item, &self.snapshot) {
            (Item::One(update), _) => {
                Ok(reading(update.signal, &update.sample)?.into_bound(py).into_any())
            }
            (Item::All(samples), snapshot) => {
                let readings = samples.iter().enumerate().map(|(index, s)| reading(index, s));
                let readings = PyList::new(py, readings.collect::<PyResult<Vec<_>>>()?)?;
                match snapshot {
                    Some(snapshot) => snapshot.bind(py).call1((readings,)),
                    None => readings.get_item(0),
                }
            }
        }
    }
}

#[pymethods]
impl Stream {
    /// The item that has waited longest, or None; raises when the subscription has ended by
    /// an error.
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.is_closed() {
            return Ok(None);
        }
        self.queue.next()?.map(|item| self.to_python(py, &item)).transpose()
    }

    /// To be awaited by one task until the subscription ends: calls `callback` with each item.
    /// Coroutines are driven in the same task. After about so many seconds of calls other tasks
    /// have a turn.
    ///
    /// An exception in a callback goes to `failed`, with its item. Raises when the subscription
    /// has ended by an error.
    fn serve(slf: Py<Stream>, callback: Py<PyAny>, failed: Py<PyAny>, seconds: f64) -> Serving {
        Serving::new(slf, callback, failed, Duration::from_secs_f64(seconds.clamp(0.0, 60.0)))
    }

    /// To be awaited until there is something new.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Pause>> {
        bridge::pause(py, |waiter| !self.is_closed() && self.queue.wait(waiter))
    }

    /// Ends the subscription at the broker too, and the wait for something new.
    fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        if let Some(task) = self.task.get() {
            task.abort();
        }
        self.queue.wake();
    }

    /// How many items were dropped because they were taken more slowly than they came.
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
