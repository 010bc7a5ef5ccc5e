//! Any text as a condition: what is shown of it reads as the same one, which decides alike.
#![no_main]

use std::str::FromStr;

use vehicle_edge_runtime::signals::condition::Condition;
use vss_codegen::model::{DataType, Value};

/// Of every kind that conditions tell apart, and of what they cannot compare.
fn values() -> [(&'static str, Option<Value>); 8] {
    [
        ("float", Some(Value::Float(f32::MIN_POSITIVE))),
        ("double", Some(Value::Double(f64::NAN))),
        ("double", Some(Value::Double(f64::NEG_INFINITY))),
        ("int64", Some(Value::Int64(i64::MIN))),
        ("uint64", Some(Value::Uint64(u64::MAX))),
        ("boolean", Some(Value::Bool(true))),
        ("string", Some(Value::String("é".into()))),
        ("uint8[]", None),
    ]
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let condition = match text.parse::<Condition>() {
        Ok(condition) => condition,
        Err(error) => {
            assert!((1..=text.chars().count() + 1).contains(&error.column), "{error}");
            return;
        }
    };
    let shown = condition.to_string();
    let again: Condition = shown.parse().unwrap_or_else(|error| panic!("{shown}: {error}"));
    assert_eq!(again, condition, "{shown}");

    let values = values();
    for shift in 0..values.len() {
        let of = |path: &String| &values[(path.len() + shift) % values.len()];
        let datatype = |path: &String| DataType::from_str(of(path).0).ok();
        let value = |path: &String| of(path).1.as_ref();
        let truth = condition.evaluate(&value);
        let opposite = condition.clone().negated().evaluate(&value);
        assert_eq!(opposite, truth.map(|truth| !truth), "{shown}");
        assert_eq!(again.check(&datatype), condition.check(&datatype), "{shown}");
    }
});
