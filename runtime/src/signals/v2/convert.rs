//! Values, time and metadata as `kuksa.val.v2` carries them.

use jiff::Timestamp;
use tonic::Status;
use vss_codegen::model::{DataType, Element, SignalKind, Value};

use super::proto::{self, value::TypedValue};
use crate::signals::{Datapoint, Entry, SignalRef};

pub(super) fn signal_ref(id: Option<&proto::SignalId>) -> Result<SignalRef<'_>, Status> {
    match id.and_then(|id| id.signal.as_ref()) {
        Some(proto::signal_id::Signal::Id(id)) => Ok(SignalRef::Id(*id)),
        Some(proto::signal_id::Signal::Path(path)) => Ok(SignalRef::Path(path)),
        None => Err(Status::invalid_argument("signal_id names neither an id nor a path")),
    }
}

pub(in crate::signals) fn id(id: i32) -> proto::SignalId {
    proto::SignalId { signal: Some(proto::signal_id::Signal::Id(id)) }
}

pub(in crate::signals) fn datapoint(datapoint: &Datapoint) -> proto::Datapoint {
    proto::Datapoint {
        timestamp: datapoint.timestamp.map(timestamp),
        value: datapoint.value.as_ref().map(value),
    }
}

fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

pub(in crate::signals) fn value(value: &Value) -> proto::Value {
    use TypedValue as T;
    let typed = match value {
        Value::Bool(v) => T::Bool(*v),
        Value::Int32(v) => T::Int32(*v),
        Value::Int64(v) => T::Int64(*v),
        Value::Uint32(v) => T::Uint32(*v),
        Value::Uint64(v) => T::Uint64(*v),
        Value::Float(v) => T::Float(*v),
        Value::Double(v) => T::Double(*v),
        Value::String(v) => T::String(v.as_ref().to_owned()),
        Value::BoolArray(v) => T::BoolArray(proto::BoolArray { values: v.to_vec() }),
        Value::Int32Array(v) => T::Int32Array(proto::Int32Array { values: v.to_vec() }),
        Value::Int64Array(v) => T::Int64Array(proto::Int64Array { values: v.to_vec() }),
        Value::Uint32Array(v) => T::Uint32Array(proto::Uint32Array { values: v.to_vec() }),
        Value::Uint64Array(v) => T::Uint64Array(proto::Uint64Array { values: v.to_vec() }),
        Value::FloatArray(v) => T::FloatArray(proto::FloatArray { values: v.to_vec() }),
        Value::DoubleArray(v) => T::DoubleArray(proto::DoubleArray { values: v.to_vec() }),
        Value::StringArray(v) => {
            let values = v.iter().map(|text| text.as_ref().to_owned()).collect();
            T::StringArray(proto::StringArray { values })
        }
    };
    proto::Value { typed_value: Some(typed) }
}

/// `None` for a value whose oneof is not set: the signal has no value now.
pub(in crate::signals) fn to_value(value: proto::Value) -> Option<Value> {
    use TypedValue as T;
    Some(match value.typed_value? {
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
    })
}

pub(in crate::signals) fn metadata(entry: &Entry) -> proto::Metadata {
    let signal = entry.signal();
    let limits = entry.limits();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    proto::Metadata {
        path: signal.path.clone(),
        id: entry.id(),
        data_type: data_type(&signal.datatype).into(),
        entry_type: entry_type(signal.kind).into(),
        description: text(&signal.description),
        comment: text(&signal.comment),
        deprecation: text(&signal.deprecation),
        unit: text(&signal.unit),
        allowed_values: array_of(&limits.allowed).as_ref().map(value),
        min: limits.min.as_ref().map(value),
        max: limits.max.as_ref().map(value),
        min_sample_interval: None,
    }
}

/// Allowed values are one array on the wire. They are all of the signal's element type.
fn array_of(items: &[Value]) -> Option<Value> {
    macro_rules! collect {
        ($($scalar:ident => $array:ident),* $(,)?) => {
            match items.first()? {
                $(Value::$scalar(_) => Value::$array(
                    items
                        .iter()
                        .filter_map(|item| match item {
                            Value::$scalar(item) => Some(item.clone()),
                            _ => None,
                        })
                        .collect(),
                ),)*
                _ => return None,
            }
        };
    }
    Some(collect! {
        Bool => BoolArray,
        Int32 => Int32Array,
        Int64 => Int64Array,
        Uint32 => Uint32Array,
        Uint64 => Uint64Array,
        Float => FloatArray,
        Double => DoubleArray,
        String => StringArray,
    })
}

fn data_type(datatype: &DataType) -> proto::DataType {
    use proto::DataType as T;
    match (&datatype.element, datatype.is_array) {
        (Element::String, false) => T::String,
        (Element::Boolean, false) => T::Boolean,
        (Element::Int8, false) => T::Int8,
        (Element::Int16, false) => T::Int16,
        (Element::Int32, false) => T::Int32,
        (Element::Int64 | Element::Int, false) => T::Int64,
        (Element::Uint8, false) => T::Uint8,
        (Element::Uint16, false) => T::Uint16,
        (Element::Uint32, false) => T::Uint32,
        (Element::Uint64, false) => T::Uint64,
        (Element::Float, false) => T::Float,
        (Element::Double | Element::Numeric, false) => T::Double,
        (Element::String, true) => T::StringArray,
        (Element::Boolean, true) => T::BooleanArray,
        (Element::Int8, true) => T::Int8Array,
        (Element::Int16, true) => T::Int16Array,
        (Element::Int32, true) => T::Int32Array,
        (Element::Int64 | Element::Int, true) => T::Int64Array,
        (Element::Uint8, true) => T::Uint8Array,
        (Element::Uint16, true) => T::Uint16Array,
        (Element::Uint32, true) => T::Uint32Array,
        (Element::Uint64, true) => T::Uint64Array,
        (Element::Float, true) => T::FloatArray,
        (Element::Double | Element::Numeric, true) => T::DoubleArray,
        // The interface has no structs.
        (Element::Struct(_), _) => T::Unspecified,
    }
}

fn entry_type(kind: SignalKind) -> proto::EntryType {
    match kind {
        SignalKind::Attribute => proto::EntryType::Attribute,
        SignalKind::Sensor => proto::EntryType::Sensor,
        SignalKind::Actuator => proto::EntryType::Actuator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::testing::registry;

    #[test]
    fn every_value_survives_the_wire() {
        for original in [
            Value::Bool(true),
            Value::Int32(-1),
            Value::Int64(i64::MIN),
            Value::Uint32(1),
            Value::Uint64(u64::MAX),
            Value::Float(0.1),
            Value::Double(0.1),
            Value::String("ä".into()),
            Value::BoolArray([true, false].into()),
            Value::Int32Array([-1].into()),
            Value::Int64Array([-1].into()),
            Value::Uint32Array([].into()),
            Value::Uint64Array([1].into()),
            Value::FloatArray([0.5].into()),
            Value::DoubleArray([0.5].into()),
            Value::StringArray(["a".into(), "".into()].into()),
        ] {
            assert_eq!(to_value(value(&original)), Some(original));
        }
        assert_eq!(to_value(proto::Value { typed_value: None }), None);
    }

    #[test]
    fn metadata_holds_all_that_the_model_says() {
        let registry = registry();
        let mode = metadata(registry.get("Vehicle.Mode").unwrap());
        assert_eq!(mode.data_type(), proto::DataType::String);
        assert_eq!(mode.entry_type(), proto::EntryType::Sensor);
        assert_eq!(
            [&*mode.description, &mode.comment, &mode.deprecation],
            ["What the car does", "By us", "soon"]
        );
        let allowed = mode.allowed_values.and_then(to_value).unwrap();
        assert_eq!(allowed, Value::StringArray(["PARK".into(), "DRIVE".into()].into()));

        let inside = metadata(registry.get("Vehicle.Cabin.Temperature").unwrap());
        assert_eq!(inside.data_type(), proto::DataType::Int8);
        assert_eq!(inside.min.and_then(to_value), Some(Value::Int32(-40)));
        assert_eq!(inside.max.and_then(to_value), Some(Value::Int32(60)));
        assert_eq!(inside.id, 2);
    }
}
