//! Values, time, types and metadata as `sdv.databroker.v1` carries them.

use vss_codegen::model::{DataType, Element, SignalKind, Value};

use super::proto::{
    self, DataType as Type, allowed::Values as Allowed, datapoint::Failure,
    datapoint::Value as Wire, value_restriction::TypedValue as Bound,
};
use crate::signals::{Datapoint, Entry};

/// No value is a failure on this wire.
pub(super) fn datapoint(datapoint: &Datapoint) -> proto::Datapoint {
    let timestamp = datapoint.timestamp.map(|at| prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    });
    let missing = Wire::FailureValue(Failure::NotAvailable.into());
    proto::Datapoint { timestamp, value: Some(datapoint.value.as_ref().map_or(missing, value)) }
}

pub(super) fn failed(failure: Failure) -> proto::Datapoint {
    proto::Datapoint { timestamp: None, value: Some(Wire::FailureValue(failure.into())) }
}

fn value(value: &Value) -> Wire {
    match value {
        Value::Bool(v) => Wire::BoolValue(*v),
        Value::Int32(v) => Wire::Int32Value(*v),
        Value::Int64(v) => Wire::Int64Value(*v),
        Value::Uint32(v) => Wire::Uint32Value(*v),
        Value::Uint64(v) => Wire::Uint64Value(*v),
        Value::Float(v) => Wire::FloatValue(*v),
        Value::Double(v) => Wire::DoubleValue(*v),
        Value::String(v) => Wire::StringValue(v.as_ref().to_owned()),
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

/// `None` for a failure, or for a datapoint whose oneof is not set: there is no value now.
pub(super) fn to_value(datapoint: proto::Datapoint) -> Option<Value> {
    Some(match datapoint.value? {
        Wire::FailureValue(_) => return None,
        Wire::BoolValue(v) => Value::Bool(v),
        Wire::Int32Value(v) => Value::Int32(v),
        Wire::Int64Value(v) => Value::Int64(v),
        Wire::Uint32Value(v) => Value::Uint32(v),
        Wire::Uint64Value(v) => Value::Uint64(v),
        Wire::FloatValue(v) => Value::Float(v),
        Wire::DoubleValue(v) => Value::Double(v),
        Wire::StringValue(v) => Value::String(v.into()),
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

/// What the interface cannot say is left out: a struct's type, as it has none.
pub(super) fn metadata(entry: &Entry) -> proto::Metadata {
    let (signal, limits) = (entry.signal(), entry.limits());
    let (entry_type, change_type) = match signal.kind {
        SignalKind::Sensor => (proto::EntryType::Sensor, proto::ChangeType::Continuous),
        SignalKind::Actuator => (proto::EntryType::Actuator, proto::ChangeType::OnChange),
        SignalKind::Attribute => (proto::EntryType::Attribute, proto::ChangeType::Static),
    };
    let bound = |bound: &Value| {
        let typed_value = Some(self::bound(bound)?);
        Some(proto::ValueRestriction { typed_value })
    };
    proto::Metadata {
        id: entry.id(),
        entry_type: entry_type.into(),
        name: entry.path().to_owned(),
        data_type: data_type(&signal.datatype).unwrap_or_default().into(),
        change_type: change_type.into(),
        description: signal.description.clone().unwrap_or_default(),
        allowed: allowed(&limits.allowed),
        min: limits.min.as_ref().and_then(bound),
        max: limits.max.as_ref().and_then(bound),
    }
}

fn bound(value: &Value) -> Option<Bound> {
    Some(match value {
        Value::Int32(v) => Bound::Int32(*v),
        Value::Int64(v) => Bound::Int64(*v),
        Value::Uint32(v) => Bound::Uint32(*v),
        Value::Uint64(v) => Bound::Uint64(*v),
        Value::Float(v) => Bound::Float(*v),
        Value::Double(v) => Bound::Double(*v),
        _ => return None,
    })
}

/// One array of all, by the type of the first: they are of one signal.
fn allowed(values: &[Value]) -> Option<proto::Allowed> {
    macro_rules! array {
        ($single:ident, $array:ident, $list:ident) => {{
            let single = |value: &Value| match value {
                Value::$single(v) => Some(*v),
                _ => None,
            };
            let values = values.iter().filter_map(single).collect();
            Allowed::$array(proto::$list { values })
        }};
    }
    let values = Some(match values.first()? {
        Value::Int32(_) => array!(Int32, Int32Values, Int32Array),
        Value::Int64(_) => array!(Int64, Int64Values, Int64Array),
        Value::Uint32(_) => array!(Uint32, Uint32Values, Uint32Array),
        Value::Uint64(_) => array!(Uint64, Uint64Values, Uint64Array),
        Value::Float(_) => array!(Float, FloatValues, FloatArray),
        Value::Double(_) => array!(Double, DoubleValues, DoubleArray),
        Value::String(_) => {
            let values = values.iter().map(Value::to_string).collect();
            Allowed::StringValues(proto::StringArray { values })
        }
        _ => return None,
    });
    Some(proto::Allowed { values })
}

/// The element of each number, for one value and for an array of them.
const TYPES: [(Type, Type, Element); 12] = [
    (Type::String, Type::StringArray, Element::String),
    (Type::Bool, Type::BoolArray, Element::Boolean),
    (Type::Int8, Type::Int8Array, Element::Int8),
    (Type::Int16, Type::Int16Array, Element::Int16),
    (Type::Int32, Type::Int32Array, Element::Int32),
    (Type::Int64, Type::Int64Array, Element::Int64),
    (Type::Uint8, Type::Uint8Array, Element::Uint8),
    (Type::Uint16, Type::Uint16Array, Element::Uint16),
    (Type::Uint32, Type::Uint32Array, Element::Uint32),
    (Type::Uint64, Type::Uint64Array, Element::Uint64),
    (Type::Float, Type::FloatArray, Element::Float),
    (Type::Double, Type::DoubleArray, Element::Double),
];

/// `None` for a struct, which the interface does not have.
pub(super) fn data_type(datatype: &DataType) -> Option<Type> {
    let element = match &datatype.element {
        Element::Int => &Element::Int64,
        Element::Numeric => &Element::Double,
        element => element,
    };
    let (single, array, _) = TYPES.iter().find(|(_, _, named)| named == element)?;
    Some(if datatype.is_array { *array } else { *single })
}

/// `None` for a number without a type, and for a timestamp, which no model has.
pub(super) fn to_data_type(number: i32) -> Option<DataType> {
    let named = Type::try_from(number).ok()?;
    TYPES.iter().find_map(|(single, array, element)| {
        (named == *single)
            .then(|| DataType::scalar(element.clone()))
            .or_else(|| (named == *array).then(|| DataType::array(element.clone())))
    })
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
            assert_eq!(to_value(datapoint(&sent)), Some(original));
        }
        assert_eq!(to_value(datapoint(&Datapoint::default())), None);
        assert_eq!(to_value(proto::Datapoint::default()), None);
    }

    #[test]
    fn every_type_has_its_number_both_ways() {
        for (number, name) in [
            (0, "string"),
            (1, "boolean"),
            (2, "int8"),
            (5, "int64"),
            (6, "uint8"),
            (9, "uint64"),
            (10, "float"),
            (11, "double"),
            (20, "string[]"),
            (26, "uint8[]"),
            (31, "double[]"),
        ] {
            let datatype: DataType = name.parse().unwrap();
            assert_eq!(to_data_type(number), Some(datatype.clone()), "{number}");
            assert_eq!(data_type(&datatype).map(i32::from), Some(number), "{name}");
        }
        for number in [-1, 12, 19, 32, 33] {
            assert_eq!(to_data_type(number), None, "{number}");
        }
        assert_eq!(data_type(&DataType::scalar(Element::Struct("A.B".into()))), None);
    }

    #[test]
    fn metadata_has_bounds_and_allowed_values_in_the_signals_own_type() {
        let registry = registry();
        let of = |path| metadata(registry.get(path).unwrap());
        let restriction = |bound| Some(proto::ValueRestriction { typed_value: Some(bound) });
        let speed = of("Vehicle.Speed");
        assert_eq!((speed.min, speed.max), (None, restriction(Bound::Float(250.0))));
        let temperature = of("Vehicle.Cabin.Temperature");
        assert_eq!(temperature.min, restriction(Bound::Int32(-40)));
        assert_eq!(temperature.data_type(), Type::Int8);
        let mode = of("Vehicle.Mode");
        let values = vec!["PARK".to_owned(), "DRIVE".to_owned()];
        let texts = Allowed::StringValues(proto::StringArray { values });
        assert_eq!(mode.allowed, Some(proto::Allowed { values: Some(texts) }));
        assert_eq!(mode.description, "What the car does");
        assert_eq!(allowed(&[]), None);
        let numbers = Allowed::Int32Values(proto::Int32Array { values: vec![1, -2] });
        let allowed = allowed(&[Value::Int32(1), Value::Int32(-2)]);
        assert_eq!(allowed, Some(proto::Allowed { values: Some(numbers) }));
    }
}
