//! Readings that the language allows beyond YAML's own: `instantiate: "no"`, `min: "5"`.

use crate::{
    model::Literal,
    syntax::{Raw, RawValue},
};

/// A boolean, or a word or number that stands for one.
pub(super) fn boolean(raw: &Raw) -> Option<bool> {
    match &raw.value {
        RawValue::Bool(value) => Some(*value),
        RawValue::Int(0) => Some(false),
        RawValue::Int(1) => Some(true),
        RawValue::Float(number) if *number == 0.0 => Some(false),
        RawValue::Float(number) if *number == 1.0 => Some(true),
        RawValue::String(text) => match text.to_ascii_lowercase().as_str() {
            "0" | "off" | "f" | "false" | "n" | "no" => Some(false),
            "1" | "on" | "t" | "true" | "y" | "yes" => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// A number, or text that is one: `"5"` is 5, `1e3` is 1000.0. True counts as 1.
pub(super) fn number(raw: &Raw) -> Option<Literal> {
    match &raw.value {
        RawValue::Int(number) => Some(Literal::Int(*number)),
        RawValue::Float(number) => Some(Literal::Float(*number)),
        RawValue::Bool(value) => Some(Literal::Int((*value).into())),
        RawValue::String(text) => number_in(text),
        _ => None,
    }
}

/// An integer, or text that is one. True counts as 1.
pub(super) fn integer(raw: &Raw) -> Option<i128> {
    match number(raw)? {
        Literal::Int(number) => Some(number),
        Literal::Float(number) if number.fract() == 0.0 && number.abs() < 1e18 => {
            Some(number as i128)
        }
        _ => None,
    }
}

fn number_in(text: &str) -> Option<Literal> {
    let text = text.trim();
    let is_number = text.bytes().all(|b| b.is_ascii_digit() || b"+-._eE".contains(&b));
    if !is_number {
        return None;
    }
    let digits = text.replace('_', "");
    // `5.0` is the integer 5 in text, though not in YAML.
    let whole = digits.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|b| b == b'0'));
    let whole = whole.map_or(digits.as_str(), |(whole, _)| whole);
    if let Ok(number) = whole.parse() {
        return Some(Literal::Int(number));
    }
    digits.parse().ok().map(Literal::Float)
}
