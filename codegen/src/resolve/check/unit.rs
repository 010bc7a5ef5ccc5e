//! `unit`.

use super::{super::release::OldWay, Context, common, elsewhere::held_against};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{DataType, Element},
    syntax::{Attributes, Name},
};

/// The canonical key of the unit. Without a datatype only its name is checked.
pub(super) fn read(
    attributes: &Attributes,
    datatype: Option<&DataType>,
    context: &Context<'_>,
    sink: &mut Sink,
) -> Option<String> {
    let Context { units, rules, .. } = context;
    let raw = attributes.value(&Name::Unit)?;
    let text = common::text(attributes, &Name::Unit, sink)?;
    if let Some(Element::Struct(name)) = datatype.map(|datatype| &datatype.element) {
        let message = format!("a unit does not go with the struct '{name}'");
        sink.push(Report::new(Code::Conflict, message).at(raw.span));
        return None;
    }
    let Some(unit) = units.find(&text) else {
        if units.are_open() {
            return Some(text);
        }
        let report = Report::new(Code::UnknownUnit, format!("unknown unit '{text}'")).at(raw.span);
        let report = match sink.nearest(&text, units.names()) {
            _ if let Some(unit) = units.by_lost_label(&text) => {
                report.help(format!("a name with capitals is not found: write '{}'", unit.key))
            }
            Some(near) => report.did_you_mean(Some(near)),
            None => report.help(units.sources()),
        };
        sink.push(match units.has_files() {
            true => report,
            false => rules.judge(OldWay::NoUnitFile, report),
        });
        return None;
    };
    if let Some(datatype) = datatype
        && !unit.allows(&datatype.element)
    {
        let message = format!("the unit '{}' does not go with '{datatype}'", unit.key);
        let report = Report::new(Code::UnitDatatype, message).at(raw.span);
        let report = match unit.datatypes_span {
            Some(span) => report.label(span, "the datatypes that it goes with"),
            None => {
                let report = report
                    .label(unit.span, "defined here")
                    .help("give the unit 'allowed-datatypes', for instance [numeric]");
                rules.judge(OldWay::AnyDatatype, report)
            }
        };
        sink.push(held_against(report, attributes, &[Name::Datatype]));
    }
    Some(unit.key.to_string())
}
