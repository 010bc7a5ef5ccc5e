//! Pass: reads the unit and quantity files.

use std::collections::HashMap;

use super::reader::Reader;
use crate::{
    Request,
    diagnostic::{Code, Report, Sink},
    model::{self, DataType, Element, nearest},
    source::{Input, Span},
    syntax::{Raw, RawValue},
};

#[derive(Debug)]
pub(super) struct Unit {
    pub(super) key: String,
    pub(super) span: Span,
    pub(super) meaning: model::Unit,
    datatypes: Vec<DataType>,
    pub(super) datatypes_span: Option<Span>,
}

/// The units that a model may use.
#[derive(Debug, Default)]
pub(super) struct Units {
    list: Vec<Unit>,
    /// Keys in lower case, and labels that have no capitals, with the place in the list.
    index: HashMap<String, usize>,
    files: Vec<String>,
    is_open: bool,
}

impl Units {
    /// By key or label, in any case.
    pub(super) fn find(&self, text: &str) -> Option<&Unit> {
        self.list.get(*self.index.get(&text.to_lowercase())?)
    }

    /// The unit with this label, which the language does not find: labels count in lower
    /// case alone.
    pub(super) fn by_lost_label(&self, text: &str) -> Option<&Unit> {
        let is_label = |unit: &&Unit| unit.meaning.label.as_deref() == Some(text);
        self.list.iter().find(is_label)
    }

    /// In the order of the files.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.list.iter()
    }

    /// Whether units that nobody defined are taken as they are: an exported model comes
    /// without its unit files, and what a file that cannot be read defines nobody knows.
    pub(super) fn are_open(&self) -> bool {
        self.is_open
    }

    /// Every key and label that is found, for suggestions.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let labels = self.list.iter().filter_map(Unit::found_label);
        self.list.iter().map(|unit| unit.key.as_str()).chain(labels)
    }

    /// Where units were looked for, as a help text.
    pub(super) fn sources(&self) -> String {
        if self.files.is_empty() {
            "there is no unit file: put units.yaml beside the model, or name one with --units"
                .to_owned()
        } else {
            format!("the units are those of {}", self.files.join(", "))
        }
    }
}

/// The quantities that units may be of.
#[derive(Debug)]
struct Quantities {
    /// In lower case.
    names: Vec<String>,
    /// As for units.
    is_open: bool,
}

impl Unit {
    fn found_label(&self) -> Option<&str> {
        self.meaning.label.as_deref().filter(|label| label.to_lowercase() == *label)
    }

    pub(super) fn datatypes(&self) -> &[DataType] {
        &self.datatypes
    }

    pub(super) fn allows(&self, element: &Element) -> bool {
        self.datatypes.iter().any(|allowed| !allowed.is_array && covers(&allowed.element, element))
    }
}

/// Whether a value of `part` is one of `whole` too. Signed and unsigned do not mix.
fn covers(whole: &Element, part: &Element) -> bool {
    let is_signed = |element: &Element| element.integer_range().is_some_and(|(low, _)| low < 0);
    match (whole, part) {
        _ if whole == part => true,
        (_, Element::Int | Element::Numeric) => false,
        (Element::Numeric, part) => part.is_number(),
        (Element::Int, part) => part.is_integer(),
        (whole, part) => match (whole.integer_range(), part.integer_range()) {
            (Some(wide), Some(narrow)) => is_signed(whole) == is_signed(part) && wide.1 >= narrow.1,
            _ => false,
        },
    }
}

pub(super) fn read(
    request: &Request,
    model: &Input,
    is_json: bool,
    reader: &mut Reader<'_>,
    sink: &mut Sink,
) -> Units {
    let before = sink.errors();
    let found = files(&request.quantities, model, "quantities.yaml", is_json, reader, sink);
    let is_open = sink.errors() > before;
    let quantities = Quantities { names: read_quantities(&found, sink), is_open };

    let before = sink.errors();
    let files = files(&request.units, model, "units.yaml", is_json, reader, sink);
    let is_open = sink.errors() > before || (is_json && files.is_empty());
    let mut units = Units { is_open, ..Units::default() };
    for (input, root) in &files {
        units.files.push(input.to_string());
        for (key, value) in entries(root, "units", sink) {
            if let Some(unit) = read_unit(key, value, &quantities, sink) {
                add(&mut units, unit, sink);
            }
        }
    }
    index_labels(&mut units, sink);
    units
}

/// The named files, or the one beside the model where it exists.
fn files(
    named: &[Input],
    model: &Input,
    default: &str,
    is_json: bool,
    reader: &mut Reader<'_>,
    sink: &mut Sink,
) -> Vec<(Input, Raw)> {
    let mut files = Vec::new();
    if !named.is_empty() {
        for input in named {
            if let Some(id) = reader.require(input, sink) {
                files.extend(reader.raw(id, sink).map(|raw| (input.clone(), raw)));
            }
        }
    } else if !is_json {
        let input = model.parent().join(default);
        match reader.find(&input) {
            Ok(Some(id)) => files.extend(reader.raw(id, sink).map(|raw| (input, raw))),
            Ok(None) => {}
            Err(report) => sink.push(report),
        }
    }
    files
}

/// The entries of a file: a map of maps.
fn entries<'r>(root: &'r Raw, what: &str, sink: &mut Sink) -> &'r [(Raw, Raw)] {
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

/// The names of the quantities in lower case.
fn read_quantities(files: &[(Input, Raw)], sink: &mut Sink) -> Vec<String> {
    let mut names = Vec::new();
    for (_, root) in files {
        for (key, value) in entries(root, "quantities", sink) {
            let Some(name) = name_of(key, sink) else { continue };
            if field(value, "definition").is_none_or(Raw::is_null) {
                let message = format!("the quantity '{name}' needs a 'definition'");
                sink.push(Report::new(Code::BadUnit, message).at(key.span));
            }
            for field in ["definition", "comment", "remark"] {
                text_of(value, field, name, sink);
            }
            names.push(name.to_lowercase());
        }
    }
    names
}

fn field<'r>(map: &'r Raw, name: &str) -> Option<&'r Raw> {
    let RawValue::Map(pairs) = &map.value else { return None };
    pairs.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value)
}

/// The key of a unit or quantity.
fn name_of<'r>(key: &'r Raw, sink: &mut Sink) -> Option<&'r str> {
    let name = key.as_str();
    if name.is_none() {
        let message = format!("a name is text, but this reads as {}", key.kind());
        sink.push(Report::new(Code::BadKey, message).at(key.span).help("put it in quotes"));
    }
    name
}

fn text_of(map: &Raw, field_name: &str, name: &str, sink: &mut Sink) -> Option<String> {
    let raw = field(map, field_name)?;
    if raw.as_str().is_none() && !raw.is_null() {
        let message = format!("'{field_name}' of '{name}' takes text, not {}", raw.kind());
        sink.push(Report::new(Code::BadUnit, message).at(raw.span));
    }
    raw.as_str().map(str::to_owned)
}

fn read_unit(key: &Raw, value: &Raw, quantities: &Quantities, sink: &mut Sink) -> Option<Unit> {
    let name = name_of(key, sink)?;
    let bad = |message: String, span: Span| Report::new(Code::BadUnit, message).at(span);
    if !matches!(value.value, RawValue::Map(_)) {
        sink.push(bad(format!("the unit '{name}' is a map, not {}", value.kind()), value.span));
        return None;
    }
    let mut text = |field_name: &str| text_of(value, field_name, name, sink);
    let (definition, label, quantity) = (text("definition"), text("unit"), text("quantity"));
    if definition.is_none() {
        sink.push(bad(format!("the unit '{name}' needs a 'definition'"), key.span));
    }
    if field(value, "unit").is_none() {
        let report = bad(format!("the unit '{name}' needs its spelled-out name 'unit'"), key.span);
        sink.push(report.help("write 'unit: null' if it has none"));
    }
    check_quantity(name, key, value, quantity.as_deref(), quantities, sink);
    let datatypes = field(value, "allowed-datatypes");
    Some(Unit {
        key: name.to_string(),
        span: key.span,
        meaning: model::Unit { label, definition: definition.unwrap_or_default(), quantity },
        datatypes: datatypes.map_or_else(Vec::new, |raw| read_datatypes(name, raw, sink)),
        datatypes_span: datatypes.map(|raw| raw.span),
    })
}

fn check_quantity(
    name: &str,
    key: &Raw,
    value: &Raw,
    quantity: Option<&str>,
    known: &Quantities,
    sink: &mut Sink,
) {
    let qudt = field(value, "qudt").filter(|qudt| !qudt.is_null());
    for part in ["unit", "quantity-kind"] {
        if let Some(qudt) = qudt
            && field(qudt, part).and_then(Raw::as_str).is_none()
        {
            let message = format!("the 'qudt' of the unit '{name}' needs a '{part}'");
            sink.push(Report::new(Code::BadUnit, message).at(qudt.span));
        }
    }
    let Some(quantity) = quantity else {
        let is_null = field(value, "quantity").is_some_and(Raw::is_null);
        if qudt.is_none() || is_null {
            let message = format!("the unit '{name}' needs a 'quantity'");
            sink.push(Report::new(Code::BadUnit, message).at(key.span));
        }
        return;
    };
    // The names of quantities are kept in lower case, and those that units give are not.
    if !known.is_open && !known.names.iter().any(|name| name == quantity) {
        let span = field(value, "quantity").map_or(key.span, |raw| raw.span);
        let message = format!("the unit '{name}' is of an unknown quantity '{quantity}'");
        let report = Report::new(Code::UnknownQuantity, message).at(span);
        sink.push(match nearest(quantity, known.names.iter().map(String::as_str)) {
            Some(near) => report.did_you_mean(Some(near)),
            None if known.names.is_empty() => report.help(
                "there is no quantity file: put quantities.yaml beside the model, or name one with --quantities",
            ),
            None => report,
        });
    }
}

fn read_datatypes(unit: &str, raw: &Raw, sink: &mut Sink) -> Vec<DataType> {
    let RawValue::List(items) = &raw.value else {
        let message = format!("'allowed-datatypes' of '{unit}' takes a list, not {}", raw.kind());
        sink.push(Report::new(Code::BadUnit, message).at(raw.span));
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

/// Later files and lines replace a unit of the same key.
fn add(units: &mut Units, unit: Unit, sink: &mut Sink) {
    let folded = unit.key.to_lowercase();
    let Some(at) = units.index.get(&folded).copied() else {
        units.index.insert(folded, units.list.len());
        units.list.push(unit);
        return;
    };
    let old = &units.list[at];
    let message = format!("the unit '{}' replaces '{}'", unit.key, old.key);
    sink.push(
        Report::new(Code::UnitOverwritten, message).at(unit.span).label(old.span, "replaced"),
    );
    units.list[at] = unit;
}

fn index_labels(units: &mut Units, sink: &mut Sink) {
    let mut labels: HashMap<&str, &Unit> = HashMap::new();
    for unit in &units.list {
        let Some(label) = unit.meaning.label.as_deref() else { continue };
        if let Some(other) = labels.insert(label, unit) {
            let message = format!("'{}' and '{}' share the name '{label}'", other.key, unit.key);
            sink.push(
                Report::new(Code::DuplicateLabel, message)
                    .at(unit.span)
                    .label(other.span, "the first"),
            );
        }
    }
    // Of a key and a label that are the same, that of the later unit counts.
    units.index.clear();
    for (at, unit) in units.list.iter().enumerate() {
        units.index.extend(unit.found_label().map(|label| (label.to_owned(), at)));
        units.index.insert(unit.key.to_lowercase(), at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_covers_the_smaller_ones_of_its_sign() {
        for (whole, part, expected) in [
            ("uint32", "uint8", true),
            ("uint8", "uint32", false),
            ("int32", "uint8", false),
            ("int", "uint64", true),
            ("numeric", "float", true),
            ("numeric", "boolean", false),
            ("double", "float", false),
            ("numeric", "int", false),
        ] {
            let element = |name: &str| name.parse::<DataType>().unwrap().element;
            assert_eq!(covers(&element(whole), &element(part)), expected, "{part} in {whole}");
        }
    }
}
