//! The crossing from the background thread into an asyncio loop.
//!
//! Outcomes are gathered in the loop's [`Inbox`]; the first of a batch schedules one
//! `call_soon_threadsafe`, the others ride along. Conversion to Python objects happens on
//! the loop's own thread, so the network never waits for it.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::{IntoPyObjectExt, prelude::*, sync::PyOnceLock, types::PyList};
use tokio::task::AbortHandle;

use crate::{
    failure::{self, Failure},
    metadata::Metadata,
    provider::Provider,
    reading::Raw,
    stream::Stream,
};

/// What a call ended with.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done,
    Connection(u64),
    Lost(String),
    Reading(Box<Raw>),
    Readings(Vec<Raw>),
    Metadata(Box<Metadata>),
    Provider(Py<Provider>),
    Stream(Py<Stream>),
    Failed(Failure),
    /// Parts of one request; the text says what became of the others.
    Refused(&'static str, Vec<Failure>),
}

/// A future, and what it is resolved with.
type Resolved = (Py<PyAny>, Outcome, Option<Call>);

#[derive(Debug)]
pub(crate) struct Inbox {
    event_loop: Py<PyAny>,
    waiting: Mutex<Vec<Resolved>>,
}

/// Lives from a call until its outcome is known to the loop that made it.
type Call = Arc<()>;

thread_local! {
    /// Cloned for each call that a loop of this thread makes.
    static CALLS: Call = Arc::new(());
}

/// How many calls of this thread's loop the broker has not answered yet. A stream that waits
/// for the next update is no call.
#[pyfunction]
pub(crate) fn calls_under_way() -> usize {
    CALLS.with(|calls| Arc::strong_count(calls) - 1)
}

/// Resolves one future, once. Dropping it unused leaves the future pending.
#[derive(Debug)]
pub(crate) struct Waiter {
    inbox: Arc<Inbox>,
    future: Py<PyAny>,
    call: Option<Call>,
}

impl Waiter {
    pub(crate) fn wake(self) {
        self.resolve(Outcome::Done);
    }

    pub(crate) fn resolve(self, outcome: Outcome) {
        Inbox::post(&self.inbox, (self.future, outcome, self.call));
    }

    /// The future this resolves.
    pub(crate) fn future<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.future.bind(py).clone()
    }

    /// Ends `task` when the future is cancelled.
    pub(crate) fn abort_on_cancel(
        py: Python<'_>,
        future: &Bound<'_, PyAny>,
        task: AbortHandle,
    ) -> PyResult<()> {
        let hook = Bound::new(py, CancelHook { task })?;
        future.call_method1("add_done_callback", (hook,)).map(drop)
    }
}

impl Inbox {
    fn post(inbox: &Arc<Inbox>, resolved: Resolved) {
        let is_first = {
            let mut waiting = inbox.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push(resolved);
            waiting.len() == 1
        };
        if is_first {
            // `None` while the interpreter ends, an error when the loop is closed: in
            // both cases nobody is left who waits.
            let _ = Python::try_attach(|py| Inbox::schedule(inbox, py));
        }
    }

    fn schedule(inbox: &Arc<Inbox>, py: Python<'_>) -> PyResult<()> {
        let deliver = Bound::new(py, Deliver { inbox: inbox.clone() })?;
        inbox.event_loop.bind(py).call_method1("call_soon_threadsafe", (deliver,)).map(drop)
    }
}

/// The running loop's inbox: the client keeps the one of the loop it was last used from.
#[derive(Debug, Default)]
pub(crate) struct Bridge {
    current: Mutex<Option<Arc<Inbox>>>,
}

impl Bridge {
    /// A new future of the running loop.
    pub(crate) fn waiter(&self, py: Python<'_>) -> PyResult<Waiter> {
        let event_loop = running_loop(py)?;
        let future = event_loop.call_method0("create_future")?.unbind();
        Ok(Waiter { inbox: self.inbox(&event_loop), future, call: None })
    }

    /// The same for a call, which counts as under way until the future is resolved.
    pub(crate) fn call(&self, py: Python<'_>) -> PyResult<Waiter> {
        Ok(Waiter { call: Some(CALLS.with(Arc::clone)), ..self.waiter(py)? })
    }

    fn inbox(&self, event_loop: &Bound<'_, PyAny>) -> Arc<Inbox> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(inbox) = current.as_ref()
            && inbox.event_loop.is(event_loop)
        {
            return inbox.clone();
        }
        let inbox =
            Arc::new(Inbox { event_loop: event_loop.clone().unbind(), waiting: Mutex::default() });
        *current = Some(inbox.clone());
        inbox
    }
}

fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static FUNCTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    FUNCTION.import(py, "asyncio", "get_running_loop")?.call0()
}

/// Called by the loop: hands out everything that has gathered.
#[pyclass(frozen)]
struct Deliver {
    inbox: Arc<Inbox>,
}

#[pymethods]
impl Deliver {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let batch =
            std::mem::take(&mut *self.inbox.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for (future, outcome, _call) in batch {
            let future = future.bind(py);
            // A cancelled future is done already.
            if future.call_method0("done")?.is_truthy()? {
                continue;
            }
            match outcome.into_python(py) {
                Ok(value) => future.call_method1("set_result", (value,))?,
                Err(error) => future.call_method1("set_exception", (error.into_value(py),))?,
            };
        }
        Ok(())
    }
}

impl Outcome {
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(match self {
            Outcome::Done => py.None(),
            Outcome::Connection(number) => number.into_py_any(py)?,
            Outcome::Lost(reason) => reason.into_py_any(py)?,
            Outcome::Reading(raw) => raw.into_reading(py)?.into_any(),
            Outcome::Readings(raws) => {
                let readings = raws.into_iter().map(|raw| raw.into_reading(py));
                PyList::new(py, readings.collect::<PyResult<Vec<_>>>()?)?.into_any().unbind()
            }
            Outcome::Metadata(metadata) => Py::new(py, *metadata)?.into_any(),
            Outcome::Provider(provider) => provider.into_any(),
            Outcome::Stream(stream) => stream.into_any(),
            Outcome::Failed(failure) => return Err(failure.into()),
            Outcome::Refused(so, failures) => return Err(failure::several(py, so, &failures)),
        })
    }
}

#[pyclass(frozen)]
struct CancelHook {
    task: AbortHandle,
}

#[pymethods]
impl CancelHook {
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future.call_method0("cancelled")?.is_truthy()? {
            self.task.abort();
        }
        Ok(())
    }
}
