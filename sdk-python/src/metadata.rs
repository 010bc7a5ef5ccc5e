//! What the broker knows about a signal.

use pyo3::{prelude::*, types::PyTuple};
use vss_codegen::model::Literal;

use crate::{
    convert,
    failure::{Failure, Kind},
    proto,
    signal_type::SignalType,
    wire,
};

/// What the broker knows about a signal.
#[pyclass(frozen, module = "vehicle_signal_runtime")]
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    #[pyo3(get)]
    pub(crate) path: String,
    /// Of this broker only: another one gives other numbers.
    pub(crate) id: i32,
    /// `sensor`, `actuator` or `attribute`.
    #[pyo3(get)]
    pub(crate) kind: &'static str,
    /// As the model writes it, `uint8[]`; empty where the broker does not say.
    #[pyo3(get)]
    pub(crate) datatype: String,
    #[pyo3(get)]
    unit: Option<String>,
    #[pyo3(get)]
    description: String,
    #[pyo3(get)]
    comment: Option<String>,
    #[pyo3(get)]
    deprecation: Option<String>,
    min: Option<Literal>,
    max: Option<Literal>,
    allowed: Vec<Literal>,
    /// For checks; None when the broker's own data does not fit together.
    signal_type: Option<SignalType>,
}

impl Metadata {
    pub(crate) fn from_wire(wire: proto::Metadata) -> Metadata {
        let datatype = wire::datatype(wire.data_type());
        let bound = |value: Option<&proto::Value>| {
            value.map(wire::to_literal).filter(|literal| *literal != Literal::Null)
        };
        let (min, max) = (bound(wire.min.as_ref()), bound(wire.max.as_ref()));
        let allowed = match wire.allowed_values.as_ref().map(wire::to_literal) {
            Some(Literal::List(items)) => items,
            _ => Vec::new(),
        };
        let signal_type = datatype.clone().and_then(|datatype| {
            SignalType::from_literals(datatype, min.as_ref(), max.as_ref(), &allowed).ok()
        });
        let kind = match wire.entry_type() {
            proto::EntryType::Actuator => "actuator",
            proto::EntryType::Attribute => "attribute",
            proto::EntryType::Sensor | proto::EntryType::Unspecified => "sensor",
        };
        let given = |text: String| (!text.is_empty()).then_some(text);
        Metadata {
            path: wire.path,
            id: wire.id,
            kind,
            datatype: datatype.map(|datatype| datatype.to_string()).unwrap_or_default(),
            unit: given(wire.unit),
            description: wire.description,
            comment: given(wire.comment),
            deprecation: given(wire.deprecation),
            min,
            max,
            allowed,
            signal_type,
        }
    }

    pub(crate) fn signal_type(&self) -> Result<&SignalType, Failure> {
        self.signal_type.as_ref().ok_or_else(|| {
            let message = "its datatype is not supported yet";
            Failure::new(Kind::InvalidValue, &self.path, message)
        })
    }

    /// `done` is what only an actuator can be: `set`.
    pub(crate) fn must_be_actuator(&self, done: &str) -> Result<(), Failure> {
        if self.kind == "actuator" {
            return Ok(());
        }
        let kind = match self.kind {
            "attribute" => "an attribute",
            _ => "a sensor",
        };
        let message = format!("is {kind}: only an actuator can be {done}");
        Err(Failure::new(Kind::NotAnActuator, &self.path, message))
    }
}

#[pymethods]
impl Metadata {
    #[getter]
    fn min(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        optional(py, self.min.as_ref())
    }

    #[getter]
    fn max(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        optional(py, self.max.as_ref())
    }

    /// The values it may hold; empty when it may hold any.
    #[getter]
    fn allowed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let items = self.allowed.iter().map(|literal| convert::from_literal(py, literal));
        PyTuple::new(py, items.collect::<PyResult<Vec<_>>>()?)
    }

    fn __repr__(&self) -> String {
        format!("Metadata('{}', {} {})", self.path, self.kind, self.datatype)
    }
}

fn optional(py: Python<'_>, literal: Option<&Literal>) -> PyResult<Py<PyAny>> {
    match literal {
        Some(literal) => Ok(convert::from_literal(py, literal)?.unbind()),
        None => Ok(py.None()),
    }
}
