//! JSON text in the dialect of Python's `json.dumps`.

use std::fmt::Write;

use indexmap::IndexMap;

use crate::{model::Literal, target::pythonic};

#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    pretty: bool,
    depth: usize,
    /// Whether the innermost list or object has nothing in it yet.
    is_empty: bool,
    after_key: bool,
}

impl Writer {
    pub(super) fn new(pretty: bool) -> Writer {
        Writer { out: String::new(), pretty, depth: 0, is_empty: true, after_key: false }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn open(&mut self, bracket: char) {
        self.separate();
        self.out.push(bracket);
        self.depth += 1;
        self.is_empty = true;
    }

    pub(super) fn close(&mut self, bracket: char) {
        self.depth -= 1;
        if !self.is_empty {
            self.line();
        }
        self.out.push(bracket);
        self.is_empty = false;
    }

    pub(super) fn key(&mut self, key: &str) {
        self.string(key);
        self.out.push_str(": ");
        self.after_key = true;
    }

    pub(super) fn list<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut each: impl FnMut(&mut Writer, T),
    ) {
        self.open('[');
        for item in items {
            each(self, item);
        }
        self.close(']');
    }

    /// Sorted, like every object.
    pub(super) fn map(&mut self, entries: &IndexMap<String, Literal>) {
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by_key(|(key, _)| *key);
        self.open('{');
        for (key, value) in entries {
            self.key(key);
            self.literal(value);
        }
        self.close('}');
    }

    pub(super) fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.bare("null"),
            Literal::Bool(value) => self.bare(if *value { "true" } else { "false" }),
            Literal::Int(value) => self.bare(&value.to_string()),
            Literal::Float(value) => self.bare(&float(*value)),
            Literal::String(text) => self.string(text),
            Literal::List(items) => self.list(items.iter(), Writer::literal),
            Literal::Map(entries) => self.map(entries),
        }
    }

    pub(super) fn string(&mut self, text: &str) {
        self.separate();
        self.out.push('"');
        let mut rest = text;
        // Most text needs no escape: copy it in one piece.
        while let Some(at) =
            rest.bytes().position(|b| !(0x20..0x7f).contains(&b) || b == b'"' || b == b'\\')
        {
            self.out.push_str(&rest[..at]);
            let Some(character) = rest[at..].chars().next() else { break };
            self.escape(character);
            rest = &rest[at + character.len_utf8()..];
        }
        self.out.push_str(rest);
        self.out.push('"');
        self.is_empty = false;
    }

    fn escape(&mut self, character: char) {
        match character {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(self.out, "\\u{unit:04x}");
                }
            }
        }
    }

    fn bare(&mut self, text: &str) {
        self.separate();
        self.out.push_str(text);
        self.is_empty = false;
    }

    /// What stands between the value before and the one that comes.
    fn separate(&mut self) {
        if self.after_key {
            self.after_key = false;
            return;
        }
        if self.depth == 0 {
            return;
        }
        if !self.is_empty {
            self.out.push_str(if self.pretty { "," } else { ", " });
        }
        self.line();
    }

    fn line(&mut self) {
        if self.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }
}

/// Unlike Python itself, its JSON spells out what is no number.
fn float(value: f64) -> String {
    match value {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        value if value.is_nan() => "NaN".to_owned(),
        value => pythonic::float(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_spelled_out() {
        let spelled = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-5].map(float);
        assert_eq!(spelled, ["Infinity", "-Infinity", "NaN", "1e-05"]);
    }

    fn written(json: &str, pretty: bool) -> String {
        let mut writer = Writer::new(pretty);
        writer.literal(&serde_json::from_str(json).unwrap());
        writer.finish()
    }

    #[test]
    fn text_is_ascii_with_small_hexadecimals() {
        let text = r#""a/b\"\\\n\u0001 é 🚗 \u007f""#;
        let expected = r#""a/b\"\\\n\u0001 \u00e9 \ud83d\ude97 \u007f""#;
        assert_eq!(written(text, false), expected);
    }

    #[test]
    fn objects_are_sorted_and_spaced() {
        let json = r#"{"b": [1, 2.0, []], "a": {}, "B": [null, {"x": true}]}"#;
        assert_eq!(
            written(json, false),
            r#"{"B": [null, {"x": true}], "a": {}, "b": [1, 2.0, []]}"#
        );
        assert_eq!(
            written(json, true),
            "{\n  \"B\": [\n    null,\n    {\n      \"x\": true\n    }\n  ],\n  \"a\": {},\n  \"b\": [\n    1,\n    2.0,\n    []\n  ]\n}"
        );
    }
}
