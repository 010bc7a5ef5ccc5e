//! Values on the wire: protobuf <-> the model's values; and the model's values -> Python.

use std::time::SystemTime;

use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    types::{PyBool, PyFloat, PyList, PyString},
};
use vss_codegen::model::{DataType, Element, Literal, Value};

use crate::proto::{self, value::TypedValue};

/// The model's value in its wire form.
pub(crate) fn from_value(value: &Value) -> proto::Value {
    use TypedValue as T;
    let typed_value = match value {
        Value::Bool(v) => T::Bool(*v),
        Value::Int32(v) => T::Int32(*v),
        Value::Int64(v) => T::Int64(*v),
        Value::Uint32(v) => T::Uint32(*v),
        Value::Uint64(v) => T::Uint64(*v),
        Value::Float(v) => T::Float(*v),
        Value::Double(v) => T::Double(*v),
        Value::String(v) => T::String(v.to_string()),
        Value::BoolArray(v) => T::BoolArray(proto::BoolArray { values: v.to_vec() }),
        Value::Int32Array(v) => T::Int32Array(proto::Int32Array { values: v.to_vec() }),
        Value::Int64Array(v) => T::Int64Array(proto::Int64Array { values: v.to_vec() }),
        Value::Uint32Array(v) => T::Uint32Array(proto::Uint32Array { values: v.to_vec() }),
        Value::Uint64Array(v) => T::Uint64Array(proto::Uint64Array { values: v.to_vec() }),
        Value::FloatArray(v) => T::FloatArray(proto::FloatArray { values: v.to_vec() }),
        Value::DoubleArray(v) => T::DoubleArray(proto::DoubleArray { values: v.to_vec() }),
        Value::StringArray(v) => {
            let values = v.iter().map(|item| item.to_string()).collect();
            T::StringArray(proto::StringArray { values })
        }
    };
    proto::Value { typed_value: Some(typed_value) }
}

/// A value that a signal has from now on.
pub(crate) fn now(value: &Value) -> proto::Datapoint {
    let timestamp = Some(SystemTime::now().into());
    proto::Datapoint { timestamp, value: Some(from_value(value)) }
}

/// A bound or a list of allowed values, as the broker's metadata gives it.
pub(crate) fn to_literal(value: &proto::Value) -> Literal {
    fn list<T: Clone>(values: &[T], literal: impl Fn(T) -> Literal) -> Literal {
        Literal::List(values.iter().cloned().map(literal).collect())
    }
    use TypedValue as T;
    match &value.typed_value {
        None => Literal::Null,
        Some(T::Bool(v)) => Literal::Bool(*v),
        Some(T::Int32(v)) => Literal::Int((*v).into()),
        Some(T::Int64(v)) => Literal::Int((*v).into()),
        Some(T::Uint32(v)) => Literal::Int((*v).into()),
        Some(T::Uint64(v)) => Literal::Int((*v).into()),
        Some(T::Float(v)) => Literal::Float(shortest(*v)),
        Some(T::Double(v)) => Literal::Float(*v),
        Some(T::String(v)) => Literal::String(v.clone()),
        Some(T::BoolArray(v)) => list(&v.values, Literal::Bool),
        Some(T::Int32Array(v)) => list(&v.values, |x| Literal::Int(x.into())),
        Some(T::Int64Array(v)) => list(&v.values, |x| Literal::Int(x.into())),
        Some(T::Uint32Array(v)) => list(&v.values, |x| Literal::Int(x.into())),
        Some(T::Uint64Array(v)) => list(&v.values, |x| Literal::Int(x.into())),
        Some(T::FloatArray(v)) => list(&v.values, |x| Literal::Float(shortest(x))),
        Some(T::DoubleArray(v)) => list(&v.values, Literal::Float),
        Some(T::StringArray(v)) => list(&v.values, Literal::String),
    }
}

/// What was read from the wire, as the model's value.
pub(crate) fn to_value(value: TypedValue) -> Value {
    use TypedValue as T;
    match value {
        T::Bool(v) => Value::Bool(v),
        T::Int32(v) => Value::Int32(v),
        T::Int64(v) => Value::Int64(v),
        T::Uint32(v) => Value::Uint32(v),
        T::Uint64(v) => Value::Uint64(v),
        T::Float(v) => Value::Float(v),
        T::Double(v) => Value::Double(v),
        T::String(v) => Value::String(v.into()),
        T::BoolArray(v) => Value::BoolArray(v.values.into()),
        T::Int32Array(v) => Value::Int32Array(v.values.into()),
        T::Int64Array(v) => Value::Int64Array(v.values.into()),
        T::Uint32Array(v) => Value::Uint32Array(v.values.into()),
        T::Uint64Array(v) => Value::Uint64Array(v.values.into()),
        T::FloatArray(v) => Value::FloatArray(v.values.into()),
        T::DoubleArray(v) => Value::DoubleArray(v.values.into()),
        T::StringArray(v) => Value::StringArray(v.values.into_iter().map(Into::into).collect()),
    }
}

pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Bool(v) => Ok(PyBool::new(py, *v).to_owned().into_any()),
        Value::Int32(v) => v.into_bound_py_any(py),
        Value::Int64(v) => v.into_bound_py_any(py),
        Value::Uint32(v) => v.into_bound_py_any(py),
        Value::Uint64(v) => v.into_bound_py_any(py),
        Value::Float(v) => Ok(PyFloat::new(py, shortest(*v)).into_any()),
        Value::Double(v) => Ok(PyFloat::new(py, *v).into_any()),
        Value::String(v) => Ok(PyString::new(py, v).into_any()),
        Value::BoolArray(v) => list(py, v.iter().copied()),
        Value::Int32Array(v) => list(py, v.iter().copied()),
        Value::Int64Array(v) => list(py, v.iter().copied()),
        Value::Uint32Array(v) => list(py, v.iter().copied()),
        Value::Uint64Array(v) => list(py, v.iter().copied()),
        Value::FloatArray(v) => list(py, v.iter().copied().map(shortest)),
        Value::DoubleArray(v) => list(py, v.iter().copied()),
        Value::StringArray(v) => list(py, v.iter().map(AsRef::<str>::as_ref)),
    }
}

fn list<'py, T: IntoPyObject<'py>>(
    py: Python<'py>,
    items: impl ExactSizeIterator<Item = T>,
) -> PyResult<Bound<'py, PyAny>> {
    PyList::new(py, items).map(Bound::into_any)
}

/// The shortest decimal that means this 32-bit float, as a 64-bit one: what was set as 0.1
/// reads as 0.1 and not as 0.10000000149011612.
fn shortest(value: f32) -> f64 {
    let wide = f64::from(value);
    // Whole numbers up to here are the same in both.
    if !value.is_finite() || (value.fract() == 0.0 && value.abs() < 16_777_216.0) {
        return wide;
    }
    value.to_string().parse().unwrap_or(wide)
}

/// `None` for what the model has no name for (a struct, a timestamp).
pub(crate) fn datatype(wire: proto::DataType) -> Option<DataType> {
    use Element as E;
    use proto::DataType as T;
    Some(match wire {
        T::Unspecified | T::Timestamp | T::TimestampArray => return None,
        T::String => DataType::scalar(E::String),
        T::Boolean => DataType::scalar(E::Boolean),
        T::Int8 => DataType::scalar(E::Int8),
        T::Int16 => DataType::scalar(E::Int16),
        T::Int32 => DataType::scalar(E::Int32),
        T::Int64 => DataType::scalar(E::Int64),
        T::Uint8 => DataType::scalar(E::Uint8),
        T::Uint16 => DataType::scalar(E::Uint16),
        T::Uint32 => DataType::scalar(E::Uint32),
        T::Uint64 => DataType::scalar(E::Uint64),
        T::Float => DataType::scalar(E::Float),
        T::Double => DataType::scalar(E::Double),
        T::StringArray => DataType::array(E::String),
        T::BooleanArray => DataType::array(E::Boolean),
        T::Int8Array => DataType::array(E::Int8),
        T::Int16Array => DataType::array(E::Int16),
        T::Int32Array => DataType::array(E::Int32),
        T::Int64Array => DataType::array(E::Int64),
        T::Uint8Array => DataType::array(E::Uint8),
        T::Uint16Array => DataType::array(E::Uint16),
        T::Uint32Array => DataType::array(E::Uint32),
        T::Uint64Array => DataType::array(E::Uint64),
        T::FloatArray => DataType::array(E::Float),
        T::DoubleArray => DataType::array(E::Double),
    })
}
