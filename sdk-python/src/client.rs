//! The client as Python sees it: each call gives an asyncio future.

use std::{future::Future, sync::Arc, time::Duration};

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyDict, PyString},
};
use tokio::task::AbortHandle;

use crate::{
    batch::{self, Entry},
    bridge::{self, Outcome, Waiter},
    condition::Condition,
    failure::Failure,
    follow::{self, Delivery, Wish, follow},
    link::{Check, Link},
    mock_broker::Pipe,
    outlet::Outlet,
    provider,
    queue::{Policy, Queue},
    reading::{Members, Raw},
    sieve::{Shape, Sieve},
    signal_type::{SignalType, literal},
    stream::Stream,
    worker,
};

/// A connection to a broker, made at the first call and again after each loss.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct Client {
    #[pyo3(get)]
    address: String,
    /// The way to a broker that has no real address.
    pipe: Option<Arc<Pipe>>,
    link: Arc<Link>,
}

impl Client {
    fn make(address: String, pipe: Option<Arc<Pipe>>) -> PyResult<Client> {
        // The channel starts a task of its own, so it needs the runtime's context.
        let runtime = worker::handle()?;
        let _context = runtime.enter();
        let link = match &pipe {
            Some(pipe) => pipe.link(&address),
            None => Link::new(&address).map_err(PyValueError::new_err)?,
        };
        Ok(Client { address, pipe, link: Arc::new(link) })
    }

    /// A client of the broker at the other end of a pipe, which `address` names.
    pub(crate) fn over(pipe: Arc<Pipe>, address: &str) -> PyResult<Client> {
        Client::make(address.to_owned(), Some(pipe))
    }

    /// Runs a task for a future of the running loop.
    fn spawn<'py, F>(
        &self,
        py: Python<'py>,
        waiter: Waiter,
        task: impl FnOnce(Arc<Link>) -> F,
    ) -> PyResult<(Bound<'py, PyAny>, AbortHandle)>
    where
        F: Future<Output = Result<Outcome, Failure>> + Send + 'static,
    {
        let future = waiter.future(py);
        let task = task(self.link.clone());
        let handle = worker::spawn(async move {
            waiter.resolve(task.await.unwrap_or_else(Outcome::Failed));
        })?;
        Ok((future, handle))
    }

    /// A call. Cancelling its future does not end it: it was probably sent, and a server takes
    /// many calls that are reset at once for an attack. Its result is then thrown away.
    fn start<'py, F>(
        &self,
        py: Python<'py>,
        task: impl FnOnce(Arc<Link>) -> F,
    ) -> PyResult<Bound<'py, PyAny>>
    where
        F: Future<Output = Result<Outcome, Failure>> + Send + 'static,
    {
        self.spawn(py, bridge::call(py)?, task).map(|(future, _)| future)
    }

    /// A wait, however long. Cancelling its future ends it.
    fn wait<'py, F>(
        &self,
        py: Python<'py>,
        waiter: Waiter,
        task: impl FnOnce(Arc<Link>) -> F,
    ) -> PyResult<Bound<'py, PyAny>>
    where
        F: Future<Output = Result<Outcome, Failure>> + Send + 'static,
    {
        let (future, handle) = self.spawn(py, waiter, task)?;
        Waiter::abort_on_cancel(py, &future, handle)?;
        Ok(future)
    }
}

/// How a subscription delivers (`selection.py`).
#[derive(Debug, FromPyObject)]
struct Options {
    /// How many items may wait, or 0 for only the newest of each signal.
    queue: usize,
    /// The shortest time between two items of a signal, in seconds.
    interval: Option<f64>,
    changes_only: bool,
}

pub(crate) fn check(signal_type: Option<PyRef<'_, SignalType>>) -> Check {
    match signal_type {
        Some(given) => Check::Given(given.clone()),
        None => Check::Metadata,
    }
}

#[pymethods]
impl Client {
    #[new]
    fn new(address: String) -> PyResult<Client> {
        Client::make(address, None)
    }

    /// A new client of the same broker, for a process that was forked: the connection is the
    /// parent's alone.
    fn again(&self) -> PyResult<Client> {
        Client::make(self.address.clone(), self.pipe.clone())
    }

    /// Resolves when the broker answers, however long that takes, to the number of that
    /// connection.
    fn ready<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let waiter = bridge::call(py)?;
        let ready =
            |link: Arc<Link>| async move { follow::ready(&link).await.map(Outcome::Connection) };
        self.wait(py, waiter, ready)
    }

    /// Resolves when that connection is gone, to the reason.
    fn lost<'py>(&self, py: Python<'py>, connection: u64) -> PyResult<Bound<'py, PyAny>> {
        let waiter = bridge::waiter(py)?;
        let lost =
            move |link: Arc<Link>| async move { Ok(Outcome::Lost(link.lost(connection).await)) };
        self.wait(py, waiter, lost)
    }

    /// The current value, as a Reading.
    #[pyo3(signature = (path, members=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        path: Bound<'py, PyString>,
        members: Option<Py<PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let name = path.to_str()?.to_owned();
        let path = Arc::new(path.unbind());
        let members = Members::new(members);
        self.start(py, |link| async move {
            let datapoint = link.get(&name).await?;
            Ok(Outcome::Reading(Box::new(Raw { path, members, datapoint })))
        })
    }

    /// The current values in the order of the paths, as Readings; one message.
    fn get_many<'py>(
        &self,
        py: Python<'py>,
        paths: Vec<Py<PyString>>,
        members: Vec<Option<Py<PyDict>>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let names = paths.iter().map(|path| path.extract::<String>(py));
        let names = names.collect::<PyResult<Vec<_>>>()?;
        self.start(py, |link| async move {
            let datapoints = link.get_many(&names).await?;
            let signals =
                paths.into_iter().map(Arc::new).zip(members.into_iter().map(Members::new));
            let raws = signals.zip(datapoints).map(|((path, members), datapoint)| Raw {
                path,
                members,
                datapoint,
            });
            Ok(Outcome::Readings(raws.collect()))
        })
    }

    /// Sets the targets of some actuators and publishes the values of some signals, each in
    /// one message and only if every value is one that its signal may hold.
    fn batch<'py>(
        &self,
        py: Python<'py>,
        sets: Vec<Entry>,
        publishes: Vec<Entry>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.start(py, |link| async move { batch::send(&link, sets, publishes).await })
    }

    /// Sets the target of an actuator.
    #[pyo3(signature = (path, value, signal_type=None))]
    fn actuate<'py>(
        &self,
        py: Python<'py>,
        path: String,
        value: &Bound<'py, PyAny>,
        signal_type: Option<PyRef<'py, SignalType>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let literal = literal(&path, value)?;
        let check = check(signal_type);
        self.start(py, |link| async move {
            link.actuate(&path, &literal, check).await?;
            Ok(Outcome::Done)
        })
    }

    /// Publishes the current value of a signal, as its provider.
    #[pyo3(signature = (path, value, signal_type=None))]
    fn publish<'py>(
        &self,
        py: Python<'py>,
        path: String,
        value: &Bound<'py, PyAny>,
        signal_type: Option<PyRef<'py, SignalType>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let literal = literal(&path, value)?;
        let check = check(signal_type);
        self.start(py, |link| async move {
            link.publish(&path, &literal, check).await?;
            Ok(Outcome::Done)
        })
    }

    /// Says that a signal has no value now, as its provider.
    fn clear<'py>(&self, py: Python<'py>, path: String) -> PyResult<Bound<'py, PyAny>> {
        self.start(py, |link| async move {
            link.clear(&path).await?;
            Ok(Outcome::Done)
        })
    }

    /// What the broker knows of a signal.
    fn metadata<'py>(&self, py: Python<'py>, path: String) -> PyResult<Bound<'py, PyAny>> {
        self.start(py, |link| async move {
            Ok(Outcome::Metadata(Box::new(link.metadata(&path).await?)))
        })
    }

    /// Claims to carry out actuators, with their enums, and to publish signals; resolves to a
    /// Provider once the broker has accepted.
    fn provide<'py>(
        &self,
        py: Python<'py>,
        actuators: Vec<(Py<PyString>, Option<Py<PyDict>>)>,
        publishes: Vec<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        provider::open(py, self.link.clone(), actuators, publishes)
    }

    /// Subscribes to signals; resolves to a Stream once the broker has accepted.
    ///
    /// An item of the stream is the reading of the signal that was updated; or, if `whole`,
    /// what `snapshot` makes of the readings of all, and without a `snapshot` the first of
    /// them. Given a `condition`, there is an item only while it holds.
    #[pyo3(signature = (signals, options, whole=false, snapshot=None, condition=None))]
    fn subscribe<'py>(
        &self,
        py: Python<'py>,
        signals: Vec<(Py<PyString>, Option<Py<PyDict>>)>,
        options: Options,
        whole: bool,
        snapshot: Option<Py<PyAny>>,
        condition: Option<PyRef<'py, Condition>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let paths = signals.iter().map(|(path, _)| path.extract::<String>(py));
        let paths = paths.collect::<PyResult<Vec<_>>>()?;
        let selected = paths.len();
        let condition = condition.map(|condition| condition.parsed.clone());
        let (wish, condition) = Wish::new(paths, condition);
        let policy = if options.queue == 0 { Policy::Latest } else { Policy::Last(options.queue) };
        let interval = options.interval.map(Duration::try_from_secs_f64).transpose();
        let interval = interval.map_err(|error| PyValueError::new_err(error.to_string()))?;
        let shape = if whole { Shape::Whole } else { Shape::Each };
        let queue = Arc::new(Queue::new(policy, selected));
        let delivery = Delivery {
            sieve: Sieve::new(shape, selected, wish.paths.len(), condition),
            outlet: Outlet::new(selected, interval, options.changes_only),
            queue: queue.clone(),
        };
        let signals = signals.into_iter();
        let signals = signals.map(|(path, members)| (path, Members::new(members))).collect();
        let stream = Py::new(py, Stream::new(queue, signals, snapshot))?;

        let waiter = bridge::call(py)?;
        let future = waiter.future(py);
        let opened = (waiter, Outcome::Stream(stream.clone_ref(py)));
        let handle = worker::spawn(follow(self.link.clone(), wish, delivery, opened))?;
        stream.get().set_task(handle.clone());
        Waiter::abort_on_cancel(py, &future, handle)?;
        Ok(future)
    }
}
