//! A provider's life: claim, be asked, publish, and all of it again after a loss.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    pybacked::PyBackedStr,
    types::{PyDict, PyList, PyString},
};
use tokio::{task::AbortHandle, time::timeout};
use vehicle_signal_client::Backoff;

use crate::{
    bridge::{self, Outcome, Waiter},
    failure::{self, Failure, Kind},
    link::Link,
    pause::Pause,
    proto,
    reading::{self, Members},
    session::{self, Claims, Inbound, Session},
    signal_type::{SignalType, literal_or_why},
    wire, worker,
};

/// How many actuations of one actuator may wait for their handler; more are refused.
const WAITING: usize = 1024;

/// How long `close` waits for the broker to take notice.
const FAREWELL: Duration = Duration::from_secs(1);

/// An open provider as Python sees it.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct Provider {
    link: Arc<Link>,
    desk: Arc<Desk>,
    task: OnceLock<AbortHandle>,
}

/// An actuator's enum and path, for the values that it is asked for.
type Actuator = (Py<PyString>, Option<Members>);

/// Between the background thread and Python.
#[derive(Debug)]
struct Desk {
    actuators: HashMap<String, Actuator>,
    publishes: HashSet<String>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// While there is a connection, with all claims made.
    session: Option<Arc<Session>>,
    actuations: VecDeque<Asked>,
    /// Of each path: taken or waiting, and without an answer.
    unanswered: HashMap<String, usize>,
    /// Who came first after a loss has a claim of ours now.
    conflict: Option<String>,
    /// Python has not looked since `conflict` changed.
    news: bool,
    /// Set once nothing will come any more.
    ended: Option<Failure>,
    /// Resolved when something changes; set while Python waits.
    waiter: Option<Waiter>,
}

/// One actuation, not yet a Python object.
#[derive(Debug)]
struct Asked {
    path: String,
    id: i32,
    value: proto::Value,
    session: Arc<Session>,
}

/// What the vehicle asks of an actuator. The answer is given once.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct Actuation {
    #[pyo3(get)]
    path: Py<PyString>,
    #[pyo3(get)]
    value: Py<PyAny>,
    answer: Answer,
}

/// Goes to the session that brought the question; a later one knows nothing of it.
#[derive(Debug)]
struct Answer {
    path: String,
    id: i32,
    session: Arc<Session>,
    desk: Arc<Desk>,
    is_given: AtomicBool,
}

/// What Python gives to be published.
type Given<'py> = (PyBackedStr, Bound<'py, PyAny>, Option<PyRef<'py, SignalType>>);

/// Opens a provider; the future resolves to it once all claims are made.
pub(crate) fn open<'py>(
    py: Python<'py>,
    link: Arc<Link>,
    actuators: Vec<(Py<PyString>, Option<Py<PyDict>>)>,
    publishes: Vec<String>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut by_path = HashMap::new();
    for (path, members) in actuators {
        by_path.insert(path.extract::<String>(py)?, (path, Members::new(members)));
    }
    let claims =
        Claims { actuators: by_path.keys().cloned().collect(), signals: publishes.clone() };
    let desk = Arc::new(Desk {
        actuators: by_path,
        publishes: publishes.into_iter().collect(),
        state: Mutex::default(),
    });
    let task = OnceLock::new();
    let waiter = bridge::waiter(py)?;
    let provider = Provider { link: link.clone(), desk: desk.clone(), task };
    let provider = Py::new(py, provider)?;
    let future = waiter.future(py);
    let opened = (waiter, Outcome::Provider(provider.clone_ref(py)));
    let handle = worker::spawn(serve(link, claims, desk, opened))?;
    let _ = provider.get().task.set(handle.clone());
    Waiter::abort_on_cancel(py, &future, handle)?;
    Ok(future)
}

/// Claims and listens until the task is aborted or an error comes that does not heal.
async fn serve(link: Arc<Link>, claims: Claims, desk: Arc<Desk>, opened: (Waiter, Outcome)) {
    let mut opened = Some(opened);
    let mut backoff = Backoff::new();
    loop {
        let answers = link.answers();
        let lost = match session::open(&link, &claims).await {
            Ok((session, inbound)) => {
                desk.begin(&session);
                if let Some((waiter, outcome)) = opened.take() {
                    waiter.resolve(outcome);
                }
                backoff = Backoff::new();
                let lost = link.at(listen(inbound, &session, &desk).await);
                desk.lose(&lost);
                link.forget();
                lost
            }
            Err(failure) => link.at(failure),
        };
        // At first somebody else's claim is an error. Later it may be the one of our own
        // lost connection, or of somebody who will go again.
        let is_conflict = lost.kind == Kind::AlreadyProvided && opened.is_none();
        if !lost.heals() && !is_conflict {
            match opened {
                Some((waiter, _)) => waiter.resolve(Outcome::Failed(lost)),
                None => desk.end(lost),
            }
            return;
        }
        desk.set_conflict(is_conflict.then(|| lost.text()));
        match is_conflict {
            // The broker answers: that alone is no reason to ask again.
            true => backoff.wait().await,
            false => backoff.wait_or(link.answers_after(answers)).await,
        }
    }
}

/// Puts what comes on the desk; what ended the stream.
async fn listen(mut inbound: Inbound, session: &Arc<Session>, desk: &Desk) -> Failure {
    loop {
        match inbound.next(session).await {
            Ok(requests) => desk.put(session, requests),
            Err(failure) => return failure,
        }
    }
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes Python. The lock is let go before that: waking asks for
    /// the interpreter, whose holder may be waiting for this lock.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let waiter = state.waiter.take();
        drop(state);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    fn begin(&self, session: &Arc<Session>) {
        self.change(|state| {
            state.session = Some(session.clone());
            state.set_conflict(None);
        });
    }

    fn lose(&self, failure: &Failure) {
        let session = self.state().session.take();
        if let Some(session) = session {
            session.end(failure);
        }
    }

    fn end(&self, failure: Failure) {
        self.change(|state| state.ended = Some(failure));
    }

    fn set_conflict(&self, conflict: Option<String>) {
        self.change(|state| state.set_conflict(conflict));
    }

    fn put(&self, session: &Arc<Session>, requests: Vec<proto::ActuateRequest>) {
        self.change(|state| {
            for request in requests {
                let id = match request.signal_id.and_then(|id| id.signal) {
                    Some(proto::signal_id::Signal::Id(id)) => Some(id),
                    Some(proto::signal_id::Signal::Path(path)) => session.id(&path),
                    None => None,
                };
                let Some(id) = id else { continue };
                match (session.path(id), request.value) {
                    (Some(path), Some(value)) => {
                        let (path, session) = (path.to_owned(), session.clone());
                        state.put(Asked { path, id, value, session });
                    }
                    _ => session.answer(id, Err("not an actuation of a claimed actuator".into())),
                }
            }
        });
    }
}

impl State {
    fn set_conflict(&mut self, conflict: Option<String>) {
        self.news |= self.conflict != conflict;
        self.conflict = conflict;
    }

    fn put(&mut self, asked: Asked) {
        let unanswered = self.unanswered.entry(asked.path.clone()).or_default();
        if *unanswered >= WAITING {
            let why = format!("{WAITING} actuations wait already");
            return asked.session.answer(asked.id, Err(why));
        }
        *unanswered += 1;
        self.actuations.push_back(asked);
    }
}

impl Answer {
    fn give(&self, result: Result<(), String>) {
        if self.is_given.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(unanswered) = self.desk.state().unanswered.get_mut(&self.path) {
            *unanswered = unanswered.saturating_sub(1);
        }
        self.session.answer(self.id, result);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.give(Err("the provider gave no answer".into()));
    }
}

#[pymethods]
impl Actuation {
    fn accept(&self) {
        self.answer.give(Ok(()));
    }

    fn refuse(&self, reason: String) {
        self.answer.give(Err(reason));
    }
}

impl Provider {
    fn actuation(&self, py: Python<'_>, asked: Asked) -> PyResult<Option<Actuation>> {
        let Asked { path, id, value, session } = asked;
        let desk = self.desk.clone();
        let answer = Answer { path, id, session, desk, is_given: AtomicBool::new(false) };
        let actuator = self.desk.actuators.get(&answer.path);
        let (Some((path, members)), Some(typed)) = (actuator, value.typed_value) else {
            answer.give(Err("not a value of a claimed actuator".into()));
            return Ok(None);
        };
        let value = wire::to_python(py, &wire::to_value(typed))?;
        let value = match members {
            None => value,
            Some(members) => match reading::member(members.0.bind(py), value)? {
                (Some(member), _) => member,
                (None, _) => {
                    answer.give(Err("the provider's model does not allow this value".into()));
                    return Ok(None);
                }
            },
        };
        Ok(Some(Actuation { path: path.clone_ref(py), value: value.unbind(), answer }))
    }

    /// What may be published, by number; the others' faults go to `refused`.
    fn checked(
        &self,
        session: &Session,
        given: &[Given<'_>],
        refused: &mut Vec<Failure>,
    ) -> PyResult<HashMap<i32, proto::Datapoint>> {
        let mut data_points = HashMap::with_capacity(given.len());
        for (path, object, signal_type) in given {
            let is_claimed = self.desk.publishes.contains(&**path);
            let Some(metadata) = session.known(path).filter(|_| is_claimed) else {
                let rule = "is not among the signals that this provider publishes";
                let message = format!("{path} {rule}: name it in `publishes`");
                return Err(PyValueError::new_err(message));
            };
            let literal = literal_or_why(path, object)?;
            let value = literal.and_then(|literal| match signal_type {
                Some(given) => given.value(path, &literal),
                None => metadata.signal_type()?.value(path, &literal),
            });
            match value {
                Ok(value) => drop(data_points.insert(metadata.id, wire::now(&value))),
                Err(failure) => refused.push(failure),
            }
        }
        Ok(data_points)
    }

    fn session(&self) -> Result<Arc<Session>, Failure> {
        let state = self.desk.state();
        if let Some(session) = &state.session {
            return Ok(session.clone());
        }
        Err(state.ended.clone().unwrap_or_else(|| {
            let message = state.conflict.as_deref().unwrap_or("it is being made again");
            self.link.at(Failure::new(Kind::NotConnected, "", message))
        }))
    }
}

#[pymethods]
impl Provider {
    /// The actuations that have come since the last call; raises when the provider has ended
    /// by an error.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let asked = {
            let mut state = self.desk.state();
            state.news = false;
            match &state.ended {
                Some(failure) if state.actuations.is_empty() => return Err(failure.clone().into()),
                _ => std::mem::take(&mut state.actuations),
            }
        };
        let actuations = PyList::empty(py);
        for asked in asked {
            if let Some(actuation) = self.actuation(py, asked)? {
                actuations.append(Bound::new(py, actuation)?)?;
            }
        }
        Ok(actuations)
    }

    /// To be awaited until there is something new.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Pause>> {
        bridge::pause(py, |waiter| {
            let mut state = self.desk.state();
            let idle = state.actuations.is_empty() && state.ended.is_none() && !state.news;
            if idle {
                state.waiter = Some(waiter);
            }
            idle
        })
    }

    /// Publishes values in one message; resolves when the broker has them.
    fn publish<'py>(
        &self,
        py: Python<'py>,
        values: Vec<Given<'py>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let session = self.session()?;
        let mut refused = Vec::new();
        let data_points = self.checked(&session, &values, &mut refused)?;
        match refused.as_slice() {
            [] => {}
            [failure] if values.len() == 1 => return Err(failure.clone().into()),
            several => return Err(failure::several(py, "nothing was sent", several)),
        }
        let waiter = bridge::waiter(py)?;
        let future = waiter.future(py);
        session.publish(data_points, Box::new(|outcome| waiter.resolve(outcome)));
        Ok(future)
    }

    /// Ends the claims; resolves when the broker has noticed, or is not there.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let closed = Failure::new(Kind::NotConnected, "", "the provider is closed");
        let was_open = self.desk.state().session.is_some();
        self.desk.lose(&closed);
        self.desk.end(closed);
        if let Some(task) = self.task.get() {
            task.abort();
        }
        let waiter = bridge::waiter(py)?;
        let future = waiter.future(py);
        let link = self.link.clone();
        worker::spawn(async move {
            // What is asked on the same connection is answered after the stream's end.
            if was_open {
                let _ = timeout(FAREWELL, link.ping()).await;
            }
            waiter.wake();
        })?;
        Ok(future)
    }

    /// Which claim of ours somebody else has after a loss, else None.
    #[getter]
    fn conflict(&self) -> Option<String> {
        self.desk.state().conflict.clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}
