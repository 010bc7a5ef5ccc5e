//! JSON text to raw values.

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{ObjectPropName, Value},
    common::{Range, Ranged},
};

use super::{Raw, RawValue, raw::map_of};
use crate::{
    diagnostic::{Code, Report, Sink},
    source::{SourceId, Span},
};

/// The value of the text; `None` where it is empty or broken.
pub(super) fn parse(source: SourceId, text: &str, sink: &mut Sink) -> Option<Raw> {
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    // The parser's own ranges count from the start of the slice it gets.
    let offset = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    match jsonc_parser::parse_to_ast(&text[offset..], &CollectOptions::default(), &strict) {
        Ok(result) => result.value.map(|value| Reader { source, offset, sink }.read(&value)),
        Err(error) => {
            let range = error.range();
            let reason = uncapitalised(&error.kind().to_string());
            sink.push(Report::new(Code::Syntax, format!("broken JSON: {reason}")).at(Span::new(
                source,
                range.start + offset,
                range.end + offset,
            )));
            None
        }
    }
}

/// It goes on a sentence.
fn uncapitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

struct Reader<'s> {
    source: SourceId,
    offset: usize,
    sink: &'s mut Sink,
}

impl Reader<'_> {
    fn span(&self, range: Range) -> Span {
        Span::new(self.source, range.start + self.offset, range.end + self.offset)
    }

    /// The parser limits how deep values nest, so recursion is safe.
    fn read(&mut self, value: &Value<'_>) -> Raw {
        let span = self.span(value.range());
        let value = match value {
            Value::NullKeyword(_) => RawValue::Null,
            Value::BooleanLit(literal) => RawValue::Bool(literal.value),
            Value::StringLit(literal) => RawValue::String(literal.value.as_ref().into()),
            Value::NumberLit(literal) => number(literal.value),
            Value::Array(array) => {
                RawValue::List(array.elements.iter().map(|item| self.read(item)).collect())
            }
            Value::Object(object) => {
                let mut pairs = Vec::with_capacity(object.properties.len());
                for property in &object.properties {
                    let name = match &property.name {
                        ObjectPropName::String(literal) => literal.value.as_ref(),
                        ObjectPropName::Word(literal) => literal.value,
                    };
                    let key = RawValue::String(name.into());
                    let key = Raw { span: self.span(property.name.range()), value: key };
                    pairs.push((key, self.read(&property.value)));
                }
                RawValue::Map(map_of(pairs, self.sink).into())
            }
        };
        Raw { span, value }
    }
}

/// An integer when it is written as one, as Python reads JSON.
fn number(text: &str) -> RawValue {
    match text.parse() {
        Ok(integer) => RawValue::Int(integer),
        Err(_) => RawValue::Float(text.parse().unwrap_or(f64::NAN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::Literal,
        source::{Input, SourceMap},
    };

    fn read(text: &str) -> (String, Vec<String>) {
        let mut sources = SourceMap::default();
        let source = sources.add(Input::Path("a.json".into()), text.into());
        let mut sink = Sink::default();
        let raw = parse(source, text, &mut sink);
        let value = raw.map_or(Literal::Null, |raw| raw.literal()).to_string();
        let problems = sink.finish(&sources);
        (value, problems.iter().map(|p| format!("{}: {}", p.code, p.message)).collect())
    }

    #[test]
    fn values_keep_how_they_were_written() {
        let (value, problems) = read("\u{feff}{\"a\": [1, 1.0, 1e2, true, null, \"\\u00e9\"]}");
        assert_eq!(value, "{a: [1, 1.0, 100.0, true, null, é]}");
        assert!(problems.is_empty());
    }

    #[test]
    fn extensions_of_json_are_refused() {
        for text in ["{a: 1}", "[1,]", "// x\n1", "[0x1]", "['a']"] {
            assert_eq!(read(text).1.len(), 1, "{text}");
        }
    }

    #[test]
    fn nesting_ends_in_a_report() {
        assert_eq!(
            read(&"[".repeat(100_000)).1,
            ["VSS003: broken JSON: maximum nesting depth exceeded"]
        );
    }
}
