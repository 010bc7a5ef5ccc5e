//! What is searched for, as it is typed.

use std::str::FromStr;

/// For the help of `vssc search`.
pub const GRAMMAR: &str = "\
Words are looked for in paths, units, descriptions and comments, in any case; all must be
there. \"Two words\" in quotes stand together. A word with a field in front is looked for there:
  path:Cabin.*      the path, or the end of it; without a * any part of it
  type:actuator     branch, sensor, actuator, attribute, struct or property
  datatype:uint8    the whole name
  unit:km/h         the key or the name of a unit
  text:fuel         the description or the comment
";

const FIELDS: [&str; 5] = ["path", "type", "datatype", "unit", "text"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(super) terms: Vec<Term>,
}

/// In lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// Anywhere.
    Word(String),
    Path(String),
    /// With `*`.
    PathPattern(String),
    Type(String),
    Datatype(String),
    Unit(String),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("there is nothing to search for")]
    Empty,
    #[error("there is no field '{0}'; the fields are path, type, datatype, unit and text{1}")]
    UnknownField(String, String),
    #[error("'{0}:' needs a word behind it")]
    NoValue(String),
    #[error(
        "there is no type '{0}'; it is branch, sensor, actuator, attribute, struct or property"
    )]
    UnknownType(String),
    #[error("a quote is not closed: {0}")]
    OpenQuote(String),
}

impl Query {
    /// The words that may be slips.
    pub(super) fn words_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.terms.iter_mut().filter_map(|term| match term {
            Term::Word(word) => Some(word),
            _ => None,
        })
    }
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Query, QueryError> {
        let mut terms = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (field, value) = split_field(rest)?;
            let (value, after) = take_value(value)?;
            terms.extend(term(field, value)?);
            rest = after.trim_start();
        }
        if terms.is_empty() { Err(QueryError::Empty) } else { Ok(Query { terms }) }
    }
}

/// The field that a term begins with, and what follows.
fn split_field(text: &str) -> Result<(Option<&'static str>, &str), QueryError> {
    let Some((name, value)) = text.split_once(':') else { return Ok((None, text)) };
    // `a:b` names a field; `10:30` and `"a: b"` do not.
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic()) {
        return Ok((None, text));
    }
    let folded = name.to_ascii_lowercase();
    match FIELDS.iter().find(|field| **field == folded) {
        Some(field) => Ok((Some(field), value)),
        None => {
            let near = crate::model::nearest(name, FIELDS);
            let near = near.map(|near| format!("; did you mean '{near}:'?")).unwrap_or_default();
            Err(QueryError::UnknownField(name.to_owned(), near))
        }
    }
}

/// A word, or what is between quotes; and what follows.
fn take_value(text: &str) -> Result<(&str, &str), QueryError> {
    match text.strip_prefix('"') {
        Some(quoted) => {
            quoted.split_once('"').ok_or_else(|| QueryError::OpenQuote(text.trim_end().to_owned()))
        }
        None => {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            Ok(text.split_at(end))
        }
    }
}

fn term(field: Option<&str>, value: &str) -> Result<Option<Term>, QueryError> {
    let value = value.trim().to_lowercase();
    let Some(field) = field else {
        return Ok(Some(Term::Word(value)).filter(|term| *term != Term::Word(String::new())));
    };
    if value.is_empty() {
        return Err(QueryError::NoValue(field.to_owned()));
    }
    Ok(Some(match field {
        "type" => {
            let known = ["branch", "sensor", "actuator", "attribute", "struct", "property"];
            if !known.contains(&value.as_str()) {
                return Err(QueryError::UnknownType(value));
            }
            Term::Type(value)
        }
        "datatype" => Term::Datatype(value),
        "unit" => Term::Unit(value),
        "text" => Term::Text(value),
        _ if value.contains('*') => Term::PathPattern(value),
        _ => Term::Path(value),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<Term> {
        text.parse::<Query>().unwrap().terms
    }

    #[test]
    fn words_phrases_and_fields_are_terms() {
        let word = |text: &str| Term::Word(text.to_owned());
        assert_eq!(terms("Door  open"), [word("door"), word("open")]);
        assert_eq!(terms("\"Fuel level\" tank"), [word("fuel level"), word("tank")]);
        assert_eq!(terms("unit:km/h"), [Term::Unit("km/h".to_owned())]);
        assert_eq!(terms("Path:Cabin.*"), [Term::PathPattern("cabin.*".to_owned())]);
        assert_eq!(terms("path:cabin"), [Term::Path("cabin".to_owned())]);
        assert_eq!(terms("text:\"two words\""), [Term::Text("two words".to_owned())]);
        assert_eq!(terms("10:30"), [word("10:30")]);
        assert_eq!(terms("\"note: this\""), [word("note: this")]);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        let error = |text: &str| text.parse::<Query>().unwrap_err().to_string();
        assert_eq!(error("  "), "there is nothing to search for");
        assert_eq!(error("\"\""), "there is nothing to search for");
        assert_eq!(
            error("tpye:sensor"),
            "there is no field 'tpye'; the fields are path, type, datatype, unit and text; did you mean 'type:'?"
        );
        assert_eq!(error("unit: km"), "'unit:' needs a word behind it");
        assert_eq!(
            error("type:signal"),
            "there is no type 'signal'; it is branch, sensor, actuator, attribute, struct or property"
        );
        assert_eq!(error("a \"b c"), "a quote is not closed: \"b c");
    }
}
