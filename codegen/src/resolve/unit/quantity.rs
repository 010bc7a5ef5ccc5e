//! Quantity files, and which quantity a unit is of.

use indexmap::IndexSet;

use super::file::{entries, field, name_of, text_of};
use crate::{
    diagnostic::{Code, Report, Sink},
    resolve::release::{OldWay, Rules},
    source::Input,
    syntax::Raw,
};

/// The quantities that units may be of.
#[derive(Debug)]
pub(super) struct Quantities {
    /// In lower case.
    names: IndexSet<String>,
    has_files: bool,
    /// Whether any will do: a file could not be read, or there is none at all, which was
    /// said once and need not be said for every unit.
    is_open: bool,
}

impl Quantities {
    pub(super) fn read(files: &[(Input, Raw)], is_open: bool, sink: &mut Sink) -> Quantities {
        let mut names = IndexSet::new();
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
                names.insert(name.to_lowercase());
            }
        }
        Quantities { names, has_files: !files.is_empty(), is_open }
    }

    /// Checks the quantity of a unit, which `raw` names.
    pub(super) fn check(&mut self, unit: &str, raw: &Raw, rules: &Rules, sink: &mut Sink) {
        let Some(quantity) = raw.as_str() else { return };
        // The names of quantities are kept in lower case, and those that units give are not.
        if self.is_open || self.names.contains(quantity) {
            return;
        }
        if self.names.is_empty() {
            self.is_open = true;
            sink.push(rules.judge(OldWay::NoQuantities, self.none(quantity, raw)));
            return;
        }
        let message = format!("the unit '{unit}' is of an unknown quantity '{quantity}'");
        let report = Report::new(Code::UnknownQuantity, message).at(raw.span);
        let near = sink.nearest(quantity, self.names.iter().map(String::as_str));
        let report = report.did_you_mean(near);
        // A slip is no old way, though what took the one took the other.
        sink.push(match near.is_some() && !rules.take(OldWay::NoQuantities) {
            true => report,
            false => rules.judge(OldWay::NoQuantities, report),
        });
    }

    fn none(&self, quantity: &str, raw: &Raw) -> Report {
        let message =
            format!("nobody defines the quantity '{quantity}' or any other that units are of");
        let report = Report::new(Code::UnknownQuantity, message).at(raw.span);
        match self.has_files {
            true => report,
            false => report.help(
                "there is no quantity file: put quantities.yaml beside the model, or name one with --quantities",
            ),
        }
    }
}
