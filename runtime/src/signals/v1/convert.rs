//! Values, time and metadata as `kuksa.val.v1` carries them.

use vss_codegen::model::{DataType, Element, SignalKind, Value};

use super::proto::{self, datapoint::Value as Wire, value_restriction::Type as Restriction};
use crate::signals::{Datapoint, Entry};

/// `None` where there is no value: this interface has no other way to say so.
pub(super) fn datapoint(datapoint: &Datapoint) -> Option<proto::Datapoint> {
    let value = value(datapoint.value.as_ref()?);
    let timestamp = datapoint.timestamp.map(|at| prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    });
    Some(proto::Datapoint { timestamp, value: Some(value) })
}

fn value(value: &Value) -> Wire {
    match value {
        Value::Bool(v) => Wire::Bool(*v),
        Value::Int32(v) => Wire::Int32(*v),
        Value::Int64(v) => Wire::Int64(*v),
        Value::Uint32(v) => Wire::Uint32(*v),
        Value::Uint64(v) => Wire::Uint64(*v),
        Value::Float(v) => Wire::Float(*v),
        Value::Double(v) => Wire::Double(*v),
        Value::String(v) => Wire::String(v.as_ref().to_owned()),
        Value::BoolArray(v) => Wire::BoolArray(proto::BoolArray { values: v.to_vec() }),
        Value::Int32Array(v) => Wire::Int32Array(proto::Int32Array { values: v.to_vec() }),
        Value::Int64Array(v) => Wire::Int64Array(proto::Int64Array { values: v.to_vec() }),
        Value::Uint32Array(v) => Wire::Uint32Array(proto::Uint32Array { values: v.to_vec() }),
        Value::Uint64Array(v) => Wire::Uint64Array(proto::Uint64Array { values: v.to_vec() }),
        Value::FloatArray(v) => Wire::FloatArray(proto::FloatArray { values: v.to_vec() }),
        Value::DoubleArray(v) => Wire::DoubleArray(proto::DoubleArray { values: v.to_vec() }),
        Value::StringArray(v) => {
            let values = v.iter().map(|text| text.as_ref().to_owned()).collect();
            Wire::StringArray(proto::StringArray { values })
        }
    }
}

/// `None` for a datapoint whose oneof is not set: the signal has no value now.
pub(super) fn to_value(datapoint: proto::Datapoint) -> Option<Value> {
    Some(match datapoint.value? {
        Wire::Bool(v) => Value::Bool(v),
        Wire::Int32(v) => Value::Int32(v),
        Wire::Int64(v) => Value::Int64(v),
        Wire::Uint32(v) => Value::Uint32(v),
        Wire::Uint64(v) => Value::Uint64(v),
        Wire::Float(v) => Value::Float(v),
        Wire::Double(v) => Value::Double(v),
        Wire::String(v) => Value::String(v.into()),
        Wire::BoolArray(v) => Value::BoolArray(v.values.into()),
        Wire::Int32Array(v) => Value::Int32Array(v.values.into()),
        Wire::Int64Array(v) => Value::Int64Array(v.values.into()),
        Wire::Uint32Array(v) => Value::Uint32Array(v.values.into()),
        Wire::Uint64Array(v) => Value::Uint64Array(v.values.into()),
        Wire::FloatArray(v) => Value::FloatArray(v.values.into()),
        Wire::DoubleArray(v) => Value::DoubleArray(v.values.into()),
        Wire::StringArray(v) => Value::StringArray(v.values.into_iter().map(Into::into).collect()),
    })
}

pub(super) fn metadata(entry: &Entry) -> proto::Metadata {
    use proto::metadata::EntrySpecific;
    let signal = entry.signal();
    let (entry_type, specific) = match signal.kind {
        SignalKind::Actuator => {
            (proto::EntryType::Actuator, EntrySpecific::Actuator(proto::Actuator {}))
        }
        SignalKind::Sensor => (proto::EntryType::Sensor, EntrySpecific::Sensor(proto::Sensor {})),
        SignalKind::Attribute => {
            (proto::EntryType::Attribute, EntrySpecific::Attribute(proto::Attribute {}))
        }
    };
    proto::Metadata {
        data_type: data_type(&signal.datatype).into(),
        entry_type: entry_type.into(),
        description: signal.description.clone(),
        comment: signal.comment.clone(),
        deprecation: signal.deprecation.clone(),
        unit: signal.unit.clone(),
        value_restriction: restriction(entry),
        entry_specific: Some(specific),
    }
}

fn restriction(entry: &Entry) -> Option<proto::ValueRestriction> {
    let limits = entry.limits();
    if limits.min.is_none() && limits.max.is_none() && limits.allowed.is_empty() {
        return None;
    }
    let element = &entry.signal().datatype.element;
    let restriction = match element {
        Element::String => Restriction::String(proto::ValueRestrictionString {
            allowed_values: limits.allowed.iter().map(Value::to_string).collect(),
        }),
        element if element.is_fractional() => {
            Restriction::FloatingPoint(proto::ValueRestrictionFloat {
                min: limits.min.as_ref().and_then(fraction),
                max: limits.max.as_ref().and_then(fraction),
                allowed_values: limits.allowed.iter().filter_map(fraction).collect(),
            })
        }
        element if element.integer_range().is_some_and(|(low, _)| low < 0) => {
            Restriction::Signed(proto::ValueRestrictionInt {
                min: limits.min.as_ref().and_then(signed),
                max: limits.max.as_ref().and_then(signed),
                allowed_values: limits.allowed.iter().filter_map(signed).collect(),
            })
        }
        element if element.is_integer() => Restriction::Unsigned(proto::ValueRestrictionUint {
            min: limits.min.as_ref().and_then(unsigned),
            max: limits.max.as_ref().and_then(unsigned),
            allowed_values: limits.allowed.iter().filter_map(unsigned).collect(),
        }),
        _ => return None,
    };
    Some(proto::ValueRestriction { r#type: Some(restriction) })
}

fn fraction(value: &Value) -> Option<f64> {
    match value {
        Value::Float(v) => Some((*v).into()),
        Value::Double(v) => Some(*v),
        _ => None,
    }
}

fn signed(value: &Value) -> Option<i64> {
    match value {
        Value::Int32(v) => Some((*v).into()),
        Value::Int64(v) => Some(*v),
        _ => None,
    }
}

fn unsigned(value: &Value) -> Option<u64> {
    match value {
        Value::Uint32(v) => Some((*v).into()),
        Value::Uint64(v) => Some(*v),
        _ => None,
    }
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
            Value::BoolArray([true].into()),
            Value::Int32Array([-1].into()),
            Value::Int64Array([-1].into()),
            Value::Uint32Array([].into()),
            Value::Uint64Array([1].into()),
            Value::FloatArray([0.5].into()),
            Value::DoubleArray([0.5].into()),
            Value::StringArray(["a".into()].into()),
        ] {
            let sent = Datapoint { value: Some(original.clone()), timestamp: None };
            assert_eq!(to_value(datapoint(&sent).unwrap()), Some(original));
        }
    }

    #[test]
    fn restrictions_are_of_the_signals_own_family() {
        let registry = registry();
        let of = |path| metadata(registry.get(path).unwrap()).value_restriction;
        let kind = |path| of(path).and_then(|restriction| restriction.r#type);
        assert!(matches!(
            kind("Vehicle.Speed"),
            Some(Restriction::FloatingPoint(r)) if r.max == Some(250.0) && r.min.is_none()
        ));
        assert!(matches!(
            kind("Vehicle.Cabin.Temperature"),
            Some(Restriction::Signed(r)) if (r.min, r.max) == (Some(-40), Some(60))
        ));
        assert!(matches!(
            kind("Vehicle.Cabin.Light.Level"),
            Some(Restriction::Unsigned(r)) if r.max == Some(100)
        ));
        assert!(matches!(
            kind("Vehicle.Mode"),
            Some(Restriction::String(r)) if r.allowed_values == ["PARK", "DRIVE"]
        ));
        assert_eq!(of("Vehicle.Errors"), None);
    }
}
