//! An open subscription as Python sees it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use pyo3::{
    exceptions::PyException,
    prelude::*,
    sync::PyOnceLock,
    types::{PyIterator, PyList, PyString, PyType, iterator::PySendResult},
};
use tokio::task::AbortHandle;

use crate::{
    bridge,
    pause::Pause,
    queue::Queue,
    reading::{Members, Reading},
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

/// Where handing out items has come to.
#[derive(IntoPyObject)]
enum Progress<'py> {
    /// Whether more items wait.
    Paused(bool),
    /// A callback waits: the item, what is awaited, and what that has yielded.
    Suspended(Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>),
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

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn to_python<'py>(&self, py: Python<'py>, item: &Item) -> PyResult<Bound<'py, PyAny>> {
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

    /// Calls `callback` with items until one suspends, the time is over or none is left.
    fn hand_out<'py>(
        &self,
        callback: &Bound<'py, PyAny>,
        failed: &Bound<'py, PyAny>,
        items: &mut VecDeque<Item>,
        until: Instant,
    ) -> PyResult<Progress<'py>> {
        let py = callback.py();
        while let Some(item) = items.pop_front() {
            let item = self.to_python(py, &item)?;
            match call(callback, &item) {
                Ok(None) => {}
                Ok(Some((awaited, yielded))) => {
                    return Ok(Progress::Suspended(item, awaited, yielded));
                }
                Err(error) if error.is_instance_of::<PyException>(py) => {
                    failed.call1((item, error.into_value(py)))?;
                }
                Err(error) => return Err(error),
            }
            if self.is_closed() {
                items.clear();
                return Ok(Progress::Paused(false));
            }
            if Instant::now() >= until {
                return Ok(Progress::Paused(true));
            }
        }
        Ok(Progress::Paused(false))
    }
}

type Awaited<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// Calls a function and drives what it gives, if that can be awaited, up to where it waits.
fn call<'py>(
    callback: &Bound<'py, PyAny>,
    item: &Bound<'py, PyAny>,
) -> PyResult<Option<Awaited<'py>>> {
    static COROUTINE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = callback.py();
    let result = callback.call1((item,))?;
    if result.is_none() {
        return Ok(None);
    }
    let awaited = if result.get_type().is(COROUTINE.import(py, "types", "CoroutineType")?) {
        result
    } else if let Some(method) = result.getattr_opt("__await__")? {
        method.call0()?
    } else {
        return Ok(None);
    };
    // SAFETY: `send` needs an object that `PyIter_Send` takes: a coroutine, or the iterator
    // that `__await__` gives, which must be one for `await` too.
    let iterator = unsafe { awaited.cast_unchecked::<PyIterator>() };
    match iterator.send(&py.None().into_bound(py))? {
        PySendResult::Return(_) => Ok(None),
        PySendResult::Next(yielded) => Ok(Some((awaited, yielded))),
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

    /// Calls `callback` with each item that waits, for about so many seconds. Coroutines are
    /// driven here up to where they wait.
    ///
    /// Gives whether more items wait; or, when a callback waits for something, the item, what
    /// is awaited, and what that has yielded. An exception in a callback goes to `failed`,
    /// with its item. Raises when the subscription has ended by an error.
    fn drive<'py>(
        &self,
        callback: &Bound<'py, PyAny>,
        failed: &Bound<'py, PyAny>,
        seconds: f64,
    ) -> PyResult<Progress<'py>> {
        let until = Instant::now() + Duration::from_secs_f64(seconds.clamp(0.0, 60.0));
        while !self.is_closed() {
            let mut items = self.queue.take()?;
            if items.is_empty() {
                break;
            }
            let progress = self.hand_out(callback, failed, &mut items, until);
            self.queue.put_back(items);
            match progress {
                Ok(Progress::Paused(false)) => {}
                other => return other,
            }
        }
        Ok(Progress::Paused(false))
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
