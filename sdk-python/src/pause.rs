//! A wait for the network that costs one turn of the loop.
//!
//! A future that is resolved only schedules its task, which then has its step in the loop's
//! next turn. A pause is ended on the loop itself, where nothing else runs, so its task goes
//! on at once. For asyncio it is a future: a task that awaits one can be cancelled, keeps its
//! context, and is the current task while it has its step.

use pyo3::{
    PyTraverseError, PyVisit,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyType},
};

/// Awaited by one task, once; by a [`Lull`](crate::bridge::Lull), again and again.
#[pyclass(module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct Pause {
    event_loop: Option<Py<PyAny>>,
    /// How a task tells `await` from a plain `yield`.
    #[pyo3(get, set, name = "_asyncio_future_blocking")]
    blocking: bool,
    state: State,
    /// Who awaits it: the step of its task.
    awaiting: Option<Py<PyAny>>,
    /// The context for that. It stays: who awaits a pause again has the same.
    context: Option<Context>,
}

#[derive(Debug)]
struct Context {
    object: Py<PyAny>,
    /// Its method.
    run: Py<PyAny>,
}

#[derive(Debug)]
enum State {
    Waiting,
    Over,
    /// With a message, as a task's `cancel` takes one.
    Cancelled(Option<Py<PyAny>>),
}

impl Pause {
    pub(crate) fn new(event_loop: Py<PyAny>) -> Pause {
        let event_loop = Some(event_loop);
        Pause { event_loop, blocking: false, state: State::Waiting, awaiting: None, context: None }
    }

    /// Before a task yields it, at first or once more.
    pub(crate) fn begin(&mut self) {
        self.state = State::Waiting;
        self.blocking = true;
    }

    fn is_over(&self) -> bool {
        !matches!(self.state, State::Waiting)
    }

    /// Goes on with who awaits it. To be called by the loop, outside of every task; an error
    /// is one that is to end the loop.
    pub(crate) fn end(pause: &Bound<'_, Pause>) -> PyResult<()> {
        let py = pause.py();
        let (step, run) = {
            let mut pause = pause.borrow_mut();
            if pause.is_over() {
                return Ok(());
            }
            pause.state = State::Over;
            let Some(step) = pause.awaiting.take() else { return Ok(()) };
            (step, pause.context.as_ref().map(|context| context.run.clone_ref(py)))
        };
        match run {
            Some(run) => run.call1(py, (step, pause)).map(drop),
            None => step.call1(py, (pause,)).map(drop),
        }
    }
}

impl Context {
    fn new(object: Bound<'_, PyAny>) -> PyResult<Context> {
        let run = object.getattr("run")?.unbind();
        Ok(Context { object: object.unbind(), run })
    }
}

#[pymethods]
impl Pause {
    fn __await__(pause: Py<Pause>) -> Py<Pause> {
        pause
    }

    fn __iter__(pause: Py<Pause>) -> Py<Pause> {
        pause
    }

    fn __next__(mut pause: PyRefMut<'_, Self>) -> Option<PyRefMut<'_, Self>> {
        if pause.is_over() {
            return None;
        }
        pause.begin();
        Some(pause)
    }

    #[pyo3(signature = (step, *, context=None))]
    fn add_done_callback(
        &mut self,
        step: Py<PyAny>,
        context: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let known = self.context.as_ref().map(|context| context.object.as_ptr());
        if known != context.as_ref().map(Bound::as_ptr) {
            self.context = context.map(Context::new).transpose()?;
        }
        self.awaiting = Some(step);
        Ok(())
    }

    /// Whether there was something to cancel; its task learns it in the loop's next turn.
    #[pyo3(signature = (msg=None))]
    fn cancel(pause: &Bound<'_, Pause>, msg: Option<Py<PyAny>>) -> PyResult<bool> {
        let py = pause.py();
        let (event_loop, awaiting) = {
            let mut pause = pause.borrow_mut();
            if pause.is_over() {
                return Ok(false);
            }
            pause.state = State::Cancelled(msg);
            let context = pause.context.as_ref().map(|context| context.object.clone_ref(py));
            (pause.get_loop(py), pause.awaiting.take().map(|step| (step, context)))
        };
        if let (Some(event_loop), Some((step, context))) = (event_loop, awaiting) {
            let named = PyDict::new(py);
            named.set_item("context", context)?;
            event_loop.call_method(py, "call_soon", (step, pause), Some(&named))?;
        }
        Ok(true)
    }

    fn result(&self, py: Python<'_>) -> PyResult<()> {
        static CANCELLED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let State::Cancelled(message) = &self.state else { return Ok(()) };
        let class = CANCELLED.import(py, "asyncio", "CancelledError")?;
        Err(PyErr::from_value(match message {
            Some(message) => class.call1((message,))?,
            None => class.call0()?,
        }))
    }

    fn get_loop(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.event_loop.as_ref().map(|event_loop| event_loop.clone_ref(py))
    }

    // The task that awaits it holds it, too.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        visit.call(&self.awaiting)?;
        if let Some(context) = &self.context {
            visit.call(&context.object)?;
            visit.call(&context.run)?;
        }
        Ok(())
    }

    fn __clear__(&mut self) {
        self.event_loop = None;
        self.awaiting = None;
        self.context = None;
    }
}
