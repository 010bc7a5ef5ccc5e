use std::collections::HashMap;

use proptest::{collection::vec, prelude::*};
use vss_codegen::model::Value;

use super::*;

fn parse(text: &str) -> Condition {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    text.parse::<Condition>().expect_err(text).to_string()
}

/// Whether `text` holds while the car drives at 60.5, its hood is closed, its gear is 3, and
/// nobody knows the range.
fn holds(text: &str) -> Option<bool> {
    let values = HashMap::from([
        ("Vehicle.Speed", Value::Float(60.5)),
        ("Vehicle.Tenth", Value::Float(0.1)),
        ("Vehicle.Gear", Value::Int32(3)),
        ("Vehicle.Hood.IsOpen", Value::Bool(false)),
        ("Vehicle.Mode", Value::String("ECO".into())),
        ("Vehicle.Odd", Value::Double(f64::NAN)),
        ("Vehicle.Large", Value::Uint64(u64::MAX)),
        ("Vehicle.List", Value::Int32Array([1].into())),
    ]);
    parse(text).evaluate(&|signal: &String| values.get(signal.as_str()))
}

#[test]
fn comparisons_are_of_numbers_texts_and_truths() {
    for text in [
        "Vehicle.Speed > 60",
        "60.5 <= Vehicle.Speed",
        "Vehicle.Speed == 60.5",
        "Vehicle.Gear = 3.0 and Vehicle.Gear != 4",
        "Vehicle.Gear < 3.5",
        "Vehicle.Speed > Vehicle.Gear",
        "Vehicle.Mode = 'ECO'",
        "Vehicle.Mode >= \"ECO\" AND Vehicle.Mode < 'ECP'",
        "not Vehicle.Hood.IsOpen",
        "Vehicle.Hood.IsOpen = FALSE",
        "Vehicle.Speed BETWEEN 60.5 AND 61",
        "Vehicle.Speed NOT BETWEEN 1 AND 2 AND true",
        "(Vehicle.Speed) > (50)",
        "false OR (Vehicle.Gear > 2 AND NOT (Vehicle.Gear > 3 OR Vehicle.Speed < .5e1))",
    ] {
        assert_eq!(holds(text), Some(true), "{text}");
    }
    for text in ["Vehicle.Gear > 3", "Vehicle.Mode = 'eco'", "Vehicle.Gear BETWEEN 4 AND 9"] {
        assert_eq!(holds(text), Some(false), "{text}");
    }
}

#[test]
fn numbers_are_compared_as_they_were_meant() {
    // What was set as 0.1 is 0.1, though 32 bits hold 0.100000001.
    assert_eq!(holds("Vehicle.Tenth = 0.1"), Some(true));
    assert_eq!(holds("Vehicle.Tenth > 0.1"), Some(false));
    // As floats these would be equal.
    assert_eq!(holds("Vehicle.Large < 18446744073709551616"), Some(true));
    assert_eq!(holds("Vehicle.Large < 18446744073709551616.0"), Some(true));
    assert_eq!(holds("Vehicle.Large > 1e300"), Some(false));
    assert_eq!(holds("Vehicle.Gear > -1e300 AND Vehicle.Gear > 2.5"), Some(true));
    assert_eq!(holds("-2 > -2.5 AND -3 < -2.5 AND 0 > -0.5 AND 0 < 0.5"), Some(true));
}

#[test]
fn what_is_not_known_does_not_hold_and_is_not_false_either() {
    assert_eq!(holds("Vehicle.Range > 5"), None);
    assert_eq!(holds("NOT Vehicle.Range > 5"), None);
    assert_eq!(holds("Vehicle.Range != Vehicle.Range"), None);
    assert_eq!(holds("Vehicle.Range > 5 AND Vehicle.Speed > 60"), None);
    assert_eq!(holds("Vehicle.Range > 5 AND Vehicle.Speed > 70"), Some(false));
    assert_eq!(holds("Vehicle.Range > 5 OR Vehicle.Speed > 60"), Some(true));
    assert_eq!(holds("Vehicle.Range > 5 OR Vehicle.Speed > 70"), None);
    assert_eq!(holds("Vehicle.Speed BETWEEN 70 AND Vehicle.Range"), Some(false));
    assert_eq!(holds("Vehicle.Speed BETWEEN 50 AND Vehicle.Range"), None);
    // Nor do values that cannot be compared.
    assert_eq!(holds("Vehicle.Odd != 1"), None);
    assert_eq!(holds("Vehicle.Mode = 5"), None);
    assert_eq!(holds("Vehicle.List = 1"), None);
    assert_eq!(holds("Vehicle.Gear"), None);
}

#[test]
fn a_mistake_is_shown_with_its_column_and_what_could_stand_there() {
    let operand = "expected a signal, a number, a text in quotes, true, false, NOT or (";
    let after_operand = "expected a comparison (= != < <= > >=), BETWEEN, AND, OR or the end";
    for (text, expected) in [
        ("", format!("column 1 of the condition: {operand}, found its end")),
        ("Vehicle.Speed >", format!("column 16 of the condition: {operand}, found its end")),
        ("Vehicle.Speed => 5", format!("column 16 of the condition: {operand}, found \">\"")),
        ("Vehicle.Speed 5", format!("column 15 of the condition: {after_operand}, found \"5\"")),
        ("Vehicle.Speed & 5", format!("column 15 of the condition: {after_operand}, found \"&\"")),
        ("a > 1 b", "column 7 of the condition: expected AND, OR or the end, found \"b\"".into()),
        ("(a > 1", "column 7 of the condition: expected AND, OR or ), found its end".into()),
        ("a > 1)", "column 6 of the condition: expected AND, OR or the end, found \")\"".into()),
        ("a NOT > 1", "column 7 of the condition: expected BETWEEN, found \">\"".into()),
        (
            "a BETWEEN 1 OR 2",
            "column 13 of the condition: expected AND and the upper bound of BETWEEN, found \"OR\""
                .into(),
        ),
        (
            "é = 'open",
            format!("column 5 of the condition: {operand}, found a text without its closing quote"),
        ),
        ("AND", format!("column 1 of the condition: {operand}, found \"AND\"")),
        ("a = 1e999", format!("column 5 of the condition: {operand}, found \"1\"")),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn nesting_has_an_end() {
    let nested = |levels| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    assert_eq!(parse(&nested(MAX_DEPTH)).to_string(), "a");
    let message = error(&nested(100_000));
    assert!(message.contains("no more than 64 levels"), "{message}");
    let message = error(&format!("{} a", "NOT ".repeat(100_000)));
    assert!(message.contains("no more than 64 levels"), "{message}");
    let deepest = format!("{}a NOT BETWEEN 1 AND 2", "NOT ".repeat(MAX_DEPTH));
    assert_eq!(parse(&deepest).to_string(), deepest);
    let long = vec!["a > 1"; 10_000].join(" AND ");
    assert_eq!(parse(&long).depth(), 2);
}

#[test]
fn signals_are_named_once_in_order() {
    let condition = parse("B > 1 AND (A BETWEEN B AND C OR NOT D) AND 'E' = 'E'");
    assert_eq!(condition.signals(), ["B", "A", "C", "D"]);
    let lengths = condition.try_map(&mut |path: &String| match path.as_str() {
        "D" => Err("no D"),
        path => Ok(path.len()),
    });
    assert_eq!(lengths, Err("no D"));
}

#[test]
fn operands_that_never_fit_are_refused_with_their_types() {
    let check = |text: &str| {
        let datatype = |path: &String| {
            let name = match path.as_str() {
                "Speed" => "float",
                "IsOpen" => "boolean",
                "Mode" => "string",
                "List" => "uint8[]",
                _ => return None,
            };
            Some(name.parse().unwrap())
        };
        parse(text).check(&datatype).map_err(|error| error.to_string())
    };
    for fits in ["Speed > 5 AND IsOpen", "Mode >= 'A'", "IsOpen = true", "Other = 'x'", "5 > 3"] {
        assert_eq!(check(fits), Ok(()), "{fits}");
    }
    for (text, expected) in [
        ("Speed > 'fast'", "Speed (float) cannot be compared with 'fast' (a text)"),
        ("NOT (5 = Mode)", "5 (a number) cannot be compared with Mode (string)"),
        ("Speed BETWEEN 1 AND true", "Speed (float) cannot be compared with true (a boolean)"),
        ("List = 1", "List is a uint8[]: only single values can be compared"),
        ("IsOpen > false", "IsOpen (boolean) has no order: compare it with = or != alone"),
        ("IsOpen OR Speed", "Speed (float) is no condition by itself: only a boolean is"),
    ] {
        assert_eq!(check(text), Err(expected.to_owned()));
    }
}

#[test]
fn conditions_are_put_together_as_they_are_written() {
    let [a, b, c] = ["A > 1", "B", "C < 2 OR D"].map(parse);
    let built = a.clone().and(b.clone().negated()).and(c.clone());
    assert_eq!(built.to_string(), "A > 1 AND NOT B AND (C < 2 OR D)");
    assert_eq!(built, parse(&built.to_string()));
    assert_eq!(a.clone().or(b.clone()).negated().to_string(), "NOT (A > 1 OR B)");
    assert_eq!(a.clone().negated().negated(), a);
    assert_eq!(c.or(b).to_string(), "C < 2 OR D OR B");
}

fn operand() -> impl Strategy<Value = Operand<String>> {
    prop_oneof![
        "[A-Z][a-z]{0,3}(\\.[A-Z][a-z]{2,4}){1,2}".prop_map(Operand::Signal),
        any::<bool>().prop_map(|value| Operand::Constant(Constant::Bool(value))),
        any::<i64>().prop_map(|value| Operand::Constant(Constant::Int(value.into()))),
        any::<f64>()
            .prop_filter("finite", |value| value.is_finite())
            .prop_map(|value| Operand::Constant(Constant::Float(value))),
        ".{0,8}".prop_map(|text| Operand::Constant(Constant::Text(text))),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let comparison = prop_oneof![
        Just(Comparison::Equal),
        Just(Comparison::NotEqual),
        Just(Comparison::Less),
        Just(Comparison::AtLeast),
    ];
    let leaf = prop_oneof![
        operand().prop_map(Condition::Holds),
        (operand(), comparison, operand()).prop_map(|(a, by, b)| Condition::Compare(a, by, b)),
        (operand(), operand(), operand()).prop_map(|(a, b, c)| Condition::Between(a, b, c)),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            vec(inner.clone(), 2..4).prop_map(Condition::All),
            vec(inner, 2..4).prop_map(Condition::Any),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_shown_reads_as_the_same_condition(condition in condition()) {
        let text = condition.to_string();
        prop_assert_eq!(text.parse::<Condition>(), Ok(condition));
    }

    #[test]
    fn any_text_is_a_condition_or_a_mistake_within_it(text in ".{0,40}") {
        match text.parse::<Condition>() {
            Ok(condition) => prop_assert_eq!(condition.to_string().parse(), Ok(condition)),
            Err(error) => prop_assert!(error.column <= text.chars().count() + 1),
        }
    }

    /// With a value for every signal everything but the incomparable is decided; and a
    /// condition and its opposite never hold together.
    #[test]
    fn a_condition_and_its_opposite_exclude_each_other(
        condition in condition(),
        values in vec(proptest::option::of(-2..3_i32), 1..5),
    ) {
        let values: Vec<Option<Value>> =
            values.into_iter().map(|value| value.map(Value::Int32)).collect();
        let value = |path: &String| values[path.len() % values.len()].as_ref();
        let opposite = condition.clone().negated();
        let truth = condition.evaluate(&value);
        prop_assert_eq!(opposite.evaluate(&value), truth.map(|truth| !truth));
        // De Morgan, in three values.
        let both = condition.clone().and(condition.clone()).negated();
        prop_assert_eq!(both.evaluate(&value), opposite.evaluate(&value));
    }
}
