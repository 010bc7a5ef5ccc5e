//! Python objects <-> the model's literals.

use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    types::{PyBool, PyFloat, PyInt, PyList, PyString, PyTuple},
};
use vss_codegen::model::Literal;

/// `None` when the object is nothing that a signal can hold, such as a list of lists. Enum
/// members are the `str` or `int` they inherit from; numpy's scalars and arrays say themselves
/// what they hold.
pub(crate) fn to_literal(object: &Bound<'_, PyAny>) -> PyResult<Option<Literal>> {
    if is_list(object) {
        return list(object);
    }
    if let Some(literal) = single(object)? {
        return Ok(Some(literal));
    }
    let plain = plain(object)?;
    if is_list(&plain) { list(&plain) } else { single(&plain) }
}

/// Of one value, no list: what looks into lists goes one level deep, because there are lists
/// that hold themselves.
fn single(object: &Bound<'_, PyAny>) -> PyResult<Option<Literal>> {
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
    Ok(None)
}

fn is_list(object: &Bound<'_, PyAny>) -> bool {
    object.cast::<PyList>().is_ok() || object.cast::<PyTuple>().is_ok()
}

fn list(object: &Bound<'_, PyAny>) -> PyResult<Option<Literal>> {
    let mut items = Vec::with_capacity(object.len()?);
    for item in object.try_iter()? {
        let item = item?;
        let literal = match single(&item)? {
            None => single(&plain(&item)?)?,
            some => some,
        };
        let Some(literal) = literal else { return Ok(None) };
        items.push(literal);
    }
    Ok(Some(Literal::List(items)))
}

/// What `tolist` gives, asked for once; the object itself where it has none.
fn plain<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    match object.getattr_opt("tolist")? {
        Some(to_list) => to_list.call0(),
        None => Ok(object.clone()),
    }
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
