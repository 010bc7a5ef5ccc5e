//! Units that no signal uses.
//!
//! Most unit files are libraries: a released catalogue uses half of its units. A file of
//! which more than a third is unused is taken for one, and none of its units is missed.

use indexmap::IndexMap;

use crate::{
    diagnostic::{Code, Report, Sink},
    model::Catalog,
    resolve::unit::{Unit, Units},
    source::SourceId,
};

/// How many are named.
const NAMED: usize = 5;

pub(in crate::resolve) fn check(units: &Units, catalog: &Catalog, sink: &mut Sink) {
    let mut files: IndexMap<SourceId, Vec<&Unit>> = IndexMap::new();
    for unit in units.iter() {
        files.entry(unit.span.source).or_default().push(unit);
    }
    for file in files.values() {
        let is_unused = |unit: &&&Unit| !catalog.units.contains_key(&unit.key);
        let unused: Vec<&Unit> = file.iter().filter(is_unused).copied().collect();
        if let Some(first) = unused.first()
            && unused.len() * 3 <= file.len()
        {
            let report = Report::new(Code::UnusedUnit, message(&unused)).at(first.span);
            sink.push(report);
        }
    }
}

fn message(unused: &[&Unit]) -> String {
    let names: Vec<String> =
        unused.iter().take(NAMED).map(|unit| format!("'{}'", unit.key)).collect();
    let names = names.join(", ");
    match unused.len() {
        1 => format!("the unit {names} is used by no signal"),
        few if few <= NAMED => format!("{few} units are used by no signal: {names}"),
        many => format!("{many} units are used by no signal: {names} and others"),
    }
}
