//! Conditions as Python builds them.

use pyo3::{exceptions::PyTypeError, prelude::*};
use vehicle_edge_runtime::signals::condition::{
    Comparison, Condition as Parsed, Constant, MAX_DEPTH, Operand,
};

use crate::{
    convert,
    failure::{Failure, Kind},
};

/// What must hold for an update to be delivered.
#[pyclass(frozen, module = "vehicle_signal_runtime")]
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) parsed: Parsed,
}

impl Condition {
    fn new(parsed: Parsed) -> PyResult<Condition> {
        match parsed.depth() <= MAX_DEPTH {
            true => Ok(Condition { parsed }),
            false => Err(invalid(format!("the condition has more than {MAX_DEPTH} levels"))),
        }
    }
}

fn invalid(message: String) -> PyErr {
    Failure::new(Kind::InvalidCondition, "", message).into()
}

fn constant(object: &Bound<'_, PyAny>) -> PyResult<Operand<String>> {
    let literal = convert::to_literal(object)?;
    match literal.as_ref().and_then(Constant::from_literal) {
        Some(constant) => Ok(Operand::Constant(constant)),
        None => Err(invalid(format!("{} cannot be compared with a signal", object.repr()?))),
    }
}

#[pymethods]
impl Condition {
    /// Reads a text such as `Vehicle.Speed > 50 AND NOT Vehicle.Body.Hood.IsOpen`.
    #[staticmethod]
    fn parse(text: &str) -> PyResult<Condition> {
        let parsed = text.parse::<Parsed>();
        parsed.map(|parsed| Condition { parsed }).map_err(|error| invalid(error.to_string()))
    }

    /// A signal and a value side by side; `comparison` is a symbol such as `>=`.
    #[staticmethod]
    fn compare(path: String, comparison: &str, value: &Bound<'_, PyAny>) -> PyResult<Condition> {
        let comparison = comparison.parse::<Comparison>().map_err(invalid)?;
        let signal = Operand::Signal(path);
        Condition::new(Parsed::Compare(signal, comparison, constant(value)?))
    }

    /// Two signals side by side.
    #[staticmethod]
    fn compare_signals(path: String, comparison: &str, other: String) -> PyResult<Condition> {
        let comparison = comparison.parse::<Comparison>().map_err(invalid)?;
        let (signal, other) = (Operand::Signal(path), Operand::Signal(other));
        Condition::new(Parsed::Compare(signal, comparison, other))
    }

    /// A signal that is neither below `low` nor above `high`.
    #[staticmethod]
    fn between(
        path: String,
        low: &Bound<'_, PyAny>,
        high: &Bound<'_, PyAny>,
    ) -> PyResult<Condition> {
        let signal = Operand::Signal(path);
        Condition::new(Parsed::Between(signal, constant(low)?, constant(high)?))
    }

    /// The paths of the signals it names, each once.
    #[getter]
    fn signals(&self) -> Vec<&str> {
        self.parsed.signals().into_iter().map(String::as_str).collect()
    }

    fn __and__(&self, other: PyRef<'_, Condition>) -> PyResult<Condition> {
        Condition::new(self.parsed.clone().and(other.parsed.clone()))
    }

    fn __or__(&self, other: PyRef<'_, Condition>) -> PyResult<Condition> {
        Condition::new(self.parsed.clone().or(other.parsed.clone()))
    }

    fn __invert__(&self) -> PyResult<Condition> {
        Condition::new(self.parsed.clone().negated())
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err(
            "a condition is neither true nor false by itself: give it to where(), combine it \
             with & | ~ (each part in parentheses) instead of and, or, not, and write \
             a.between(1, 2) instead of 1 <= a <= 2",
        ))
    }

    fn __str__(&self) -> String {
        self.parsed.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Condition({:?})", self.parsed.to_string())
    }
}
