//! Text and numbers of the model as Rust source: documentation and literals.

use crate::model::{Element, Literal, Node};

/// Text as the lines of a doc comment, without the `///`. Markdown and HTML are
/// escaped: a description is prose, and ``` in it must not become a doctest.
pub(super) fn doc_lines(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    text.replace("\r\n", "\n").split(['\n', '\r', '\u{2028}', '\u{2029}']).map(doc_line).collect()
}

/// A path or a name of the model inside a sentence: as code where nothing is in the way.
pub(super) fn code(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_graphic() && c != '`';
    if text.chars().all(is_plain) { format!("`{text}`") } else { doc_line(text) }
}

/// A single line of prose.
pub(super) fn doc_line(line: &str) -> String {
    let line = line.trim();
    let mut escaped = String::with_capacity(line.len());
    for (index, character) in line.char_indices() {
        // Rust refuses characters that turn the direction of writing in a comment.
        if matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            continue;
        }
        let starts_a_block = index == 0 && matches!(character, '#' | '-' | '+' | '=' | '~' | '|');
        if starts_a_block || matches!(character, '\\' | '`' | '[' | ']' | '<' | '>' | '*' | '&') {
            escaped.push('\\');
        }
        escaped.push(if character.is_control() { ' ' } else { character });
    }
    escaped
}

/// A string literal.
pub(super) fn string(text: &str) -> String {
    format!("{text:?}")
}

/// The note of a `#[deprecated]`, which is shown as documentation too.
pub(super) fn deprecation(node: &Node) -> Option<String> {
    node.deprecation.as_deref().map(|note| string(&doc_lines(note).join(" ")))
}

/// A scalar of the model as a constant of its type; `None` where the type has none, as
/// a struct, or the literal is of another type.
pub(super) fn scalar(literal: &Literal, element: &Element) -> Option<String> {
    match (element, literal) {
        (Element::Boolean, Literal::Bool(value)) => Some(value.to_string()),
        (Element::String, Literal::String(text)) => Some(string(text)),
        (Element::Float, _) => literal.as_f64().map(|value| single(value as f32)),
        (Element::Double | Element::Numeric, _) => literal.as_f64().map(double),
        (element, Literal::Int(value)) if element.is_integer() => Some(value.to_string()),
        _ => None,
    }
}

fn single(value: f32) -> String {
    if value.is_finite() { format!("{value:?}") } else { named("f32", value.into()) }
}

fn double(value: f64) -> String {
    if value.is_finite() { format!("{value:?}") } else { named("f64", value) }
}

fn named(ty: &str, value: f64) -> String {
    let name = match value {
        value if value.is_nan() => "NAN",
        value if value > 0.0 => "INFINITY",
        _ => "NEG_INFINITY",
    };
    format!("{ty}::{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_prose_whatever_is_in_it() {
        let text = "# A `fn` */ \"\"\" [x](y) <b>\r\n    - one\\two\n\u{202e}```";
        assert_eq!(
            doc_lines(text),
            [r#"\# A \`fn\` \*/ """ \[x\](y) \<b\>"#, r"\- one\\two", r"\`\`\`"]
        );
        assert!(doc_lines(" \n").is_empty());
        assert_eq!((code("A.*.B"), code("A `b`")), ("`A.*.B`".to_owned(), r"A \`b\`".to_owned()));
    }

    #[test]
    fn literals_are_of_the_type_of_their_signal() {
        let table = [
            (Literal::Int(-30), Element::Float, Some("-30.0")),
            (Literal::Float(0.1), Element::Float, Some("0.1")),
            (Literal::Float(1e300), Element::Float, Some("f32::INFINITY")),
            (Literal::Float(-1e300), Element::Double, Some("-1e300")),
            (Literal::Int(255), Element::Uint8, Some("255")),
            (Literal::Float(1.5), Element::Uint8, None),
            (
                Literal::String("a\"\\\n\u{202e}".into()),
                Element::String,
                Some(r#""a\"\\\n\u{202e}""#),
            ),
            (Literal::Bool(true), Element::Boolean, Some("true")),
            (Literal::Null, Element::Boolean, None),
        ];
        for (literal, element, expected) in table {
            assert_eq!(scalar(&literal, &element).as_deref(), expected, "{literal:?}");
        }
    }
}
