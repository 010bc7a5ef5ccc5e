//! What a signal held at a moment, as Python sees it.

use std::sync::Arc;

use pyo3::{
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyList, PyString, PyType},
};

use crate::{
    proto,
    sample::{Sample, Time},
    wire,
};

/// Stands for the enum of a signal: the value on the wire -> its member.
#[derive(Clone, Debug)]
pub(crate) struct Members(pub(crate) Arc<Py<PyDict>>);

impl Members {
    /// Of a signal that has an enum.
    pub(crate) fn new(dict: Option<Py<PyDict>>) -> Option<Members> {
        dict.map(|dict| Members(Arc::new(dict)))
    }
}

/// A reading that is not a Python object yet.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) path: Arc<Py<PyString>>,
    pub(crate) members: Option<Members>,
    pub(crate) datapoint: proto::Datapoint,
}

/// The value of a signal at a moment, or why there is none.
#[pyclass(frozen, module = "vehicle_signal_runtime")]
#[derive(Debug)]
pub(crate) struct Reading {
    #[pyo3(get)]
    path: Py<PyString>,
    /// None when the signal has no value; nothing stands in for a missing one.
    #[pyo3(get)]
    value: Py<PyAny>,
    /// Why there is no value; None when there is one.
    #[pyo3(get)]
    reason: Option<String>,
    /// Whether it is the value that a subscription began with, also after a reconnect.
    #[pyo3(get)]
    initial: bool,
    stamp: Stamp,
}

#[derive(Debug)]
enum Stamp {
    None,
    Wire(Time),
    /// Given by a test or a replay.
    Given(Py<PyAny>),
}

impl Raw {
    pub(crate) fn into_reading(self, py: Python<'_>) -> PyResult<Py<Reading>> {
        let path = self.path.clone_ref(py);
        Reading::new_from(py, path, self.members.as_ref(), &self.datapoint.into())
    }
}

impl Reading {
    pub(crate) fn new_from(
        py: Python<'_>,
        path: Py<PyString>,
        members: Option<&Members>,
        sample: &Sample,
    ) -> PyResult<Py<Reading>> {
        let stamp = sample.at.map_or(Stamp::None, Stamp::Wire);
        let (value, reason) = match (&sample.value, members) {
            (None, _) => (None, Some("no value has been published yet".to_owned())),
            (Some(value), None) => (Some(wire::to_python(py, value)?), None),
            (Some(value), Some(members)) => {
                member(members.0.bind(py), wire::to_python(py, value)?)?
            }
        };
        let value = value.map_or_else(|| py.None(), Bound::unbind);
        Py::new(py, Reading { path, value, reason, initial: sample.initial, stamp })
    }
}

pub(crate) type Member<'py> = (Option<Bound<'py, PyAny>>, Option<String>);

/// The enum's member for a value, element by element for a list. A value that the model
/// does not know cannot be a member, and the type says that there are only members.
pub(crate) fn member<'py>(
    members: &Bound<'py, PyDict>,
    value: Bound<'py, PyAny>,
) -> PyResult<Member<'py>> {
    let unknown = |value: &Bound<'py, PyAny>| -> PyResult<Member<'py>> {
        let shown = value.repr()?;
        Ok((None, Some(format!("the broker holds {shown}, which the model does not allow"))))
    };
    let Ok(list) = value.cast::<PyList>() else {
        return match members.get_item(&value)? {
            Some(member) => Ok((Some(member), None)),
            None => unknown(&value),
        };
    };
    let found = PyList::empty(value.py());
    for item in list.iter() {
        match members.get_item(&item)? {
            Some(member) => found.append(member)?,
            None => return unknown(&item),
        }
    }
    Ok((Some(found.into_any()), None))
}

#[pymethods]
impl Reading {
    #[new]
    #[pyo3(signature = (path, value=None, timestamp=None, reason=None, initial=false))]
    fn new(
        py: Python<'_>,
        path: Py<PyString>,
        value: Option<Py<PyAny>>,
        timestamp: Option<Py<PyAny>>,
        reason: Option<String>,
        initial: bool,
    ) -> Reading {
        Reading {
            path,
            value: value.unwrap_or_else(|| py.None()),
            reason,
            initial,
            stamp: timestamp.map_or(Stamp::None, Stamp::Given),
        }
    }

    /// Whether there is a value.
    #[getter]
    fn available(&self, py: Python<'_>) -> bool {
        !self.value.is_none(py)
    }

    /// When the value was set, as an aware datetime in UTC; None when there is none.
    #[getter]
    fn timestamp(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (seconds, nanos) = match &self.stamp {
            Stamp::None => return Ok(py.None()),
            Stamp::Given(given) => return Ok(given.clone_ref(py)),
            Stamp::Wire(at) => (at.seconds, at.nanos),
        };
        static DATETIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        static TIMEZONE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let utc = TIMEZONE.import(py, "datetime", "timezone")?.getattr("utc")?;
        let whole = DATETIME
            .import(py, "datetime", "datetime")?
            .call_method1("fromtimestamp", (seconds, utc))?;
        let fraction = PyDict::new(py);
        fraction.set_item("microsecond", nanos.clamp(0, 999_999_999) / 1000)?;
        Ok(whole.call_method("replace", (), Some(&fraction))?.unbind())
    }

    /// `Reading[float]` in an annotation that is evaluated.
    #[classmethod]
    fn __class_getitem__(
        class: &Bound<'_, PyType>,
        item: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        static ALIAS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let alias = ALIAS.import(class.py(), "types", "GenericAlias")?;
        Ok(alias.call1((class, item))?.unbind())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let path = self.path.bind(py).repr()?;
        Ok(match &self.reason {
            Some(reason) => format!("Reading({path}, not available: {reason})"),
            None => format!("Reading({path}, {})", self.value.bind(py).repr()?),
        })
    }
}
