//! What can go wrong, decided here once; Python only raises it.

use pyo3::{
    prelude::*,
    sync::PyOnceLock,
    types::{PyModule, PyTuple, PyType},
};
use tonic::{Code, Status};

/// The package's exception classes (`vehicle_signal_runtime/errors.py`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    NotConnected,
    UnknownSignal,
    PermissionDenied,
    InvalidValue,
    InvalidCondition,
    NotAnActuator,
    NoProvider,
    AlreadyProvided,
    Broker,
}

#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) path: Option<String>,
    /// Of the broker, where it is known.
    pub(crate) address: Option<String>,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Kind::NotConnected => "NotConnected",
            Kind::UnknownSignal => "UnknownSignal",
            Kind::PermissionDenied => "PermissionDenied",
            Kind::InvalidValue => "InvalidValue",
            Kind::InvalidCondition => "InvalidCondition",
            Kind::NotAnActuator => "NotAnActuator",
            Kind::NoProvider => "NoProvider",
            Kind::AlreadyProvided => "AlreadyProvided",
            Kind::Broker => "BrokerError",
        }
    }
}

impl Failure {
    pub(crate) fn new(kind: Kind, path: &str, message: impl Into<String>) -> Failure {
        let path = (!path.is_empty()).then(|| path.to_owned());
        Failure { kind, message: message.into(), path, address: None }
    }

    /// Reads what a call ended with. `path` is what was asked for, empty for no signal.
    pub(crate) fn from_status(status: &Status, path: &str) -> Failure {
        // A status that the broker sent has no source; one that tonic made up from a
        // broken connection carries the error below it.
        if let Some(cause) = std::error::Error::source(status) {
            return Failure::new(Kind::NotConnected, path, deepest(cause));
        }
        let kind = match status.code() {
            Code::NotFound => Kind::UnknownSignal,
            Code::PermissionDenied | Code::Unauthenticated => Kind::PermissionDenied,
            Code::InvalidArgument | Code::OutOfRange => Kind::InvalidValue,
            Code::AlreadyExists => Kind::AlreadyProvided,
            Code::Unavailable => Kind::NoProvider,
            _ => Kind::Broker,
        };
        let said = match status.message() {
            "" => status.code().description(),
            message => message,
        };
        Failure::new(kind, path, said)
    }

    /// The same for an open stream, where UNAVAILABLE means a broker that goes away and not a
    /// missing provider. One that stops may also end its streams without an error.
    pub(crate) fn of_stream(status: Option<&Status>, path: &str) -> Failure {
        let Some(status) = status else {
            return Failure::new(Kind::NotConnected, path, "the broker closed the stream");
        };
        let mut failure = Failure::from_status(status, path);
        if failure.kind == Kind::NoProvider {
            failure.kind = Kind::NotConnected;
        }
        failure
    }

    /// Whether trying again later may work without anybody changing anything.
    pub(crate) fn heals(&self) -> bool {
        self.kind == Kind::NotConnected
    }

    /// `Vehicle.Speed: 300 is above the maximum 250`.
    pub(crate) fn text(&self) -> String {
        let message = match (self.kind, &self.address) {
            (Kind::NotConnected, Some(address)) => {
                format!("no connection to the broker at {address}: {}", self.message)
            }
            (Kind::NotConnected, None) => format!("no connection to the broker: {}", self.message),
            _ => self.message.clone(),
        };
        match &self.path {
            Some(path) if !message.contains(path.as_str()) => format!("{path}: {message}"),
            _ => message,
        }
    }

    pub(crate) fn to_exception(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let class = class(py, self.kind.class())?;
        Ok(class.call1((self.text(), self.path.as_deref()))?.unbind())
    }
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE
        .get_or_try_init(py, || py.import("vehicle_signal_runtime.errors").map(Bound::unbind))?;
    Ok(module.bind(py).getattr(name)?.cast_into::<PyType>()?)
}

/// One error for the parts of a request that were refused. `so` says what that means for the
/// others: `nothing was sent`.
pub(crate) fn several(py: Python<'_>, so: &str, failures: &[Failure]) -> PyErr {
    let error = || -> PyResult<PyErr> {
        let errors = failures.iter().map(|failure| failure.to_exception(py));
        let errors = PyTuple::new(py, errors.collect::<PyResult<Vec<_>>>()?)?;
        let said: Vec<String> = failures.iter().map(Failure::text).collect();
        let message = format!("{so}: {}", said.join("; "));
        Ok(PyErr::from_value(class(py, "BatchRefused")?.call1((message, errors))?))
    };
    error().unwrap_or_else(|error| error)
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> PyErr {
        Python::attach(|py| match failure.to_exception(py) {
            Ok(exception) => PyErr::from_value(exception.into_bound(py)),
            Err(error) => error,
        })
    }
}

/// The cause at the bottom is the one that says something: `Connection refused`.
fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}
