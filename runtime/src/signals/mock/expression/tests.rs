use proptest::prelude::*;
use vss_codegen::model::Value;

use super::*;

fn values(path: &str) -> Option<&'static Value> {
    static SPEED: Value = Value::Float(72.0);
    static TENTH: Value = Value::Float(0.1);
    static OPEN: Value = Value::Bool(true);
    static MODE: std::sync::LazyLock<Value> =
        std::sync::LazyLock::new(|| Value::String("P".into()));
    match path {
        "Vehicle.Speed" => Some(&SPEED),
        "Vehicle.Tenth" => Some(&TENTH),
        "Vehicle.IsOpen" => Some(&OPEN),
        "Vehicle.Mode" => Some(&MODE),
        _ => None,
    }
}

fn shown(text: &str) -> String {
    let expression: Expression = match text.parse() {
        Ok(expression) => expression,
        Err(error) => return parse::InvalidExpression::to_string(&error),
    };
    match expression.evaluate(&|path: &String| values(path)) {
        None => "nothing".to_owned(),
        Some(Term::Bool(truth)) => truth.to_string(),
        Some(Term::Number(number)) => number.to_string(),
        Some(Term::Text(text)) => format!("'{text}'"),
    }
}

#[test]
fn arithmetic_binds_as_it_is_taught() {
    for (text, expected) in [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 3 - 2", "5"),
        ("10-3", "7"),
        ("2 - -3", "5"),
        ("-2 * 3", "-6"),
        ("7 % 4", "3"),
        ("1e2 / .5", "200"),
        ("Vehicle.Speed / 3.6", "20"),
        ("Vehicle.Tenth * 10 = 1", "true"),
        ("min(3, 1, 2) + max(1, 2) + abs(-4)", "7"),
        ("clamp(Vehicle.Speed, 0, 50)", "50"),
        ("clamp(5, 9, 1)", "9"),
        ("Vehicle.Speed > 50 and not Vehicle.IsOpen", "false"),
        ("1 < 2 OR 2 < 1 AND false", "true"),
        ("Vehicle.Mode = 'P'", "true"),
        ("Vehicle.Mode", "'P'"),
        ("'it''s'", "'it's'"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn what_depends_on_no_value_has_none() {
    for (text, expected) in [
        ("Vehicle.Gone + 1", "nothing"),
        ("1 / 0", "nothing"),
        ("max(1, Vehicle.Gone)", "nothing"),
        ("Vehicle.Gone > 1 OR true", "true"),
        ("Vehicle.Gone > 1 AND false", "false"),
        ("false AND Vehicle.Gone > 1", "false"),
        ("Vehicle.Gone > 1 AND true", "nothing"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_expression_says_where_and_what_could_stand_there() {
    let all: Vec<String> = ["", "1 +", "1 2", "(1", "foo(1)", "abs(1, 2)", "'a", "1 ; 2", "AND"]
        .iter()
        .map(|text| format!("{text:8} {}", shown(text)))
        .collect();
    insta::assert_snapshot!(all.join("\n"), @r"
                 column 1 of the expression: expected a signal, a number, a text in quotes, true, false, a function or (, found its end
        1 +      column 4 of the expression: expected a signal, a number, a text in quotes, true, false, a function or (, found its end
        1 2      column 3 of the expression: expected an operator (+ - * / % = != < <= > >= AND OR) or the end, found '2'
        (1       column 3 of the expression: expected an operator, ',' or ), found its end
        foo(1)   column 1 of the expression: expected a function (min, max, abs, clamp), found 'foo'
        abs(1, 2) column 1 of the expression: expected one number for abs, found 'abs'
        'a       column 1 of the expression: expected a text with its closing quote, found '''
        1 ; 2    column 3 of the expression: expected an operator (+ - * / % = != < <= > >= AND OR) or the end, found ';'
        AND      column 1 of the expression: expected a signal, a number, a text in quotes, true, false, a function or (, found 'AND'
        ");
}

#[test]
fn parts_that_do_not_fit_together_are_named() {
    let kind = |text: &str| {
        let expression: Expression = text.parse().unwrap();
        expression.kind(&|path: &String| match path.as_str() {
            "Vehicle.Speed" => Ok(Kind::Number),
            "Vehicle.Mode" => Ok(Kind::Text),
            other => Err(format!("no {other}")),
        })
    };
    assert_eq!(kind("Vehicle.Speed > 3"), Ok(Kind::Bool));
    assert_eq!(kind("Vehicle.Speed + 1"), Ok(Kind::Number));
    assert_eq!(kind("Vehicle.Mode + 1"), Err("'+' takes a number, not a text".into()));
    assert_eq!(kind("Vehicle.Mode = 1"), Err("'=' takes a text, not a number".into()));
    assert_eq!(kind("NOT Vehicle.Speed"), Err("'NOT' takes a boolean, not a number".into()));
    assert_eq!(kind("Vehicle.X"), Err("no Vehicle.X".into()));
}

#[test]
fn a_hostile_text_ends_soon() {
    for text in ["(".repeat(999), "-".repeat(999), "NOT ".repeat(240), "abs(".repeat(240)] {
        let error = text.parse::<Expression>().unwrap_err().to_string();
        assert!(error.contains("levels of nesting"), "{error}");
    }
    let long = "1+".repeat(600);
    assert!(long.parse::<Expression>().unwrap_err().to_string().contains("at most 1000 bytes"));
    // The longest chain that is read is evaluated, and dropped, within the stack.
    let chain = format!("{}1", "1+".repeat(499));
    assert_eq!(shown(&chain), "500");
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in "[-+*/%()<>=!,.'a-c0-9AND ]{0,60}") {
        let _ = shown(&text);
    }
}
