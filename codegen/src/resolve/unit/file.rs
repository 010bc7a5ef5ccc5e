//! One unit file, in the layout of today or in the old one.
//!
//! ```text
//! km:                              units:
//!   definition: Length in ...        km:
//!   unit: kilometer                    description: Length in ...
//!   quantity: length                   label: kilometer
//!   allowed-datatypes: [numeric]       domain: distance
//! ```

use super::{Unit, quantity::Quantities};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{self, DataType, Element, nearest},
    resolve::release::{OldWay, Rules},
    source::Span,
    syntax::{Raw, RawValue},
};

pub(super) fn units(
    root: &Raw,
    quantities: &mut Quantities,
    rules: &Rules,
    sink: &mut Sink,
) -> Vec<Unit> {
    if let Some(old) = old_layout(root) {
        let report = Report::new(Code::BadUnit, "this is the old layout of unit files")
            .at(old.sign)
            .help("a unit has 'definition', 'unit', 'quantity' and 'allowed-datatypes',\nand no map 'units' around it");
        sink.push(rules.judge(OldWay::UnitLayout, report));
        if !rules.take(OldWay::UnitLayout) {
            return Vec::new();
        }
        let units = entries(old.units, "units", sink).iter();
        return units.filter_map(|(key, value)| read_old(key, value, sink)).collect();
    }
    let mut units: Vec<Unit> = Vec::new();
    for (key, value) in entries(root, "units", sink) {
        units.extend(read_unit(key, value, quantities, rules, sink));
    }
    if rules.take(OldWay::AnyDatatype) {
        open_datatypes(&mut units, rules, sink);
    }
    units
}

/// A file of the old layout.
struct OldLayout<'r> {
    /// What shows that it is one.
    sign: Span,
    units: &'r Raw,
}

fn old_layout(root: &Raw) -> Option<OldLayout<'_>> {
    let RawValue::Map(pairs) = &root.value else { return None };
    let (key, value) = pairs.first()?;
    let is_wrapped = pairs.len() == 1 && key.as_str() == Some("units");
    if is_wrapped && field(value, "definition").is_none() {
        return Some(OldLayout { sign: key.span, units: value });
    }
    let sign = pairs.iter().find_map(|(_, unit)| old_key(unit))?;
    Some(OldLayout { sign, units: root })
}

/// The key of a unit that only the old layout has.
fn old_key(unit: &Raw) -> Option<Span> {
    let RawValue::Map(pairs) = &unit.value else { return None };
    let has = |name: &str| pairs.iter().any(|(key, _)| key.as_str() == Some(name));
    let (key, _) = pairs.iter().find(|(key, _)| key.as_str() == Some("label"))?;
    (!has("unit") && !has("definition")).then_some(key.span)
}

/// The entries of a file: a map of maps.
pub(super) fn entries<'r>(root: &'r Raw, what: &str, sink: &mut Sink) -> &'r [(Raw, Raw)] {
    match &root.value {
        RawValue::Map(pairs) => pairs,
        RawValue::Null => &[],
        _ => {
            let message = format!("{what} are a map, not {}", root.kind());
            sink.push(Report::new(Code::NotAMap, message).at(root.span));
            &[]
        }
    }
}

pub(super) fn field<'r>(map: &'r Raw, name: &str) -> Option<&'r Raw> {
    let RawValue::Map(pairs) = &map.value else { return None };
    pairs.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value)
}

fn bad(message: String, span: Span) -> Report {
    Report::new(Code::BadUnit, message).at(span)
}

/// Whether a unit is a map, as it must be.
fn is_map(name: &str, value: &Raw, sink: &mut Sink) -> bool {
    let is_map = matches!(value.value, RawValue::Map(_));
    if !is_map {
        sink.push(bad(format!("the unit '{name}' is a map, not {}", value.kind()), value.span));
    }
    is_map
}

/// The key of a unit or quantity.
pub(super) fn name_of<'r>(key: &'r Raw, sink: &mut Sink) -> Option<&'r str> {
    let name = key.as_str();
    if name.is_none() {
        let message = format!("a name is text, but this reads as {}", key.kind());
        sink.push(Report::new(Code::BadKey, message).at(key.span).help("put it in quotes"));
    }
    name
}

pub(super) fn text_of(map: &Raw, name: &str, unit: &str, sink: &mut Sink) -> Option<String> {
    let raw = field(map, name)?;
    if raw.as_str().is_none() && !raw.is_null() {
        sink.push(bad(format!("'{name}' of '{unit}' takes text, not {}", raw.kind()), raw.span));
    }
    raw.as_str().map(str::to_owned)
}

fn read_unit(
    key: &Raw,
    value: &Raw,
    quantities: &mut Quantities,
    rules: &Rules,
    sink: &mut Sink,
) -> Option<Unit> {
    let name = name_of(key, sink)?;
    if !is_map(name, value, sink) {
        return None;
    }
    let definition = text_of(value, "definition", name, sink);
    let label = text_of(value, "unit", name, sink);
    let quantity = text_of(value, "quantity", name, sink);
    if definition.is_none() {
        sink.push(bad(format!("the unit '{name}' needs a 'definition'"), key.span));
    }
    if field(value, "unit").is_none() {
        let report = bad(format!("the unit '{name}' needs its spelled-out name 'unit'"), key.span);
        sink.push(report.help("write 'unit: null' if it has none"));
    }
    let has_qudt = check_qudt(name, value, sink);
    match field(value, "quantity") {
        Some(raw) if quantity.is_some() => quantities.check(name, raw, rules, sink),
        None if has_qudt => {}
        Some(raw) if has_qudt && !raw.is_null() => {}
        _ => sink.push(bad(format!("the unit '{name}' needs a 'quantity'"), key.span)),
    }
    let datatypes = field(value, "allowed-datatypes");
    Some(Unit {
        key: name.to_string(),
        span: key.span,
        meaning: model::Unit { label, definition: definition.unwrap_or_default(), quantity },
        datatypes: datatypes.map_or_else(Vec::new, |raw| read_datatypes(name, raw, sink)),
        takes_any: false,
        datatypes_span: datatypes.map(|raw| raw.span),
    })
}

/// The quantity in the words of QUDT, which does in the place of ours. Whether it is there.
fn check_qudt(name: &str, value: &Raw, sink: &mut Sink) -> bool {
    let Some(qudt) = field(value, "qudt").filter(|qudt| !qudt.is_null()) else { return false };
    for part in ["unit", "quantity-kind"] {
        if field(qudt, part).and_then(Raw::as_str).is_none() {
            let message = format!("the 'qudt' of the unit '{name}' needs a '{part}'");
            sink.push(bad(message, qudt.span));
        }
    }
    true
}

/// A unit of the old layout. Only its key mattered.
fn read_old(key: &Raw, value: &Raw, sink: &mut Sink) -> Option<Unit> {
    let name = name_of(key, sink)?;
    if !is_map(name, value, sink) {
        return None;
    }
    let label = text_of(value, "label", name, sink);
    let definition = text_of(value, "description", name, sink);
    let quantity = text_of(value, "domain", name, sink);
    Some(Unit {
        key: name.to_string(),
        span: key.span,
        meaning: model::Unit { label, definition: definition.unwrap_or_default(), quantity },
        datatypes: Vec::new(),
        takes_any: true,
        datatypes_span: None,
    })
}

/// Lets the units that name no datatypes go with each, with one word for the file.
fn open_datatypes(units: &mut [Unit], rules: &Rules, sink: &mut Sink) {
    let mut open: Vec<&mut Unit> =
        units.iter_mut().filter(|unit| unit.datatypes_span.is_none()).collect();
    let others = match open.len() {
        0 => return,
        1 => String::new(),
        2 => ", nor does one other".to_owned(),
        many => format!(", nor do {} others", many - 1),
    };
    open.iter_mut().for_each(|unit| unit.takes_any = true);
    let message =
        format!("the unit '{}' does not name the datatypes it goes with{others}", open[0].key);
    let report = Report::new(Code::UnitDatatype, message)
        .at(open[0].span)
        .help("give each unit 'allowed-datatypes', for instance [numeric]");
    sink.push(rules.judge(OldWay::AnyDatatype, report));
}

fn read_datatypes(unit: &str, raw: &Raw, sink: &mut Sink) -> Vec<DataType> {
    let RawValue::List(items) = &raw.value else {
        let message = format!("'allowed-datatypes' of '{unit}' takes a list, not {}", raw.kind());
        sink.push(bad(message, raw.span));
        return Vec::new();
    };
    let mut datatypes = Vec::with_capacity(items.len());
    for item in items.iter() {
        let text = item.as_str().unwrap_or_default();
        match text.parse::<DataType>() {
            Ok(datatype) if !matches!(datatype.element, Element::Struct(_)) => {
                datatypes.push(datatype);
            }
            _ => {
                let message = format!("unknown datatype '{}'", item.literal());
                sink.push(
                    Report::new(Code::UnknownDatatype, message)
                        .at(item.span)
                        .did_you_mean(nearest(text, Element::names())),
                );
            }
        }
    }
    datatypes
}
