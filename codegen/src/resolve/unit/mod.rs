//! Pass: reads the unit and quantity files.

mod file;
mod quantity;

use std::collections::HashMap;

use super::{
    reader::Reader,
    release::{OldWay, Rules},
};
use crate::{
    Request,
    diagnostic::{Code, Report, Sink},
    model::{self, Catalog, DataType, Element},
    source::{Input, Span},
    syntax::Raw,
};
use quantity::Quantities;

#[derive(Debug)]
pub(super) struct Unit {
    pub(super) key: String,
    pub(super) span: Span,
    pub(super) meaning: model::Unit,
    datatypes: Vec<DataType>,
    /// It does not say with which datatypes it goes, and nobody asks.
    takes_any: bool,
    pub(super) datatypes_span: Option<Span>,
}

/// The units that a model may use.
#[derive(Debug, Default)]
pub(super) struct Units {
    list: Vec<Unit>,
    /// Keys in lower case, and labels that have no capitals, with the place in the list.
    index: HashMap<String, usize>,
    /// Labels with capitals, with the place in the list.
    lost: HashMap<String, usize>,
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
        self.list.get(*self.lost.get(text)?)
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

    pub(super) fn has_files(&self) -> bool {
        !self.files.is_empty()
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

impl Unit {
    fn found_label(&self) -> Option<&str> {
        self.meaning.label.as_deref().filter(|label| label.to_lowercase() == *label)
    }

    pub(super) fn datatypes(&self) -> &[DataType] {
        &self.datatypes
    }

    pub(super) fn allows(&self, element: &Element) -> bool {
        let covers = |allowed: &DataType| !allowed.is_array && covers(&allowed.element, element);
        self.takes_any || self.datatypes.iter().any(covers)
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
    rules: &Rules,
    reader: &mut Reader<'_>,
    sink: &mut Sink,
) -> Units {
    let before = sink.errors();
    let found = files(&request.quantities, model, "quantities.yaml", is_json, reader, sink);
    let is_open = sink.errors() > before;
    let mut quantities = Quantities::read(&found, is_open, sink);

    let before = sink.errors();
    let files = files(&request.units, model, "units.yaml", is_json, reader, sink);
    let mut units = Units::default();
    for (input, root) in &files {
        units.files.push(input.to_string());
        for unit in file::units(root, &mut quantities, rules, sink) {
            add(&mut units, unit, sink);
        }
    }
    let is_old = files.is_empty() && rules.take(OldWay::NoUnitFile);
    units.is_open = sink.errors() > before || (is_json && files.is_empty()) || is_old;
    index_labels(&mut units, rules, sink);
    units
}

/// The units of a model without a unit file are taken as they are: from an export without
/// a word, from an old model with one.
pub(super) fn warn_of_none(units: &Units, catalog: &Catalog, rules: &Rules, sink: &mut Sink) {
    let Some(first) = catalog.units.keys().next() else { return };
    if units.has_files() || !rules.take(OldWay::NoUnitFile) {
        return;
    }
    let message = format!("nobody defines the units of the model, as '{first}'");
    let report = Report::new(Code::UnknownUnit, message).help(units.sources());
    sink.push(rules.judge(OldWay::NoUnitFile, report));
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

fn index_labels(units: &mut Units, rules: &Rules, sink: &mut Sink) {
    let mut labels: HashMap<&str, &Unit> = HashMap::new();
    for unit in &units.list {
        let Some(label) = unit.meaning.label.as_deref() else { continue };
        if let Some(other) = labels.insert(label, unit) {
            let message = format!("'{}' and '{}' share the name '{label}'", other.key, unit.key);
            let report = Report::new(Code::DuplicateLabel, message)
                .at(unit.span)
                .label(other.span, "the first");
            sink.push(rules.judge(OldWay::DuplicateLabel, report));
        }
    }
    // Of a key and a label that are the same, that of the later unit counts.
    units.index.clear();
    for (at, unit) in units.list.iter().enumerate() {
        match (unit.found_label(), &unit.meaning.label) {
            (Some(label), _) => {
                units.index.insert(label.to_owned(), at);
            }
            (None, Some(label)) => {
                units.lost.entry(label.clone()).or_insert(at);
            }
            (None, None) => {}
        }
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
