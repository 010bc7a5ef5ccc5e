//! `min` and `max`.

use super::{
    super::{
        release::{OldWay, Rules},
        scalars,
    },
    datatype,
    elsewhere::held_against,
};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{DataType, Element, Leaf, Literal},
    syntax::{Attributes, Name, Raw, RawValue},
};

pub(super) fn read(
    attributes: &Attributes,
    name: &Name,
    datatype: &DataType,
    rules: &Rules,
    sink: &mut Sink,
) -> Option<Literal> {
    let raw = attributes.value(name)?;
    let element = &datatype.element;
    if !element.is_number() {
        let message = format!("'{}' goes with numbers, and '{datatype}' is none", name.text());
        let report = Report::new(Code::WrongValue, message).at(raw.span);
        sink.push(held_against(report, attributes, &[Name::Datatype]));
        return None;
    }
    let Some(number) = scalars::number(raw) else {
        let message = format!("'{}' takes a number, not {}", name.text(), datatype::described(raw));
        sink.push(Report::new(Code::WrongValue, message).at(raw.span));
        return None;
    };
    match datatype::element(&with(raw, &number), element) {
        Ok(number) => Some(number),
        Err(reason) => {
            let message = format!("bad '{}': {reason}", name.text());
            let report =
                datatype::wrong_value(Code::WrongValue, message, &with(raw, &number), element);
            let report = held_against(report, attributes, &[Name::Datatype]);
            let Some(whole) = whole(&number, element) else {
                sink.push(report);
                return None;
            };
            sink.push(rules.judge(OldWay::FractionalBound, report));
            rules.take(OldWay::FractionalBound).then_some(whole)
        }
    }
}

/// The integer that a float stands for, where the type holds it.
fn whole(number: &Literal, element: &Element) -> Option<Literal> {
    let Literal::Float(number) = number else { return None };
    let is_whole = element.is_integer() && number.fract() == 0.0 && number.abs() < 1e18;
    let whole = is_whole.then_some(*number as i128)?;
    datatype::fits(whole, element).ok().map(|()| Literal::Int(whole))
}

/// The place of `raw` with the number that it stands for.
fn with(raw: &Raw, number: &Literal) -> Raw {
    let value = match number {
        Literal::Int(number) => RawValue::Int(*number),
        Literal::Float(number) => RawValue::Float(*number),
        _ => raw.value.clone(),
    };
    Raw { span: raw.span, value }
}

pub(super) fn check_order(attributes: &Attributes, leaf: &Leaf, sink: &mut Sink) {
    let (Some(min), Some(max)) = (&leaf.min, &leaf.max) else { return };
    let (Some(low), Some(high)) = (attributes.value(&Name::Min), attributes.value(&Name::Max))
    else {
        return;
    };
    if is_below(max, min) {
        let message = format!("no value lies between the minimum {min} and the maximum {max}");
        let report = Report::new(Code::MinAboveMax, message);
        // Of two files the one that was read later, as an overlay, has made it wrong.
        sink.push(match high.span.source.index() > low.span.source.index() {
            true => report.at(high.span).label(low.span, "above the maximum"),
            false => report.at(low.span).label(high.span, "below the minimum"),
        });
    }
}

/// Exact for integers, which a float cannot hold beyond 53 bits.
pub(super) fn is_below(a: &Literal, b: &Literal) -> bool {
    match (a, b) {
        (Literal::Int(a), Literal::Int(b)) => a < b,
        _ => matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if a < b),
    }
}

/// As [`is_below`], but floats may miss a bound by a millionth: they are seldom exact.
fn is_clearly_below(a: &Literal, b: &Literal) -> bool {
    match (a, b) {
        (Literal::Int(a), Literal::Int(b)) => a < b,
        _ => matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if b - a > 1.5e-6),
    }
}

/// Which of the bounds excludes a value, and in words.
pub(super) fn excludes(leaf: &Leaf, value: &Literal) -> Option<(Name, String)> {
    if leaf.datatype.element == Element::Boolean {
        return None;
    }
    match (&leaf.min, &leaf.max) {
        (Some(min), _) if is_clearly_below(value, min) => {
            Some((Name::Min, format!("below the minimum {min}")))
        }
        (_, Some(max)) if is_clearly_below(max, value) => {
            Some((Name::Max, format!("above the maximum {max}")))
        }
        _ => None,
    }
}
