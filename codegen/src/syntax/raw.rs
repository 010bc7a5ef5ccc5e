use std::{
    collections::{HashMap, hash_map::Entry},
    rc::Rc,
};

use indexmap::IndexMap;

use crate::{
    diagnostic::{Code, Report, Sink},
    model::Literal,
    source::Span,
};

/// A value of the source and its place. Cloning is cheap: an alias, an include used twice
/// and the instances of a branch all share one.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) span: Span,
    pub(crate) value: RawValue,
}

#[derive(Clone, Debug)]
pub(crate) enum RawValue {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    String(Rc<str>),
    /// An unquoted date or time, as written.
    Timestamp(Rc<str>),
    List(Rc<[Raw]>),
    Map(Rc<[(Raw, Raw)]>),
}

impl Raw {
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            RawValue::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, RawValue::Null)
    }

    /// What the value is, with its article, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            RawValue::Null => "nothing",
            RawValue::Bool(_) => "a boolean",
            RawValue::Int(_) => "an integer",
            RawValue::Float(_) => "a float",
            RawValue::String(_) => "a string",
            RawValue::Timestamp(_) => "a date",
            RawValue::List(_) => "a list",
            RawValue::Map(_) => "a map",
        }
    }

    /// A scalar as a key of JSON spells it; `None` for lists and maps.
    pub(crate) fn key_text(&self) -> Option<Rc<str>> {
        Some(match &self.value {
            RawValue::String(text) | RawValue::Timestamp(text) => text.clone(),
            // The language came from Python, whose nothing is spelled so.
            RawValue::Null => "None".into(),
            RawValue::Bool(_) | RawValue::Int(_) | RawValue::Float(_) => {
                self.literal().to_string().into()
            }
            RawValue::List(_) | RawValue::Map(_) => return None,
        })
    }

    pub(crate) fn literal(&self) -> Literal {
        match &self.value {
            RawValue::Null => Literal::Null,
            RawValue::Bool(value) => Literal::Bool(*value),
            RawValue::Int(value) => Literal::Int(*value),
            RawValue::Float(value) => Literal::Float(*value),
            RawValue::String(text) | RawValue::Timestamp(text) => Literal::String(text.to_string()),
            RawValue::List(items) => Literal::List(items.iter().map(Raw::literal).collect()),
            RawValue::Map(entries) => {
                let pair = |(key, value): &(Raw, Raw)| {
                    Some((key.key_text()?.to_string(), value.literal()))
                };
                Literal::Map(entries.iter().filter_map(pair).collect::<IndexMap<_, _>>())
            }
        }
    }
}

/// Makes a map of the pairs as they were written: of equal keys the last wins, at the
/// place of the first, as YAML and JSON readers do; a warning shows both.
pub(super) fn map_of(pairs: Vec<(Raw, Raw)>, sink: &mut Sink) -> Vec<(Raw, Raw)> {
    merge_pairs(Vec::with_capacity(pairs.len()), pairs, |first, second| {
        let name = second.key_text().unwrap_or_default();
        sink.push(
            Report::new(
                Code::DuplicateKey,
                format!("'{name}' is defined twice; the last one counts"),
            )
            .at(second.span)
            .label(first.span, "first defined here"),
        );
    })
}

/// Puts `pairs` over `base`, key by key, in the order of first appearance.
pub(crate) fn merge_pairs(
    mut base: Vec<(Raw, Raw)>,
    pairs: Vec<(Raw, Raw)>,
    mut replaced: impl FnMut(&Raw, &Raw),
) -> Vec<(Raw, Raw)> {
    // A string `1` and a number `1` are two keys.
    let identity = |key: &Raw| (key.key_text(), std::mem::discriminant(&key.value));
    let mut index = HashMap::with_capacity(base.len() + pairs.len());
    index.extend(base.iter().enumerate().map(|(at, (key, _))| (identity(key), at)));
    for (key, value) in pairs {
        match index.entry(identity(&key)) {
            Entry::Occupied(entry) => {
                let place = &mut base[*entry.get()];
                replaced(&place.0, &key);
                *place = (key, value);
            }
            Entry::Vacant(entry) => {
                entry.insert(base.len());
                base.push((key, value));
            }
        }
    }
    base
}
