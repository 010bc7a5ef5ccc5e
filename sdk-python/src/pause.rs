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

/// Awaited by one task, once.
#[pyclass(module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct Pause {
    event_loop: Option<Py<PyAny>>,
    /// How a task tells `await` from a plain `yield`.
    #[pyo3(get, set, name = "_asyncio_future_blocking")]
    blocking: bool,
    state: State,
    /// Who awaits it: the step of its task, and the context for that.
    awaiting: Option<(Py<PyAny>, Option<Py<PyAny>>)>,
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
        Pause { event_loop, blocking: false, state: State::Waiting, awaiting: None }
    }

    fn is_over(&self) -> bool {
        !matches!(self.state, State::Waiting)
    }

    /// Goes on with who awaits it. To be called by the loop, outside of every task; an error
    /// is one that is to end the loop.
    pub(crate) fn end(pause: &Bound<'_, Pause>) -> PyResult<()> {
        let awaiting = {
            let mut pause = pause.borrow_mut();
            if pause.is_over() {
                return Ok(());
            }
            pause.state = State::Over;
            pause.awaiting.take()
        };
        match awaiting {
            Some((step, Some(context))) => {
                context.call_method1(pause.py(), "run", (step, pause)).map(drop)
            }
            Some((step, None)) => step.call1(pause.py(), (pause,)).map(drop),
            None => Ok(()),
        }
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
        pause.blocking = true;
        Some(pause)
    }

    #[pyo3(signature = (step, *, context=None))]
    fn add_done_callback(&mut self, step: Py<PyAny>, context: Option<Py<PyAny>>) {
        self.awaiting = Some((step, context));
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
            (pause.get_loop(py), pause.awaiting.take())
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
        if let Some((step, context)) = &self.awaiting {
            visit.call(step)?;
            visit.call(context)?;
        }
        Ok(())
    }

    fn __clear__(&mut self) {
        self.event_loop = None;
        self.awaiting = None;
    }
}
