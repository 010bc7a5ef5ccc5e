//! A broker inside this process, for tests: the runtime's own, reached by the SDK's own
//! client over a pipe in memory. No socket, and nothing in between that is not the real one.
//!
//! In: a manifest, and what a test does: publish, actuate, read, wait, play an outage.
//! Out: [`Client`]s, and what was asked of the vehicle.
//! What a test calls blocks its thread; it must not be called on the background thread.

mod pipe;
mod vehicle;
mod waiting;

use std::sync::Arc;

use pyo3::{
    exceptions::{PyRuntimeError, PyValueError},
    prelude::*,
    types::{PyDict, PyString},
};
use tokio::sync::Mutex;
use vehicle_edge_runtime::signals::{
    self, ActuationStream, Broker, Datapoint, Grants, Provider, SignalError, SignalRef,
    Subscription, Update,
};
use vss_codegen::model::{Access, Manifest, Value};

pub(crate) use self::pipe::Pipe;
use self::vehicle::Vehicle;
use crate::{
    client::Client,
    failure::{Failure, Kind},
    reading::{Members, Reading},
    sample::{Sample, Time},
    signal_type::literal,
    wire,
};

/// Stands where the address of another broker would.
const ADDRESS: &str = "mock";

/// Updates that may wait for somebody who waits for a value.
const WAITING: usize = 1000;

/// A real broker in this process, with a vehicle of its own.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct MockBroker {
    broker: Broker,
    /// The test itself, which may do everything.
    test: signals::Client,
    pipe: Arc<Pipe>,
    vehicle: Vehicle,
    /// A forked child has this record, but not the thread that does the work.
    process: u32,
}

/// What a signal holds from now on.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct MockWatch {
    path: Py<PyString>,
    members: Option<Members>,
    subscription: Mutex<Subscription>,
}

/// Carries out the actuations of some actuators; its claim ends when it is closed.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct MockProvider {
    open: std::sync::Mutex<Option<Provider>>,
    actuations: Mutex<ActuationStream>,
}

/// A path, and the value it was asked for.
type Asked<'py> = (String, Bound<'py, PyAny>);

#[pymethods]
impl MockBroker {
    /// `manifest` is what `vssc generate manifest` writes. With `echo`, what an actuator is
    /// asked for becomes its value. `grants` are an app's, as (pattern, access); None is
    /// for somebody who may do everything.
    #[new]
    #[pyo3(signature = (manifest, echo=true, grants=None))]
    fn new(
        manifest: &str,
        echo: bool,
        grants: Option<Vec<(String, String)>>,
    ) -> PyResult<MockBroker> {
        let manifest: Manifest = serde_json::from_str(manifest)
            .map_err(|error| PyValueError::new_err(format!("this is no manifest: {error}")))?;
        let wrong = |error: &dyn std::fmt::Display| PyValueError::new_err(error.to_string());
        let broker = Broker::new(&manifest).map_err(|error| wrong(&error))?;
        let client = match grants {
            None => signals::Client::outside(),
            Some(grants) => signals::Client::app("under test", read_grants(grants)?),
        };
        let test = signals::Client::runtime();
        let vehicle = Vehicle::start(&broker, echo)?;
        let pipe = Arc::new(Pipe::new(broker.clone(), client));
        pipe.open();
        Ok(MockBroker { broker, test, pipe, vehicle, process: std::process::id() })
    }

    /// A new client of this broker.
    fn client(&self) -> PyResult<Client> {
        Client::over(self.pipe.clone(), ADDRESS)
    }

    /// Lets clients connect again.
    fn start(&self) {
        self.pipe.open();
    }

    /// Cuts all clients off and lets none connect. Values stay, and can still be published.
    fn stop(&self) {
        self.pipe.close();
    }

    /// Whether clients can connect.
    #[getter]
    fn running(&self) -> bool {
        self.pipe.is_open()
    }

    /// The current value, when everything is carried out that was asked for until now.
    #[pyo3(signature = (path, members=None))]
    fn get(
        &self,
        py: Python<'_>,
        path: Bound<'_, PyString>,
        members: Option<Py<PyDict>>,
    ) -> PyResult<Py<Reading>> {
        self.settle(py)?;
        let datapoint = self.broker.get(&self.test, path.to_str()?).map_err(refused)?;
        reading(py, path.unbind(), Members::new(members).as_ref(), &datapoint)
    }

    /// What the actuator was asked for last.
    #[pyo3(signature = (path, members=None))]
    fn target(
        &self,
        py: Python<'_>,
        path: Bound<'_, PyString>,
        members: Option<Py<PyDict>>,
    ) -> PyResult<Py<Reading>> {
        self.check_process()?;
        let datapoint = self.broker.target(&self.test, path.to_str()?).map_err(refused)?;
        reading(py, path.unbind(), Members::new(members).as_ref(), &datapoint)
    }

    /// Sets the current value; None says that the signal has none now.
    fn publish(&self, path: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.check_process()?;
        let published = match value.is_none() {
            true => self.broker.clear(&self.test, path),
            false => self.broker.publish(&self.test, path, self.value(path, value)?),
        };
        Ok(published.map_err(refused)?)
    }

    /// Asks whoever carries out this actuator's actuations for a value.
    fn actuate(&self, py: Python<'_>, path: String, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.check_process()?;
        let value = self.value(&path, value)?;
        let (broker, test) = (self.broker.clone(), self.test.clone());
        let actuate = async move { broker.actuate(&test, &path, value).await };
        Ok(waiting::until(py, None, actuate)?.unwrap_or(Ok(())).map_err(refused)?)
    }

    /// Everything that was asked for, from number `first` on.
    fn actuations<'py>(&self, py: Python<'py>, first: usize) -> PyResult<Vec<Asked<'py>>> {
        self.settle(py)?;
        self.vehicle.asked(first).iter().map(|actuation| asked(py, actuation)).collect()
    }

    /// Whether more than `known` actuations were asked for, at the latest after so many
    /// seconds.
    fn wait_for_actuation(&self, py: Python<'_>, known: usize, timeout: f64) -> PyResult<bool> {
        self.check_process()?;
        Ok(waiting::until(py, Some(timeout), self.vehicle.more_than(known))?.is_some())
    }

    /// Follows a signal, beginning with its current value.
    #[pyo3(signature = (path, members=None))]
    fn watch(&self, path: Bound<'_, PyString>, members: Option<Py<PyDict>>) -> PyResult<MockWatch> {
        self.check_process()?;
        let names = [path.to_str()?];
        let subscription = self.broker.subscribe(&self.test, &names, WAITING).map_err(refused)?;
        let (path, members) = (path.unbind(), Members::new(members));
        Ok(MockWatch { path, members, subscription: Mutex::new(subscription) })
    }

    /// Claims an actuator; a claim goes before the echo.
    fn provide(&self, path: &str) -> PyResult<MockProvider> {
        self.check_process()?;
        let (provider, actuations) = self.broker.provider(&self.test);
        provider.claim_actuations(&[SignalRef::Path(path)]).map_err(refused)?;
        let open = std::sync::Mutex::new(Some(provider));
        Ok(MockProvider { open, actuations: Mutex::new(actuations) })
    }
}

impl MockBroker {
    fn check_process(&self) -> PyResult<()> {
        if self.process == std::process::id() {
            return Ok(());
        }
        let message = "a mock broker works only in the process that made it: make one after fork";
        Err(PyRuntimeError::new_err(message))
    }

    /// Waits until the vehicle has done what it was asked for.
    fn settle(&self, py: Python<'_>) -> PyResult<()> {
        self.check_process()?;
        waiting::until(py, None, self.vehicle.settled()).map(drop)
    }

    fn value(&self, path: &str, object: &Bound<'_, PyAny>) -> PyResult<Value> {
        let literal = literal(path, object)?;
        // A path that is unknown is refused by what follows, which can suggest another.
        let registry = self.broker.registry();
        let Some(entry) = registry.get(path) else {
            let refusal = self.broker.get(&self.test, path).err();
            return Err(refusal.map_or_else(
                || PyRuntimeError::new_err("the model changed"),
                |error| refused(error).into(),
            ));
        };
        let value = Value::from_literal(&literal, &entry.signal().datatype);
        Ok(value
            .map_err(|violation| Failure::new(Kind::InvalidValue, path, violation.to_string()))?)
    }
}

#[pymethods]
impl MockWatch {
    /// The next readings; none when nothing came for so many seconds.
    fn next(&self, py: Python<'_>, timeout: f64) -> PyResult<Vec<Py<Reading>>> {
        let next = async { self.subscription.lock().await.next().await };
        let next = waiting::until(py, Some(timeout), next)?;
        let updates = next.transpose().map_err(refused)?.unwrap_or_default();
        let each = updates.iter().map(|update| {
            reading(py, self.path.clone_ref(py), self.members.as_ref(), update.datapoint())
        });
        each.collect()
    }
}

#[pymethods]
impl MockProvider {
    /// The next actuations; none after `close`, or when nothing came for so many seconds.
    fn next<'py>(&self, py: Python<'py>, timeout: f64) -> PyResult<Vec<Asked<'py>>> {
        let next = async { self.actuations.lock().await.recv().await };
        let batch = waiting::until(py, Some(timeout), next)?.flatten().unwrap_or_default();
        batch.iter().map(|actuation| asked(py, actuation)).collect()
    }

    /// Gives the claim back.
    fn close(&self) {
        drop(self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
    }
}

fn reading(
    py: Python<'_>,
    path: Py<PyString>,
    members: Option<&Members>,
    datapoint: &Datapoint,
) -> PyResult<Py<Reading>> {
    let at = datapoint.timestamp;
    let at = at.map(|at| Time { seconds: at.as_second(), nanos: at.subsec_nanosecond() });
    let sample = Sample { value: datapoint.value.clone(), at, initial: false };
    Reading::new_from(py, path, members, &sample)
}

fn asked<'py>(py: Python<'py>, actuation: &Update) -> PyResult<Asked<'py>> {
    let value = match &actuation.datapoint().value {
        Some(value) => wire::to_python(py, value)?,
        None => py.None().into_bound(py),
    };
    Ok((actuation.path().to_string(), value))
}

fn read_grants(grants: Vec<(String, String)>) -> PyResult<Grants> {
    let grants = grants.into_iter().map(|(pattern, access)| {
        let access = match access.as_str() {
            "read" => Access::Read,
            "write" => Access::Write,
            "provide" => Access::Provide,
            other => {
                let message =
                    format!("{pattern}: access {other:?} is none of read, write, provide");
                return Err(PyValueError::new_err(message));
            }
        };
        Ok((pattern, access))
    });
    Grants::new(grants.collect::<PyResult<Vec<_>>>()?)
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

fn refused(error: SignalError) -> Failure {
    let kind = match &error {
        SignalError::UnknownPath { .. } | SignalError::UnknownId(_) | SignalError::Gone { .. } => {
            Kind::UnknownSignal
        }
        SignalError::BadPath(_)
        | SignalError::Invalid { .. }
        | SignalError::TooLarge { .. }
        | SignalError::OtherType { .. }
        | SignalError::CannotAdd { .. } => Kind::InvalidValue,
        SignalError::Denied { .. }
        | SignalError::MayNotCreate { .. }
        | SignalError::Closed { .. }
        | SignalError::Expired { .. } => Kind::PermissionDenied,
        SignalError::NoActuator { .. } => Kind::NotAnActuator,
        SignalError::NoProvider { .. } => Kind::NoProvider,
        SignalError::AlreadyClaimed { .. } | SignalError::TakenOver { .. } => Kind::AlreadyProvided,
        SignalError::ProviderBusy { .. }
        | SignalError::ProviderGone { .. }
        | SignalError::Held { .. }
        | SignalError::NotClaimed { .. } => Kind::Broker,
    };
    let path = match &error {
        SignalError::UnknownPath { path, .. } | SignalError::CannotAdd { path, .. } => path.clone(),
        SignalError::Invalid { path, .. }
        | SignalError::TooLarge { path, .. }
        | SignalError::Denied { path, .. }
        | SignalError::NoActuator { path }
        | SignalError::NoProvider { path }
        | SignalError::ProviderBusy { path }
        | SignalError::ProviderGone { path }
        | SignalError::AlreadyClaimed { path }
        | SignalError::Gone { path }
        | SignalError::OtherType { path, .. }
        | SignalError::TakenOver { path, .. }
        | SignalError::Held { path, .. }
        | SignalError::NotClaimed { path } => path.to_string(),
        SignalError::UnknownId(_)
        | SignalError::BadPath(_)
        | SignalError::MayNotCreate { .. }
        | SignalError::Closed { .. }
        | SignalError::Expired { .. } => String::new(),
    };
    Failure::new(kind, &path, error.to_string())
}
