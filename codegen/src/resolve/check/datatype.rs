//! `datatype` and `arraysize`, and whether a value fits a type.

use super::{super::scalars, Subject, common::wrong_kind, structs::Structs};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{DataType, Element, Literal},
    syntax::{Attributes, Name, Raw, RawValue},
};

pub(super) fn read(
    subject: Subject<'_>,
    attributes: &Attributes,
    structs: &Structs,
    sink: &mut Sink,
) -> Option<DataType> {
    let Some(attribute) = attributes.get(&Name::Datatype) else {
        let message = format!("'{}' has no 'datatype'", subject.name);
        let report = Report::new(Code::MissingDatatype, message).at(subject.span);
        sink.push(report.help("add one, as 'datatype: float'; what has no value is a branch"));
        return None;
    };
    let raw = &attribute.value;
    let Some(text) = raw.as_str() else {
        sink.push(wrong_kind(&Name::Datatype, "the name of a type", raw));
        return None;
    };
    // Only the name of a struct needs to know where it is used, and most types are built in.
    if let Some(datatype) = structs.absolute(text) {
        return Some(datatype);
    }
    let path = subject.path();
    let known = structs.resolve(text, &path);
    if known.is_none() && !structs.may_have(text) {
        let report = unknown(text, &path, structs, raw, sink);
        sink.push(report);
    }
    known
}

fn unknown(text: &str, path: &str, structs: &Structs, raw: &Raw, sink: &mut Sink) -> Report {
    let report =
        Report::new(Code::UnknownDatatype, format!("unknown datatype '{text}'")).at(raw.span);
    if let Some((element, rest)) = text.split_once('[')
        && element.parse::<DataType>().is_ok()
        && rest != "]"
    {
        return report
            .help(format!("an array is '{element}[]'; how long it is goes into 'arraysize'"));
    }
    if text == "int[]" {
        return report.help("of 'int' there are no arrays: write 'int64[]' or another width");
    }
    let (name, brackets) = match text.strip_suffix("[]") {
        Some(name) => (name, "[]"),
        None => (text, ""),
    };
    // Common in other languages.
    let alias = match name.to_ascii_lowercase().as_str() {
        "bool" => Some("boolean"),
        "str" | "text" => Some("string"),
        "integer" => Some("int32"),
        "real" => Some("float"),
        _ => None,
    };
    match alias
        .or_else(|| sink.nearest(name, structs.names_for(path)))
        .or_else(|| structs.called(name))
    {
        Some(near) => report.help(format!("did you mean '{near}{brackets}'?")),
        None if name.contains('.') && structs.is_empty() => {
            report.help("a name with a dot is a struct: name the file that defines it with --types")
        }
        None if name.contains('.') => {
            report.help("a name with a dot is a struct, and nothing defines one of this name")
        }
        None => {
            let names: Vec<&str> = Element::names().collect();
            report.help(format!("it is one of {}", names.join(", ")))
        }
    }
}

pub(super) fn arraysize(
    attributes: &Attributes,
    datatype: &DataType,
    sink: &mut Sink,
) -> Option<u64> {
    let raw = attributes.value(&Name::Arraysize)?;
    if !datatype.is_array {
        let message = format!("'arraysize' goes with an array, and '{datatype}' is none");
        let help = format!("write 'datatype: {datatype}[]', or remove 'arraysize'");
        sink.push(Report::new(Code::BadArraySize, message).at(raw.span).help(help));
        return None;
    }
    let size = scalars::integer(raw).and_then(|number| u64::try_from(number).ok());
    if size.is_none() {
        let message = "'arraysize' takes a number of elements";
        sink.push(Report::new(Code::BadArraySize, message).at(raw.span));
    }
    size
}

/// Reads one value of an element type; the text says what is wrong.
pub(super) fn element(raw: &Raw, element: &Element) -> Result<Literal, String> {
    let literal = raw.literal();
    let name = element.name();
    match (&raw.value, element) {
        (RawValue::Bool(_), Element::Boolean) | (RawValue::String(_), Element::String) => {
            Ok(literal)
        }
        (RawValue::Int(number), element) if element.is_integer() => {
            fits(*number, element).map(|()| literal)
        }
        (RawValue::Int(_), element) if element.is_fractional() => Ok(literal),
        (RawValue::Float(number), element) if element.is_fractional() => {
            if number.is_finite() {
                Ok(literal)
            } else {
                Err(format!("{literal} is no number"))
            }
        }
        (RawValue::Float(_), element) if element.is_integer() => {
            Err(format!("{literal} has a decimal point, and '{name}' takes none"))
        }
        _ => Err(format!("expected a value of '{name}', got {}", described(raw))),
    }
}

pub(super) fn fits(number: i128, element: &Element) -> Result<(), String> {
    match element.integer_range() {
        Some((low, high)) if !(low..=high).contains(&number) => {
            Err(format!("{number} does not fit '{}' ({low} to {high})", element.name()))
        }
        _ => Ok(()),
    }
}

/// `the string 'ON'`, `the boolean true`, `a list`.
pub(super) fn described(raw: &Raw) -> String {
    let kind = raw.kind();
    let kind = kind.strip_prefix("a ").or_else(|| kind.strip_prefix("an ")).unwrap_or(kind);
    match &raw.value {
        RawValue::Null => kind.to_owned(),
        RawValue::List(_) | RawValue::Map(_) => raw.kind().to_owned(),
        RawValue::String(text) => format!("the string '{text}'"),
        _ => format!("the {kind} {}", raw.literal()),
    }
}

/// Reports a value that does not fit, with a hint where the reason is usually YAML.
pub(super) fn wrong_value(code: Code, message: String, raw: &Raw, element: &Element) -> Report {
    let report = Report::new(code, message).at(raw.span);
    match (&raw.value, element) {
        (RawValue::Bool(_), Element::String) => {
            report.help("YAML reads unquoted yes, no, on and off as booleans: put it in quotes")
        }
        (RawValue::Int(_) | RawValue::Float(_) | RawValue::Timestamp(_), Element::String) => {
            report.help("put it in quotes")
        }
        (RawValue::Float(number), element) if element.is_integer() && number.fract() == 0.0 => {
            report.help(format!("write {number:.0}"))
        }
        _ => report,
    }
}
