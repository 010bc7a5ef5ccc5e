//! YAML (and JSON, which is YAML) as a tree with positions, so that every problem of a
//! file can be told at once and where it is.
//!
//! In: the text of a file. Out: its tree ([`read()`]), or a [`Problem`]; a [`Reader`] to take
//! the tree apart with.
//! Must not know: what any file is about.

mod reader;

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_yaml::{Location, Spanned};
use vss_codegen::model::Literal;

pub(crate) use self::reader::{Fields, Reader, place};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Spanned<String>, Node)>),
}

pub(crate) type Node = Spanned<Data>;

/// One thing wrong with a file; all of them are given at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub file: String,
    pub line: Option<u64>,
    pub column: Option<u64>,
    /// `limits.mem_limit`; empty for the document as a whole.
    pub field: String,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        if self.field.is_empty() {
            write!(f, ": {}", self.message)
        } else {
            write!(f, ": {}: {}", self.field, self.message)
        }
    }
}

impl Problem {
    pub(crate) fn of_file(file: &str, message: impl Into<String>) -> Problem {
        Problem {
            file: file.to_owned(),
            line: None,
            column: None,
            field: String::new(),
            message: message.into(),
        }
    }
}

/// What people write is short; a file past this is an attack.
const MAX_BYTES: usize = 1 << 20;

/// Reads the one document in `text`.
pub(crate) fn read(file: &str, text: &str) -> Result<Node, Problem> {
    if text.len() > MAX_BYTES {
        let message = format!("is {} bytes long; at most {MAX_BYTES} are read", text.len());
        return Err(Problem::of_file(file, message));
    }
    let options = serde_yaml::options! { with_snippet: false };
    serde_yaml::from_str_with_options::<Node>(text, options).map_err(|error| {
        let at = error.location();
        Problem {
            line: at.map(|at| at.line()).filter(|line| *line > 0),
            column: at.map(|at| at.column()).filter(|column| *column > 0),
            ..Problem::of_file(file, first_line(&error.to_string()))
        }
    })
}

/// The parser's message without the position it repeats, and without its advice to programs.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let line = line.split_once(" at line ").map_or(line, |(before, _)| before);
    match line.split_once(", set DuplicateKeyPolicy") {
        Some((twice, _)) => format!("{twice}: leave one of the two out"),
        None => line.to_owned(),
    }
}

/// What stands in the source at `at`: `1.10` stays `1.10` where a text is wanted.
pub(crate) fn source_text(text: &str, at: Location) -> Option<&str> {
    let start = usize::try_from(at.span().byte_offset()?).ok()?;
    let length = usize::try_from(at.span().byte_len()?).ok()?;
    text.get(start..start.checked_add(length)?)
}

impl Data {
    /// For messages: `a list`, `the text 'abc'`.
    pub(crate) fn describe(&self) -> String {
        match self {
            Data::Null => "nothing".to_owned(),
            Data::Bool(value) => format!("'{value}'"),
            Data::Int(value) => format!("the number {value}"),
            Data::Float(value) => format!("the number {value}"),
            Data::Text(text) => format!("'{text}'"),
            Data::List(_) => "a list".to_owned(),
            Data::Map(_) => "a map".to_owned(),
        }
    }

    pub(crate) fn to_literal(&self) -> Literal {
        match self {
            Data::Null => Literal::Null,
            Data::Bool(value) => Literal::Bool(*value),
            Data::Int(value) => Literal::Int(*value),
            Data::Float(value) => Literal::Float(*value),
            Data::Text(text) => Literal::String(text.clone()),
            Data::List(items) => {
                Literal::List(items.iter().map(|item| item.value.to_literal()).collect())
            }
            Data::Map(entries) => Literal::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.value.clone(), value.value.to_literal()))
                    .collect(),
            ),
        }
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Data::Null => Json::Null,
            Data::Bool(value) => Json::Bool(*value),
            Data::Int(value) => i64::try_from(*value)
                .map(Json::from)
                .or_else(|_| u64::try_from(*value).map(Json::from))
                .unwrap_or_else(|_| Json::from(*value as f64)),
            Data::Float(value) => Json::from(*value),
            Data::Text(text) => Json::String(text.clone()),
            Data::List(items) => items.iter().map(|item| item.value.to_json()).collect(),
            Data::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.value.clone(), value.value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DataVisitor)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a scalar, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        Ok(Data::Null)
    }

    fn visit_none<E>(self) -> Result<Data, E> {
        Ok(Data::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Data, D::Error> {
        Data::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Data, E> {
        Ok(Data::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Data, E> {
        Ok(Data::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Data, E> {
        Ok(Data::Int(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Data, E> {
        Ok(Data::Int(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Data, E> {
        Ok(Data::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Data, E> {
        Ok(Data::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Data, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Data::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Data, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Data::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(node: &Node, name: &str) -> Node {
        let Data::Map(entries) = &node.value else { panic!("no map") };
        entries.iter().find(|(key, _)| key.value == name).unwrap().1.clone()
    }

    #[test]
    fn every_value_knows_its_place_and_its_spelling() {
        let text = "id: a\nlimits:\n  cpus: 1.10\n";
        let document = read("f", text).unwrap();
        let cpus = entry(&entry(&document, "limits"), "cpus");
        assert_eq!((cpus.referenced.line(), cpus.referenced.column()), (3, 9));
        assert_eq!(source_text(text, cpus.referenced), Some("1.10"));
    }

    #[test]
    fn json_is_read_alike() {
        let text = r#"{"id": "a", "env": {"N": 1.50, "T": "x"}}"#;
        let document = read("f", text).unwrap();
        let number = entry(&entry(&document, "env"), "N");
        assert_eq!(source_text(text, number.referenced), Some("1.50"));
        assert_eq!(entry(&document, "id").value, Data::Text("a".into()));
    }

    #[test]
    fn what_is_no_yaml_says_where() {
        let problem = read("vehicle-app.yaml", "id: a\nname: [b\n").unwrap_err().to_string();
        assert!(problem.starts_with("vehicle-app.yaml:"), "{problem}");
        let problem = read("vehicle-app.yaml", "id: a\nid: b\n").unwrap_err().to_string();
        assert!(problem.starts_with("vehicle-app.yaml:2:1: "), "{problem}");
        assert!(problem.ends_with("key: id: leave one of the two out"), "{problem}");
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (name, last) in ["b", "c", "d", "e", "f", "g", "h"].iter().zip("abcdefg".chars()) {
            let aliases = vec![format!("*{last}"); 10].join(", ");
            text += &format!("{name}: &{name} [{aliases}]\n");
        }
        assert!(read("f", &text).is_err());
    }
}
