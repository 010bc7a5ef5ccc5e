//! Python objects <-> the model's literals.

use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    types::{PyBool, PyFloat, PyInt, PyList, PyString, PyTuple},
};
use vss_codegen::model::Literal;

/// `None` when the object is nothing that a signal can hold. Enum members are the `str` or
/// `int` they inherit from; numpy's scalars and arrays say themselves what they hold.
pub(crate) fn to_literal(object: &Bound<'_, PyAny>) -> PyResult<Option<Literal>> {
    if let Ok(value) = object.cast::<PyBool>() {
        return Ok(Some(Literal::Bool(value.is_true())));
    }
    if object.cast::<PyInt>().is_ok() {
        // Nothing that a signal can hold needs more than 128 bits.
        return Ok(object.extract::<i128>().ok().map(Literal::Int));
    }
    if let Ok(value) = object.cast::<PyFloat>() {
        return Ok(Some(Literal::Float(value.value())));
    }
    if let Ok(value) = object.cast::<PyString>() {
        return Ok(Some(Literal::String(value.to_str()?.to_owned())));
    }
    if object.cast::<PyList>().is_ok() || object.cast::<PyTuple>().is_ok() {
        let mut items = Vec::with_capacity(object.len()?);
        for item in object.try_iter()? {
            let Some(literal) = to_literal(&item?)? else { return Ok(None) };
            items.push(literal);
        }
        return Ok(Some(Literal::List(items)));
    }
    match object.getattr_opt("tolist")? {
        Some(plain) => plain_literal(&plain.call0()?),
        None => Ok(None),
    }
}

/// As above for what `tolist` gave, which must not ask for `tolist` again.
fn plain_literal(object: &Bound<'_, PyAny>) -> PyResult<Option<Literal>> {
    if object.hasattr("tolist")? { Ok(None) } else { to_literal(object) }
}

pub(crate) fn from_literal<'py>(py: Python<'py>, literal: &Literal) -> PyResult<Bound<'py, PyAny>> {
    match literal {
        Literal::Null | Literal::Map(_) => Ok(py.None().into_bound(py)),
        Literal::Bool(value) => value.into_bound_py_any(py),
        Literal::Int(value) => value.into_bound_py_any(py),
        Literal::Float(value) => value.into_bound_py_any(py),
        Literal::String(value) => value.into_bound_py_any(py),
        Literal::List(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(from_literal(py, item)?)?;
            }
            Ok(list.into_any())
        }
    }
}
