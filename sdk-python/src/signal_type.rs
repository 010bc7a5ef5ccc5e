//! What a signal may hold, for checking a value before it is sent.

use pyo3::prelude::*;
use vss_codegen::model::{DataType, Limits, Literal, Value, Violation};

use crate::{
    convert,
    failure::{Failure, Kind},
};

/// A datatype with its bounds, as the generated model or the broker's metadata gives them.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Clone, Debug)]
pub(crate) struct SignalType {
    datatype: DataType,
    limits: Limits,
}

impl SignalType {
    pub(crate) fn from_literals(
        datatype: DataType,
        min: Option<&Literal>,
        max: Option<&Literal>,
        allowed: &[Literal],
    ) -> Result<SignalType, Violation> {
        let element = DataType::scalar(datatype.element.clone());
        let one = |literal: &Literal| Value::from_literal(literal, &element);
        let limits = Limits {
            min: min.map(one).transpose()?,
            max: max.map(one).transpose()?,
            allowed: allowed.iter().map(one).collect::<Result<_, _>>()?,
        };
        Ok(SignalType { datatype, limits })
    }

    pub(crate) fn value(&self, path: &str, literal: &Literal) -> Result<Value, Failure> {
        let wrong =
            |violation: Violation| Failure::new(Kind::InvalidValue, path, violation.to_string());
        let value = Value::from_literal(literal, &self.datatype).map_err(wrong)?;
        self.limits.check(&value, &self.datatype).map_err(wrong)?;
        Ok(value)
    }
}

/// The literal of what an app gave; raises when it can be no signal's value.
pub(crate) fn literal(path: &str, object: &Bound<'_, PyAny>) -> PyResult<Literal> {
    Ok(literal_or_why(path, object)??)
}

/// As above for one of several, whose faults are to be told together.
pub(crate) fn literal_or_why(
    path: &str,
    object: &Bound<'_, PyAny>,
) -> PyResult<Result<Literal, Failure>> {
    if let Some(literal) = convert::to_literal(object)? {
        return Ok(Ok(literal));
    }
    let class = object.get_type().name()?;
    let message = format!("{} ({class}) is no value of a signal", object.repr()?);
    Ok(Err(Failure::new(Kind::InvalidValue, path, message)))
}

#[pymethods]
impl SignalType {
    #[new]
    #[pyo3(signature = (datatype, min=None, max=None, allowed=None))]
    fn new(
        datatype: &str,
        min: Option<Bound<'_, PyAny>>,
        max: Option<Bound<'_, PyAny>>,
        allowed: Option<Vec<Bound<'_, PyAny>>>,
    ) -> PyResult<SignalType> {
        let wrong = |text: String| PyErr::from(Failure::new(Kind::InvalidValue, "", text));
        let datatype = datatype.parse::<DataType>().map_err(|error| wrong(error.to_string()))?;
        let bound =
            |bound: Option<Bound<'_, PyAny>>| bound.map(|object| literal("", &object)).transpose();
        let (min, max) = (bound(min)?, bound(max)?);
        let allowed = allowed
            .unwrap_or_default()
            .iter()
            .map(|object| literal("", object))
            .collect::<PyResult<Vec<_>>>()?;
        SignalType::from_literals(datatype, min.as_ref(), max.as_ref(), &allowed)
            .map_err(|violation| wrong(violation.to_string()))
    }

    /// Raises InvalidValue when a signal of this type may not hold `value`.
    #[pyo3(signature = (value, path=""))]
    fn check(&self, value: &Bound<'_, PyAny>, path: &str) -> PyResult<()> {
        self.value(path, &literal(path, value)?)?;
        Ok(())
    }
}
