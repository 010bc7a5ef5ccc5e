//! Python literals and docstrings.

use crate::{model::Literal, target::safe::is_deceptive};

/// A string literal in double quotes.
pub(super) fn string(text: &str) -> String {
    format!("\"{}\"", escaped(text, &['"']))
}

/// `1`, `2.5`, `True`, `"A"`, `[1, 2]`.
pub(super) fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "None".to_owned(),
        Literal::Bool(true) => "True".to_owned(),
        Literal::Bool(false) => "False".to_owned(),
        Literal::Int(number) => number.to_string(),
        Literal::Float(number) if number.is_finite() => format!("{number:?}"),
        Literal::Float(number) => format!("float({})", string(&number.to_string())),
        Literal::String(text) => string(text),
        Literal::List(items) => format!("[{}]", list(items)),
        Literal::Map(entries) => {
            let pairs =
                entries.iter().map(|(key, value)| format!("{}: {}", string(key), literal(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

pub(super) fn tuple(items: &[Literal]) -> String {
    let comma = if items.len() == 1 { "," } else { "" };
    format!("({}{comma})", list(items))
}

fn list(items: &[Literal]) -> String {
    items.iter().map(literal).collect::<Vec<_>>().join(", ")
}

/// A docstring of paragraphs. Its first line is to be printed at `indent`.
pub(super) fn docstring(paragraphs: &[String], indent: usize) -> String {
    let text = paragraphs.join("\n\n");
    let margin = " ".repeat(indent);
    let mut lines = text.lines().map(|line| escaped(line.trim_end(), &[]));
    let mut doc = lines.next().unwrap_or_default();
    let mut is_long = false;
    for line in lines {
        is_long = true;
        doc.push('\n');
        if !line.is_empty() {
            doc.push_str(&margin);
            doc.push_str(&line);
        }
    }
    let doc = doc.replace("\"\"\"", "\\\"\\\"\\\"");
    if is_long {
        return format!("\"\"\"{doc}\n{margin}\"\"\"");
    }
    // A quote at the end would be read as part of the closing ones.
    match doc.strip_suffix('"') {
        Some(rest) if !ends_in_escape(rest) => format!("\"\"\"{rest}\\\"\"\"\""),
        _ => format!("\"\"\"{doc}\"\"\""),
    }
}

fn ends_in_escape(text: &str) -> bool {
    let backslashes = text.chars().rev().take_while(|c| *c == '\\').count();
    backslashes % 2 == 1
}

/// Backslashes, control characters and `quotes` escaped; the rest of Unicode stays, but for
/// characters that would change how the source itself looks.
fn escaped(text: &str, quotes: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if quotes.contains(&c) => {
                out.push('\\');
                out.push(c);
            }
            c if is_deceptive(c) && u32::from(c) <= 0xff => {
                out.push_str(&format!("\\x{:02x}", u32::from(c)));
            }
            c if is_deceptive(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_what_python_reads_back() {
        let table = [
            (Literal::Int(-30), "-30"),
            (Literal::Float(1e22), "1e22"),
            (Literal::Float(-0.0), "-0.0"),
            (Literal::Float(f64::INFINITY), "float(\"inf\")"),
            (Literal::Bool(true), "True"),
            (Literal::String("a\"b\\c\nd\u{7}\u{202e}é".into()), r#""a\"b\\c\nd\x07\u202eé""#),
            (Literal::List(vec![Literal::Int(1), Literal::Null]), "[1, None]"),
        ];
        for (value, expected) in table {
            assert_eq!(literal(&value), expected);
        }
        assert_eq!(tuple(&[Literal::Int(1)]), "(1,)");
        assert_eq!(tuple(&[Literal::Int(1), Literal::Int(2)]), "(1, 2)");
    }

    #[test]
    fn a_docstring_survives_quotes_and_backslashes() {
        let doc = |text: &str| docstring(&[text.to_owned()], 4);
        assert_eq!(doc("Plain."), r#""""Plain.""""#);
        assert_eq!(doc(r"C:\new"), r#""""C:\\new""""#);
        assert_eq!(doc(r#"He said "no""#), r#""""He said "no\"""""#);
        assert_eq!(doc(r#"a """ b"#), r#""""a \"\"\" b""""#);
        assert_eq!(doc(r#"ends """"#), r#""""ends \"\"\"""""#);
        assert_eq!(doc(r#"both \""#), r#""""both \\\"""""#);
        assert_eq!(doc("One.\n\n  Two."), "\"\"\"One.\n\n      Two.\n    \"\"\"");
    }
}
