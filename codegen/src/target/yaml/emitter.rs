//! YAML text in the dialect of PyYAML, so that a file is the same to the byte whichever
//! tool wrote it. Only block style: the one thing in brackets is what is empty.

use std::borrow::Cow;

use super::style::{self, Style};
use crate::{model::Literal, target::pythonic};

/// What can stand in a document.
#[derive(Debug)]
pub(in crate::target) enum Value<'a> {
    Text(Cow<'a, str>),
    Literal(Cow<'a, Literal>),
    List(Vec<Value<'a>>),
    Map(Vec<(&'a str, Value<'a>)>),
}

/// How a document is laid out.
#[derive(Clone, Copy, Debug)]
pub(in crate::target) struct Layout {
    /// Text is folded at the first blank beyond this column.
    pub(in crate::target) width: usize,
    /// Escape everything that is not ASCII.
    pub(in crate::target) ascii: bool,
    /// Whether blank lines part the entries.
    pub(in crate::target) is_spaced: bool,
}

/// Step of indentation.
const INDENT: usize = 2;
/// A key longer than this is introduced by `?`.
const LONGEST_KEY: usize = 122;

/// Writes one map, entry by entry.
#[derive(Debug)]
pub(in crate::target) struct Emitter {
    layout: Layout,
    out: String,
    /// Where the next line begins.
    indent: usize,
    /// How many collections and scalars are open.
    depth: usize,
    /// Characters of the line so far.
    column: usize,
    /// Whether the last character was a blank or a line end.
    after_space: bool,
    /// Whether the line has nothing but indentation and signs so far.
    is_fresh: bool,
}

impl Emitter {
    pub(in crate::target) fn new(layout: Layout) -> Emitter {
        Emitter {
            layout,
            out: String::new(),
            indent: 0,
            depth: 1,
            column: 0,
            after_space: true,
            is_fresh: true,
        }
    }

    /// The whole document, ending in a line end.
    pub(in crate::target) fn finish(mut self) -> String {
        if self.out.is_empty() {
            self.out.push_str("{}");
        }
        self.depth = 0;
        self.line_break('\n');
        self.out
    }

    pub(in crate::target) fn entry(&mut self, key: &str, value: &Value<'_>) {
        self.start_line();
        let characters: Vec<char> = key.chars().collect();
        let is_simple = (1..=LONGEST_KEY).contains(&characters.len())
            && !characters.iter().any(|c| style::is_break(*c));
        if is_simple {
            self.text(&characters, true);
            self.sign(":", false, false);
        } else {
            self.sign("?", true, true);
            self.text(&characters, false);
            self.start_line();
            self.sign(":", true, true);
        }
        self.value(value, true);
    }

    fn value(&mut self, value: &Value<'_>, is_in_map: bool) {
        match value {
            Value::Text(text) => self.text(&text.chars().collect::<Vec<_>>(), false),
            Value::Literal(literal) => self.literal(literal, is_in_map),
            Value::List(items) => {
                self.list(items.iter(), is_in_map, |emitter, item| emitter.value(item, false));
            }
            Value::Map(entries) => {
                let entries = entries.iter();
                self.map(entries, |emitter, (key, value)| emitter.entry(key, value));
            }
        }
    }

    fn literal(&mut self, literal: &Literal, is_in_map: bool) {
        match literal {
            Literal::Null => self.bare("null"),
            Literal::Bool(value) => self.bare(if *value { "true" } else { "false" }),
            Literal::Int(value) => self.bare(&value.to_string()),
            Literal::Float(value) => self.bare(&float(*value)),
            Literal::String(text) => self.text(&text.chars().collect::<Vec<_>>(), false),
            Literal::List(items) => {
                self.list(items.iter(), is_in_map, |emitter, item| emitter.literal(item, false));
            }
            Literal::Map(entries) => {
                self.map(entries.iter(), |emitter, (key, value)| {
                    emitter.entry(key, &Value::Literal(Cow::Borrowed(value)));
                });
            }
        }
    }

    fn list<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        is_in_map: bool,
        each: impl Fn(&mut Emitter, T),
    ) {
        if items.len() == 0 {
            return self.empty("[]");
        }
        // A list that a key holds stands as far to the left as the key.
        let step = if is_in_map && !self.is_fresh { 0 } else { INDENT };
        self.nested(step, |emitter| {
            for item in items {
                emitter.start_line();
                emitter.sign("-", true, true);
                each(emitter, item);
            }
        });
    }

    fn map<T>(
        &mut self,
        entries: impl ExactSizeIterator<Item = T>,
        each: impl Fn(&mut Emitter, T),
    ) {
        if entries.len() == 0 {
            return self.empty("{}");
        }
        self.nested(INDENT, |emitter| entries.for_each(|entry| each(emitter, entry)));
    }

    fn nested(&mut self, step: usize, write: impl FnOnce(&mut Emitter)) {
        self.indent += step;
        self.depth += 1;
        write(self);
        self.depth -= 1;
        self.indent -= step;
    }

    fn empty(&mut self, brackets: &str) {
        self.sign(brackets, true, false);
    }

    fn bare(&mut self, text: &str) {
        self.sign(text, true, false);
    }

    fn text(&mut self, text: &[char], is_simple_key: bool) {
        let folds = !is_simple_key;
        self.nested(INDENT, |emitter| {
            match style::choose(text, is_simple_key, emitter.layout.ascii) {
                Style::Plain => {
                    if !emitter.after_space {
                        emitter.put(&[' ']);
                    }
                    emitter.words(text, folds, false);
                    emitter.after_space = false;
                    emitter.is_fresh = false;
                }
                Style::Single => {
                    emitter.sign("'", true, false);
                    emitter.words(text, folds, true);
                    emitter.sign("'", false, false);
                }
                Style::Double => {
                    emitter.sign("\"", true, false);
                    emitter.escaped(text, folds);
                    emitter.sign("\"", false, false);
                }
            }
        });
    }

    /// Text as it is, word by word: folded where a single blank stands beyond the width.
    fn words(&mut self, text: &[char], folds: bool, is_quoted: bool) {
        let mut start = 0;
        while start < text.len() {
            let rest = &text[start..];
            let run = |is: fn(char) -> bool| rest.iter().take_while(|c| is(**c)).count();
            let (blanks, breaks) = (run(|c| c == ' '), run(style::is_break));
            let length = if blanks > 0 {
                let is_inside = start > 0 && start + blanks < text.len();
                if blanks == 1 && folds && is_inside && self.column > self.layout.width {
                    self.start_line();
                } else {
                    self.put(&rest[..blanks]);
                }
                blanks
            } else if breaks > 0 {
                self.breaks(&rest[..breaks]);
                breaks
            } else if rest[0] == '\'' && is_quoted {
                self.put(&['\'', '\'']);
                1
            } else {
                let ends = |c: char| c == ' ' || style::is_break(c) || (c == '\'' && is_quoted);
                let length = 1 + rest[1..].iter().take_while(|c| !ends(**c)).count();
                self.put(&rest[..length]);
                length
            };
            start += length;
        }
    }

    /// Line ends inside quotes: one more than in the text, as a single one reads as a blank.
    fn breaks(&mut self, breaks: &[char]) {
        if breaks[0] == '\n' {
            self.line_break('\n');
        }
        for c in breaks {
            self.line_break(*c);
        }
        self.start_line();
    }

    /// Text in double quotes. A fold can stand anywhere after a character.
    fn escaped(&mut self, text: &[char], folds: bool) {
        // From here on nothing is written yet.
        let mut start = 0;
        for end in 0..=text.len() {
            let current = text.get(end).copied();
            if current.is_none_or(|c| !is_verbatim(c, self.layout.ascii)) {
                if start < end {
                    self.put(&text[start..end]);
                    start = end;
                }
                if let Some(c) = current {
                    let escape: Vec<char> = escape(c).chars().collect();
                    self.put(&escape);
                    start = end + 1;
                }
            }
            let is_inside = 0 < end && end + 1 < text.len();
            let is_beyond = self.column + end > self.layout.width + start;
            if folds && is_inside && is_beyond && (current == Some(' ') || start >= end) {
                if start < end {
                    self.put(&text[start..end]);
                    start = end;
                }
                self.put(&['\\']);
                self.start_line();
                self.after_space = false;
                self.is_fresh = false;
                if text[start] == ' ' {
                    self.put(&['\\']);
                }
            }
        }
    }

    fn put(&mut self, text: &[char]) {
        self.column += text.len();
        self.out.extend(text);
    }

    /// One of YAML's own signs, or a word of one part.
    fn sign(&mut self, sign: &str, needs_space: bool, stays_fresh: bool) {
        if needs_space && !self.after_space {
            self.out.push(' ');
            self.column += 1;
        }
        self.out.push_str(sign);
        self.column += sign.len();
        self.after_space = false;
        self.is_fresh &= stays_fresh;
    }

    /// Goes to the place where a line begins, on the present one if nothing is there yet.
    fn start_line(&mut self) {
        let is_here = self.column == self.indent && self.after_space;
        if !self.is_fresh || (self.column >= self.indent && !is_here) {
            self.line_break('\n');
        }
        if self.column < self.indent {
            self.out.extend(std::iter::repeat_n(' ', self.indent - self.column));
            self.column = self.indent;
            self.after_space = true;
        }
    }

    fn line_break(&mut self, mark: char) {
        self.out.push(mark);
        if self.layout.is_spaced && self.depth == 1 {
            self.out.push('\n');
        }
        self.after_space = true;
        self.is_fresh = true;
        self.column = 0;
    }
}

fn float(value: f64) -> String {
    match value {
        f64::INFINITY => ".inf".to_owned(),
        f64::NEG_INFINITY => "-.inf".to_owned(),
        value if value.is_nan() => ".nan".to_owned(),
        value => {
            let text = pythonic::float(value);
            // YAML 1.1 wants the point.
            if text.contains('.') { text } else { text.replacen('e', ".0e", 1) }
        }
    }
}

/// Whether double quotes hold the character as it is.
fn is_verbatim(c: char, ascii: bool) -> bool {
    match c {
        '"' | '\\' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        ' '..='~' => true,
        '\u{a0}'..='\u{fffd}' => !ascii,
        _ => false,
    }
}

fn escape(c: char) -> String {
    let letter = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        other => {
            return match u32::from(other) {
                code @ ..=0xff => format!("\\x{code:02X}"),
                code @ ..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands here is what PyYAML 6.0 makes of the same data.
    fn written(layout: Layout, json: &str) -> String {
        let Literal::Map(entries) = serde_json::from_str(json).unwrap() else { panic!("no map") };
        let mut emitter = Emitter::new(layout);
        for (key, value) in &entries {
            emitter.entry(key, &Value::Literal(Cow::Borrowed(value)));
        }
        emitter.finish()
    }

    #[test]
    fn lists_stand_below_their_keys_and_entries_apart() {
        let json = r#"{
            "A.B": {
                "description": "It's 5 °C: #1\nnext", "empty": "", "list": [], "map": {},
                "nested": [["a", ["b"]], {"k": [1, 2.0], "l": null}],
                "allowed": ["ON", "off", "1", "1.5", "2001-12-14", "~", "y"]
            },
            "C": "plain: it's", "é": "🚗 x", "D": -1e-05, "E": "\ttab"
        }"#;
        let expected = r#"A.B:
  description: 'It''s 5 °C: #1

    next'
  empty: ''
  list: []
  map: {}
  nested:
  - - a
    - - b
  - k:
    - 1
    - 2.0
    l: null
  allowed:
  - 'ON'
  - 'off'
  - '1'
  - '1.5'
  - '2001-12-14'
  - '~'
  - y

C: 'plain: it''s'

é: 🚗 x

D: -1.0e-05

E: "\ttab"
"#;
        let layout = Layout { width: 1024, ascii: false, is_spaced: true };
        assert_eq!(written(layout, json), expected);
    }

    #[test]
    fn text_is_folded_in_each_of_its_forms() {
        let json = r#"{
            "plain": "one two three four  five six", "single": "it's one: two three four",
            "double": "tab\tone two three four five", "lines": "first one\nsecond one\n\nthird",
            "escapes": "éééé éééé", "end": "ends with a blank "
        }"#;
        let expected = r#"plain: one two
  three four  five
  six
single: 'it''s
  one: two three
  four'
double: "tab\t\
  one two three\
  \ four five"
lines: 'first
  one

  second one


  third'
escapes: "\xE9\xE9\
  \xE9\xE9 \xE9\
  \xE9\xE9\xE9"
end: 'ends with
  a blank '
"#;
        let layout = Layout { width: 12, ascii: true, is_spaced: false };
        assert_eq!(written(layout, json), expected);
    }

    #[test]
    fn a_key_that_does_not_fit_its_line_is_introduced() {
        let long = "K".repeat(123);
        let json =
            format!(r#"{{"{long}": ["x"], "two\nlines": "", "": -0.0, "{}": 1}}"#, &long[1..]);
        let expected =
            format!("? {long}\n: - x\n? 'two\n\n  lines'\n: ''\n? ''\n: -0.0\n{}: 1\n", &long[1..]);
        let layout = Layout { width: 80, ascii: true, is_spaced: false };
        assert_eq!(written(layout, &json), expected);
        assert_eq!(written(layout, "{}"), "{}\n");
    }
}
