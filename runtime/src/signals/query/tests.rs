use proptest::{collection::vec, prelude::*};
use vss_codegen::model::{DataType, Value};

use super::*;
use crate::signals::{Datapoint, SignalError};

/// A car with five signals, the fifth of which may not be read.
fn find(path: &str) -> Result<(i32, DataType), SignalError> {
    let (id, name) = match path {
        "Car.Speed" => (1, "float"),
        "Car.Gear" => (2, "int8"),
        "Car.Mode" => (3, "string"),
        "Car.IsOpen" => (4, "boolean"),
        "Car.Errors" => (5, "string[]"),
        "Car.Secret" => return Err(SignalError::NoActuator { path: path.into() }),
        _ => return Err(SignalError::UnknownPath { path: path.to_owned(), nearest: None }),
    };
    Ok((id, name.parse().unwrap()))
}

fn rows(text: &str) -> Rows {
    Query::parse(text).unwrap().rows(find).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    match Query::parse(text) {
        Ok(query) => query.rows(find).expect_err(text).to_string(),
        Err(error) => error.to_string(),
    }
}

fn value(value: Value) -> Datapoint {
    Datapoint { value: Some(value), timestamp: None }
}

/// The rows after these values, each by itself, as `name=value` with what is missing as `-`.
fn after(text: &str, values: &[(i32, Value)]) -> Vec<String> {
    let mut rows = rows(text);
    let mut all = Vec::new();
    for (id, new) in values {
        rows.set([(*id, value(new.clone()))]);
        if rows.holds() {
            let shown = rows.row().map(|(name, datapoint)| {
                let value = datapoint.value.as_ref().map_or("-".to_owned(), Value::to_string);
                format!("{name}={value}")
            });
            all.push(shown.collect::<Vec<_>>().join(" "));
        }
    }
    all
}

fn speeds(values: &[f32]) -> Vec<(i32, Value)> {
    values.iter().map(|value| (1, Value::Float(*value))).collect()
}

#[test]
fn a_row_has_each_selected_signal_whichever_was_set() {
    let values = [(1, Value::Float(1.0)), (2, Value::Int32(3)), (1, Value::Float(2.0))];
    assert_eq!(
        after("SELECT Car.Speed, Car.Gear", &values),
        ["Car.Speed=1 Car.Gear=-", "Car.Speed=1 Car.Gear=3", "Car.Speed=2 Car.Gear=3"]
    );
    assert_eq!(after("select Car.Gear as g where Car.Speed > 1", &values), ["g=3"]);
    assert_eq!(after("SELECT Car.Gear, Car.Gear", &values[1..2]), ["Car.Gear=3"]);
}

#[test]
fn a_signal_of_the_condition_is_followed_without_being_selected() {
    let mut ids: Vec<i32> =
        rows("SELECT Car.Speed WHERE Car.IsOpen AND LAG(Car.Gear) = 1").signals().collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 4]);
    let text = "SELECT Car.Speed WHERE Car.IsOpen";
    let values = [(1, Value::Float(1.0)), (4, Value::Bool(false)), (4, Value::Bool(true))];
    assert_eq!(after(text, &values), ["Car.Speed=1"]);
    // What is unknown does not hold, whichever way it is asked for.
    assert!(after("SELECT Car.Speed WHERE NOT Car.IsOpen", &speeds(&[1.0])).is_empty());
}

#[test]
fn lag_is_the_value_at_the_evaluation_before() {
    assert_eq!(
        after("SELECT Car.Speed, LAG(Car.Speed) AS old", &speeds(&[1.0, 2.0, 2.0])),
        ["Car.Speed=1 old=-", "Car.Speed=2 old=1", "Car.Speed=2 old=2"]
    );
    // So what did not change is what it was.
    let values = [
        (1, Value::Float(1.0)),
        (1, Value::Float(2.0)),
        (2, Value::Int32(3)),
        (1, Value::Float(4.0)),
    ];
    assert_eq!(
        after("SELECT Car.Speed, Car.Gear WHERE Car.Speed != lag(Car.Speed)", &values),
        ["Car.Speed=2 Car.Gear=-", "Car.Speed=4 Car.Gear=3"]
    );
    assert_eq!(
        after("SELECT LAG(Car.Speed) WHERE LAG(Car.Speed) BETWEEN 0 AND 1", &values),
        ["LAG(Car.Speed)=1"]
    );
}

#[test]
fn values_that_come_together_are_evaluated_once() {
    let mut rows = rows("SELECT LAG(Car.Speed) AS a, LAG(Car.Gear) AS b");
    rows.set([
        (1, value(Value::Float(1.0))),
        (2, value(Value::Int32(1))),
        (9, Datapoint::default()),
    ]);
    assert!(rows.row().all(|(_, datapoint)| datapoint.value.is_none()));
    rows.set([(2, value(Value::Int32(2)))]);
    let before: Vec<_> = rows.row().map(|(_, datapoint)| datapoint.value.clone()).collect();
    assert_eq!(before, [Some(Value::Float(1.0)), Some(Value::Int32(1))]);
}

#[test]
fn a_mistake_is_shown_with_its_column() {
    let after = "expected a comma, AS, WHERE or the end, found";
    for (text, expected) in [
        ("", "column 1 of the query: expected SELECT, found its end".to_owned()),
        ("Car.Speed", "column 1 of the query: expected SELECT, found \"Car.Speed\"".into()),
        ("SELECT", "column 7 of the query: expected a signal, found its end".into()),
        ("SELECT *", "column 8 of the query: expected a signal, found \"*\"".into()),
        ("SELECT WHERE", "column 8 of the query: expected a signal, found \"WHERE\"".into()),
        ("SELECT Car.Speed,", "column 18 of the query: expected a signal, found its end".into()),
        ("SELECT Car.Speed > 5", format!("column 18 of the query: {after} \">\"")),
        ("SELECT Car.Speed Car.Gear", format!("column 18 of the query: {after} \"Car.Gear\"")),
        ("SELECT Car.Speed AS", "column 20 of the query: expected a name, found its end".into()),
        (
            "SELECT Car.Speed AS a b",
            "column 23 of the query: expected a comma, WHERE or the end, found \"b\"".into(),
        ),
        ("SELECT LAG(5)", "column 12 of the query: expected a signal, found \"5\"".into()),
        ("SELECT LAG(a", "column 13 of the query: expected ), found its end".into()),
        (
            "SELECT Car.Speed WHERE",
            "column 23 of the query: expected a signal, a number, a text in quotes, true, false, \
             NOT or (, found its end"
                .into(),
        ),
        ("SELECT Car.Sped", "column 8 of the query: no signal has the path 'Car.Sped'".into()),
        (
            "SELECT Car.Speed WHERE Car.Mode = 'ä' AND LAG(Car.Sped) > 1",
            "column 47 of the query: no signal has the path 'Car.Sped'".into(),
        ),
        (
            "SELECT Car.Speed WHERE Car.Gear > 1 AND NOT Car.Mode > 1",
            "column 45 of the query: Car.Mode (string) cannot be compared with 1 (a number)".into(),
        ),
        (
            "SELECT Car.Errors WHERE Car.Errors = 'E'",
            "column 25 of the query: Car.Errors is a string[]: only single values can be compared"
                .into(),
        ),
        (
            "SELECT Car.Speed AS x, Car.Gear AS x",
            "column 24 of the query: 'x' names two columns: give one another AS".into(),
        ),
        ("SELECT Car.Secret", "Car.Secret is no actuator: only an actuator has a target".into()),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn length_and_nesting_have_an_end() {
    let long = format!("SELECT Car.Speed{}", " ".repeat(LONGEST));
    assert_eq!(
        error(&long),
        "column 1 of the query: a query has at most 65536 bytes, this one 65552"
    );
    let nested =
        |levels: usize| format!("SELECT a WHERE {}a{}", "(".repeat(levels), ")".repeat(levels));
    assert!(Query::parse(&nested(64)).is_ok());
    assert!(error(&nested(65)).contains("no more than 64 levels"));
}

fn query() -> impl Strategy<Value = String> {
    let path = || "Car\\.(Speed|Gear|Mode|IsOpen|Errors|Sped)";
    let signal = || {
        prop_oneof![path().prop_map(|path| path), path().prop_map(|path| format!("LAG({path})"))]
    };
    // Letters of which no keyword is made: one is no name.
    let column = (signal(), proptest::option::of("[a-c]{1,3}")).prop_map(|(signal, alias)| {
        alias.map_or(signal.clone(), |alias| format!("{signal} AS {alias}"))
    });
    let operand = || prop_oneof![signal(), "-?[0-9]{1,3}(\\.[0-9])?", "'[a-c]{0,2}'", "true|false"];
    let part = prop_oneof![
        operand(),
        (operand(), "=|!=|<|<=|>|>=", operand()).prop_map(|(a, by, b)| format!("NOT {a} {by} {b}")),
        (operand(), operand(), operand()).prop_map(|(a, b, c)| format!("{a} BETWEEN {b} AND {c}")),
        (operand(), operand()).prop_map(|(a, b)| format!("({a} > {b} OR {b} = {a})")),
    ];
    (vec(column, 1..5), vec(part, 0..4)).prop_map(|(columns, parts)| {
        let condition = if parts.is_empty() { "" } else { " WHERE " };
        format!("SELECT {}{condition}{}", columns.join(", "), parts.join(" AND "))
    })
}

proptest! {
    #[test]
    fn what_is_shown_reads_as_the_same_query(text in query()) {
        let query = Query::parse(&text);
        prop_assert!(query.is_ok(), "{:?}", query);
        let shown = query.unwrap().to_string();
        prop_assert_eq!(Query::parse(&shown).unwrap().to_string(), shown);
    }

    #[test]
    fn any_text_is_a_query_or_a_mistake_within_it(text in "(SELECT|select)? ?.{0,40}") {
        let mistake = match Query::parse(&text) {
            Err(error) => Some(error),
            Ok(query) => match query.rows(find) {
                Err(Refused::Query(error)) => Some(error),
                _ => None,
            },
        };
        if let Some(error) = mistake {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column), "{error}");
        }
    }

    /// Whatever is set, a row has a column for each name, and the lagged ones have the values
    /// that the others had before.
    #[test]
    fn a_row_follows_the_values(values in vec((1..3_i32, -3..4_i32), 1..20)) {
        let mut rows = rows(
            "SELECT Car.Speed AS s, Car.Gear AS g, LAG(Car.Speed) AS ls, LAG(Car.Gear) AS lg",
        );
        let mut before = [None, None];
        for (id, number) in values {
            let new = if id == 1 { Value::Float(number as f32) } else { Value::Int32(number) };
            rows.set([(id, value(new.clone()))]);
            let row: Vec<_> = rows.row().map(|(_, datapoint)| datapoint.value.clone()).collect();
            let [speed, gear, old_speed, old_gear] = <[_; 4]>::try_from(row).unwrap();
            prop_assert_eq!(&[old_speed, old_gear], &before);
            prop_assert_eq!(if id == 1 { &speed } else { &gear }, &Some(new));
            before = [speed, gear];
        }
    }

    /// The condition decides as it does by itself.
    #[test]
    fn a_row_is_there_when_the_condition_holds(text in query(), speed in -200..200_i32) {
        let Ok(mut rows) = Query::parse(&text).unwrap().rows(find) else { return Ok(()) };
        let current = value(Value::Float(speed as f32));
        rows.set([(1, current.clone())]);
        let holds = match text.split_once(" WHERE ") {
            Some((_, condition)) if !condition.contains("LAG") => {
                let condition: Condition = condition.parse().unwrap();
                let of = |path: &String| (path == "Car.Speed").then_some(&current)?.value.as_ref();
                condition.evaluate(&of) == Some(true)
            }
            Some(_) => return Ok(()),
            None => true,
        };
        prop_assert_eq!(rows.holds(), holds);
    }
}
