//! Unquoted words that YAML reads as booleans, in places that take one without a word: a
//! bound counts `on` as 1, and an attribute of somebody's own keeps `off` as false. Where
//! a boolean does not fit the checks refuse it, and instances have their own report.

use crate::{
    diagnostic::{Code, Report, Sink},
    syntax::{Attribute, Attributes, Name, Raw, RawValue},
};

pub(in crate::resolve) fn check(attributes: &Attributes, sink: &mut Sink) {
    for Attribute { name, value, .. } in attributes.iter() {
        match (name, &value.value) {
            (Name::Min | Name::Max | Name::Arraysize, _) => as_number(value, sink),
            (Name::Enum, RawValue::Map(entries)) => {
                entries.iter().for_each(|(_, number)| as_number(number, sink));
            }
            (Name::Extra(_), RawValue::List(items)) => {
                items.iter().for_each(|item| as_text(item, sink));
            }
            (Name::Extra(_), _) => as_text(value, sink),
            _ => {}
        }
    }
}

fn as_number(raw: &Raw, sink: &mut Sink) {
    let RawValue::Bool(value) = &raw.value else { return };
    let number = u8::from(*value);
    let message = format!("this reads as the boolean {value}, and so counts as {number}");
    let report = Report::new(Code::UnquotedWord, message).at(raw.span);
    sink.push(report.help(format!("write {number} if that is meant")));
}

fn as_text(raw: &Raw, sink: &mut Sink) {
    let RawValue::Bool(value) = &raw.value else { return };
    // Who writes `true` or `false` means them; `yes`, `no`, `on` and `off` are shorter.
    if raw.span.end - raw.span.start >= 4 {
        return;
    }
    let message = format!("this reads as the boolean {value}");
    let report = Report::new(Code::UnquotedWord, message).at(raw.span);
    sink.push(report.help(format!("put it in quotes, or write {value} if that is meant")));
}
