//! Any text as a query of sdv.databroker.v1: what is shown of one reads as the same, mistakes
//! lie within the text, and rows follow the values.
#![no_main]

use vehicle_edge_runtime::signals::{
    Datapoint, SignalError,
    query::{Query, Refused},
};
use vss_codegen::model::{DataType, Value};

/// Every path is a signal, of a kind by its length; one in seven is none.
fn find(path: &str) -> Result<(i32, DataType), SignalError> {
    let types = ["float", "uint64", "boolean", "string", "double", "int8[]"];
    let unknown = || SignalError::UnknownPath { path: path.to_owned(), nearest: None };
    let datatype = types.get(path.len() % 7).ok_or_else(unknown)?;
    let id = path.bytes().map(i32::from).sum::<i32>() % 4;
    let datatype = datatype.parse().unwrap_or_else(|error| panic!("{error}"));
    Ok((id, datatype))
}

fn values() -> [Option<Value>; 6] {
    [
        Some(Value::Float(f32::NAN)),
        Some(Value::Uint64(u64::MAX)),
        Some(Value::Bool(false)),
        Some(Value::String("é".into())),
        Some(Value::Double(-0.0)),
        None,
    ]
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let within = |column: usize| (1..=text.chars().count() + 1).contains(&column);
    let query = match Query::parse(text) {
        Ok(query) => query,
        Err(error) => return assert!(within(error.column), "{error}"),
    };
    let shown = query.to_string();
    let again = Query::parse(&shown).unwrap_or_else(|error| panic!("{shown}: {error}"));
    assert_eq!(again.to_string(), shown);

    let (mut rows, mut twin) = match (query.rows(find), again.rows(find)) {
        (Ok(rows), Ok(twin)) => (rows, twin),
        (Err(Refused::Query(error)), Err(Refused::Query(_))) => {
            return assert!(within(error.column), "{error}");
        }
        other => panic!("{shown}: {other:?}"),
    };
    for (number, value) in values().into_iter().cycle().take(12).enumerate() {
        let datapoint = Datapoint { value, timestamp: None };
        let id = i32::try_from(number % 5).unwrap_or_default();
        rows.set([(id, datapoint.clone())]);
        twin.set([(id, datapoint)]);
        assert_eq!(rows.holds(), twin.holds(), "{shown}");
        assert!(rows.row().map(|(name, _)| name).eq(twin.row().map(|(name, _)| name)), "{shown}");
    }
});
