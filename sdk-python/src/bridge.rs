//! The crossing from the background thread into an asyncio loop.
//!
//! Outcomes are gathered in the loop's [`Inbox`]; the first of a batch rings its bell, the
//! others ride along. Conversion to Python objects happens on the loop's own thread, and
//! ringing takes no interpreter, so the network never waits for either.

use std::{
    cell::Cell,
    collections::VecDeque,
    os::fd::{AsRawFd, OwnedFd},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    sync::PyOnceLock,
    types::{PyList, PyWeakrefMethods, PyWeakrefReference},
};
use rustix::event::{EventfdFlags, eventfd};
use tokio::task::AbortHandle;

use crate::{
    failure::{self, Failure},
    metadata::Metadata,
    pause::Pause,
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

/// A future or a [`Pause`], and what it is resolved with.
type Resolved = (Py<PyAny>, Outcome, Option<Call>);

/// What waits for one loop.
#[derive(Debug)]
pub(crate) struct Inbox {
    /// Weak, because the loop holds this.
    event_loop: Py<PyWeakrefReference>,
    bell: Bell,
    waiting: Mutex<VecDeque<Resolved>>,
}

/// How a loop is told that something waits.
#[derive(Debug)]
enum Bell {
    /// Watched by the loop for as long as it is open.
    Event(OwnedFd),
    /// For a loop that can watch no file.
    Call(Py<PyAny>),
}

/// Lives from a call until its outcome is known to the loop that made it.
type Call = Arc<()>;

thread_local! {
    /// Cloned for each call that a loop of this thread makes.
    static CALLS: Call = Arc::new(());

    /// Of the loops that this thread has run.
    static INBOXES: Cell<Vec<Weak<Inbox>>> = const { Cell::new(Vec::new()) };
}

/// How many calls of this thread's loop the broker has not answered yet. A stream that waits
/// for the next update is no call.
#[pyfunction]
pub(crate) fn calls_under_way() -> usize {
    CALLS.with(|calls| Arc::strong_count(calls) - 1)
}

/// Resolves one future or pause, once. Dropping it unused leaves that pending.
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
        let resolved = (self.future, outcome, self.call);
        Inbox::fill(&self.inbox, |waiting| waiting.push_back(resolved));
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

/// A new future of the running loop.
pub(crate) fn waiter(py: Python<'_>) -> PyResult<Waiter> {
    let event_loop = running_loop(py)?;
    let future = event_loop.call_method0("create_future")?.unbind();
    Ok(Waiter { inbox: Inbox::of(&event_loop)?, future, call: None })
}

/// The same for a call, which counts as under way until the future is resolved.
pub(crate) fn call(py: Python<'_>) -> PyResult<Waiter> {
    Ok(Waiter { call: Some(CALLS.with(Arc::clone)), ..waiter(py)? })
}

/// Something to await until the waiter is used, which `register` keeps; it gives false when
/// there is nothing to wait for.
pub(crate) fn pause(
    py: Python<'_>,
    register: impl FnOnce(Waiter) -> bool,
) -> PyResult<Bound<'_, Pause>> {
    let lull = Lull::new(py)?;
    let waiter = lull.waiter(py);
    let pause = lull.pause.into_bound(py);
    if !register(waiter) {
        Pause::end(&pause)?;
    }
    Ok(pause)
}

/// A pause that one task awaits again and again.
#[derive(Debug)]
pub(crate) struct Lull {
    inbox: Arc<Inbox>,
    pause: Py<Pause>,
}

impl Lull {
    /// In the running loop.
    pub(crate) fn new(py: Python<'_>) -> PyResult<Lull> {
        let event_loop = running_loop(py)?;
        let inbox = Inbox::of(&event_loop)?;
        Ok(Lull { inbox, pause: Py::new(py, Pause::new(event_loop.unbind()))? })
    }

    fn waiter(&self, py: Python<'_>) -> Waiter {
        let future = self.pause.clone_ref(py).into_any();
        Waiter { inbox: self.inbox.clone(), future, call: None }
    }

    pub(crate) fn pause(&self) -> &Py<Pause> {
        &self.pause
    }

    /// What a task is to yield until the waiter is used, which `register` keeps; None when it
    /// gives false: there is nothing to wait for. The waiter of the time before may still be
    /// used: it ends this time early.
    pub(crate) fn begin<'py>(
        &self,
        py: Python<'py>,
        register: impl FnOnce(Waiter) -> bool,
    ) -> Option<Bound<'py, Pause>> {
        register(self.waiter(py)).then(|| {
            let pause = self.pause.bind(py);
            pause.borrow_mut().begin();
            pause.clone()
        })
    }
}

fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static FUNCTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    FUNCTION.import(py, "asyncio", "get_running_loop")?.call0()
}

impl Inbox {
    /// Of a loop that runs in this thread.
    fn of(event_loop: &Bound<'_, PyAny>) -> PyResult<Arc<Inbox>> {
        let py = event_loop.py();
        let belongs = |inbox: &Arc<Inbox>| {
            inbox.event_loop.bind(py).upgrade().is_some_and(|other| other.is(event_loop))
        };
        // Taken out meanwhile: letting go of a loop can run any code.
        let mut inboxes = INBOXES.take();
        let known = inboxes.iter().filter_map(Weak::upgrade).find(belongs);
        let inbox = match known {
            Some(known) => Ok(known),
            None => Inbox::new(event_loop).inspect(|inbox| {
                inboxes.retain(|other| other.strong_count() > 0);
                inboxes.push(Arc::downgrade(inbox));
            }),
        };
        INBOXES.set(inboxes);
        inbox
    }

    fn new(event_loop: &Bound<'_, PyAny>) -> PyResult<Arc<Inbox>> {
        let with = |bell| -> PyResult<Arc<Inbox>> {
            let event_loop = PyWeakrefReference::new(event_loop)?.unbind();
            Ok(Arc::new(Inbox { event_loop, bell, waiting: Mutex::default() }))
        };
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let event = event.map_err(std::io::Error::from)?;
        let number = event.as_raw_fd();
        let inbox = with(Bell::Event(event))?;
        // Never removed: only the loop's end makes the loop let go of the inbox, and only
        // then is the file closed.
        let deliver = Deliver { inbox: inbox.clone() };
        match event_loop.call_method1("add_reader", (number, deliver)) {
            Ok(_) => Ok(inbox),
            Err(_) => with(Bell::Call(event_loop.clone().unbind())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Resolved>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fill(inbox: &Arc<Inbox>, add: impl FnOnce(&mut VecDeque<Resolved>)) {
        let is_first = {
            let mut waiting = inbox.lock();
            let was_empty = waiting.is_empty();
            add(&mut waiting);
            was_empty && !waiting.is_empty()
        };
        if is_first {
            Inbox::ring(inbox);
        }
    }

    /// Whatever goes wrong here means that the loop is closed or the interpreter ends:
    /// nobody is left who waits.
    fn ring(inbox: &Arc<Inbox>) {
        match &inbox.bell {
            Bell::Event(event) => {
                let _ = rustix::io::write(event, &1_u64.to_ne_bytes());
            }
            Bell::Call(event_loop) => {
                let deliver = Deliver { inbox: inbox.clone() };
                let _ = Python::try_attach(|py| {
                    event_loop.call_method1(py, "call_soon_threadsafe", (deliver,)).map(drop)
                });
            }
        }
    }
}

/// Called by the loop: hands out everything that has gathered.
#[pyclass(frozen)]
struct Deliver {
    inbox: Arc<Inbox>,
}

#[pymethods]
impl Deliver {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        if let Bell::Event(event) = &self.inbox.bell {
            // Before the inbox is emptied, so that what comes from then on rings again.
            let _ = rustix::io::read(event, &mut [0; 8]);
        }
        let mut batch = std::mem::take(&mut *self.inbox.lock());
        while let Some((future, outcome, _call)) = batch.pop_front() {
            if let Err(error) = settle(future.bind(py), outcome) {
                // What ends this run of the loop is not to cost the others theirs.
                Inbox::fill(&self.inbox, |waiting| {
                    batch.append(waiting);
                    *waiting = batch;
                });
                return Err(error);
            }
        }
        Ok(())
    }
}

fn settle(future: &Bound<'_, PyAny>, outcome: Outcome) -> PyResult<()> {
    if let Ok(pause) = future.cast::<Pause>() {
        return Pause::end(pause);
    }
    // A cancelled future is done already.
    if future.call_method0("done")?.is_truthy()? {
        return Ok(());
    }
    let py = future.py();
    match outcome.into_python(py) {
        Ok(value) => future.call_method1("set_result", (value,)),
        Err(error) => future.call_method1("set_exception", (error.into_value(py),)),
    }
    .map(drop)
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
