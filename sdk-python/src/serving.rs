//! A subscription's callback at work.
//!
//! What a subscription's task awaits for as long as it lives. Updates that come one by one cost
//! the task a step each, so a step is taken here as far as it goes: the items are handed out,
//! and the coroutines that the callback gives are driven. What one of them yields goes to the
//! task, and what the task sends or throws comes back to it, as with `await`.
//!
//! ```text
//! nothing left ──> a pause ──────────> something new ──> handing out
//! handing out ───> a callback waits ──> it goes on ────> handing out
//!             ───> the time is over ──> the next turn ─> handing out
//! ```

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use pyo3::{
    PyTraverseError, PyVisit,
    exceptions::{PyBaseException, PyException, PyStopIteration},
    prelude::*,
    sync::PyOnceLock,
    types::{PyIterator, PyTuple, PyType, iterator::PySendResult},
};

use crate::{bridge::Lull, sieve::Item, stream::Stream};

/// Awaited by one task, once.
#[pyclass(module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct Serving {
    stream: Py<Stream>,
    callback: Py<PyAny>,
    failed: Py<PyAny>,
    slice: Duration,
    /// Made when there is nothing to hand out for the first time.
    lull: Option<Lull>,
    /// The callback that waits for something: its item, and what is awaited.
    begun: Option<(Py<PyAny>, Py<PyAny>)>,
}

/// Where a call has come to: what is awaited, and what that has yielded; None at its end.
type Call<'py> = Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>;

impl Serving {
    pub(crate) fn new(
        stream: Py<Stream>,
        callback: Py<PyAny>,
        failed: Py<PyAny>,
        slice: Duration,
    ) -> Serving {
        Serving { stream, callback, failed, slice, lull: None, begun: None }
    }

    /// Goes on up to where the task has to wait: what it is to yield, or None at the end.
    fn go_on<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let stream = self.stream.bind(py).clone();
        let stream = stream.get();
        let until = Instant::now() + self.slice;
        while !stream.is_closed() {
            let mut items = stream.queue().take()?;
            let yielded = match items.is_empty() {
                true => self.pause(py, stream),
                false => self.hand_out(py, stream, &mut items, until),
            };
            stream.queue().put_back(items);
            if let Some(yielded) = yielded? {
                return Ok(Some(yielded));
            }
        }
        Ok(None)
    }

    /// Something to wait for, unless there is something new.
    fn pause<'py>(
        &mut self,
        py: Python<'py>,
        stream: &Stream,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let lull = match &self.lull {
            Some(lull) => lull,
            None => self.lull.insert(Lull::new(py)?),
        };
        let is_new = lull.begin(py, |waiter| !stream.is_closed() && stream.queue().wait(waiter));
        Ok(is_new.map(Bound::into_any))
    }

    /// Calls the callback with items until it waits, the time is over or none is left.
    fn hand_out<'py>(
        &mut self,
        py: Python<'py>,
        stream: &Stream,
        items: &mut VecDeque<Item>,
        until: Instant,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        while let Some(item) = items.pop_front() {
            let item = stream.to_python(py, &item)?;
            let called = call(self.callback.bind(py), &item);
            if let Some(yielded) = self.look_at(item, called)? {
                return Ok(Some(yielded));
            }
            if stream.is_closed() {
                items.clear();
                return Ok(None);
            }
            if Instant::now() >= until {
                // A task that yields None has its next step after all others that are ready.
                return Ok(Some(py.None().into_bound(py)));
            }
        }
        Ok(None)
    }

    /// What the task is to yield for a call that waits.
    fn look_at<'py>(
        &mut self,
        item: Bound<'py, PyAny>,
        call: PyResult<Call<'py>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = item.py();
        match call {
            Ok(None) => Ok(None),
            Ok(Some((awaited, yielded))) => {
                self.begun = Some((item.unbind(), awaited.unbind()));
                Ok(Some(yielded))
            }
            Err(error) if error.is_instance_of::<PyException>(py) => {
                self.failed.call1(py, (item, error.into_value(py)))?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Calls a function and drives what it gives, if that can be awaited, up to where it waits.
fn call<'py>(callback: &Bound<'py, PyAny>, item: &Bound<'py, PyAny>) -> PyResult<Call<'py>> {
    static COROUTINE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = callback.py();
    let result = callback.call1((item,))?;
    if result.is_none() {
        return Ok(None);
    }
    if result.get_type().is(COROUTINE.import(py, "types", "CoroutineType")?) {
        return send(result);
    }
    match result.getattr_opt("__await__")? {
        Some(method) => send(method.call0()?),
        None => Ok(None),
    }
}

/// Drives what is awaited up to where it waits.
fn send(awaited: Bound<'_, PyAny>) -> PyResult<Call<'_>> {
    // SAFETY: `send` needs an object that `PyIter_Send` takes: a coroutine, or the iterator
    // that `__await__` gives, which must be one for `await` too.
    let iterator = unsafe { awaited.cast_unchecked::<PyIterator>() };
    match iterator.send(&awaited.py().None().into_bound(awaited.py()))? {
        PySendResult::Return(_) => Ok(None),
        PySendResult::Next(yielded) => Ok(Some((awaited, yielded))),
    }
}

/// The same with an exception, as `throw` takes it.
fn throw<'py>(awaited: Bound<'py, PyAny>, thrown: &Bound<'py, PyTuple>) -> PyResult<Call<'py>> {
    let Some(method) = awaited.getattr_opt("throw")? else { return Err(error(thrown)?) };
    match method.call1(thrown.clone()) {
        Ok(yielded) => Ok(Some((awaited, yielded))),
        Err(error) if error.is_instance_of::<PyStopIteration>(awaited.py()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An exception, or its class and perhaps the exception after that.
fn error(thrown: &Bound<'_, PyTuple>) -> PyResult<PyErr> {
    let is_instance = |given: &Bound<'_, PyAny>| given.is_instance_of::<PyBaseException>();
    let given = thrown.iter().take(2).find(is_instance);
    Ok(PyErr::from_value(given.map_or_else(|| thrown.get_item(0), Ok)?))
}

#[pymethods]
impl Serving {
    fn __await__(serving: Py<Serving>) -> Py<Serving> {
        serving
    }

    fn __iter__(serving: Py<Serving>) -> Py<Serving> {
        serving
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if let Some((item, awaited)) = self.begun.take() {
            let sent = send(awaited.into_bound(py));
            if let Some(yielded) = self.look_at(item.into_bound(py), sent)? {
                return Ok(Some(yielded));
            }
        }
        self.go_on(py)
    }

    #[pyo3(signature = (*thrown))]
    fn throw<'py>(&mut self, thrown: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let py = thrown.py();
        let Some((item, awaited)) = self.begun.take() else { return Err(error(thrown)?) };
        let thrown = throw(awaited.into_bound(py), thrown);
        if let Some(yielded) = self.look_at(item.into_bound(py), thrown)? {
            return Ok(yielded);
        }
        self.go_on(py)?.ok_or_else(|| PyStopIteration::new_err(()))
    }

    fn close(&mut self, py: Python<'_>) -> PyResult<()> {
        if let Some((_, awaited)) = self.begun.take()
            && let Some(method) = awaited.bind(py).getattr_opt("close")?
        {
            method.call0()?;
        }
        Ok(())
    }

    // The task that awaits it is known to the pause and to who keeps the callback.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.callback)?;
        visit.call(&self.failed)?;
        if let Some(lull) = &self.lull {
            visit.call(lull.pause())?;
        }
        if let Some((item, awaited)) = &self.begun {
            visit.call(item)?;
            visit.call(awaited)?;
        }
        Ok(())
    }

    fn __clear__(&mut self) {
        self.lull = None;
        self.begun = None;
    }
}
