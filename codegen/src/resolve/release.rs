//! What older releases of the language took, though today's rules refuse it.
//!
//! `--vss-version 5.1` names the release whose ways become warnings; without the option none
//! does. `auto` goes by what the files show. A catalogue names its release in the defaults
//! of `VersionVSS.Major` and `VersionVSS.Minor` below its root and is held to that one, so
//! that a new catalogue has today's rules and an old one its own. In a model that names
//! none, an old way is itself the sign of its release: all of them are taken.
//!
//! Each [`OldWay`] has the last release that took it here, and no other file knows a
//! number of a release. A check that finds one asks [`Rules::judge`], and where the way is
//! taken reads on as that release did.
//! Must not know: how an old way is found, or what it means.

use std::fmt;

use super::{check::kind_name, flat::Flat, scalars};
use crate::{
    VssVersion,
    diagnostic::{Code, Report, Severity, Sink},
    syntax::{Attribute, Attributes, Name, Raw, RawValue},
};

/// Something that is harmless, and was no error once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OldWay {
    /// `type: Actuator`.
    CapitalType,
    /// A model without a unit file: the tools brought units of their own.
    NoUnitFile,
    /// Units with `label`, `description` and `domain`, in one map `units`.
    UnitLayout,
    /// Units of quantities that no file defines.
    NoQuantities,
    /// A unit that does not say which datatypes it goes with, and so goes with each.
    AnyDatatype,
    /// `max: 0.0` for an integer. The bounds were not compared with the datatype at all.
    FractionalBound,
    /// Two units with the same label.
    DuplicateLabel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Release {
    major: u32,
    minor: u32,
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl OldWay {
    /// The last release that took it.
    fn last(self) -> Release {
        let (major, minor) = match self {
            OldWay::CapitalType | OldWay::NoUnitFile => (3, 1),
            OldWay::UnitLayout | OldWay::NoQuantities | OldWay::AnyDatatype => (4, 2),
            OldWay::FractionalBound => (5, 1),
            OldWay::DuplicateLabel => (6, 0),
        };
        Release { major, minor }
    }
}

/// The rules that a model is held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    wanted: VssVersion,
    /// The release that the model names.
    named: Option<Release>,
}

impl Rules {
    pub(super) fn new(wanted: VssVersion, flat: &Flat) -> Rules {
        Rules { wanted, named: named_release(flat) }
    }

    pub(super) fn take(&self, way: OldWay) -> bool {
        match self.wanted {
            VssVersion::Today => false,
            VssVersion::Auto => self.would_auto_take(way),
            VssVersion::Release { major, minor } => Release { major, minor } <= way.last(),
        }
    }

    fn would_auto_take(&self, way: OldWay) -> bool {
        self.named.is_none_or(|named| named <= way.last())
    }

    /// The report of an old way: a warning where it is taken; otherwise it says how it
    /// would be.
    pub(super) fn judge(&self, way: OldWay, report: Report) -> Report {
        let last = way.last();
        if self.take(way) {
            let report = report.graded(Severity::Warning);
            return report.and_help(format!("release {last} and older took this"));
        }
        let option = match self.would_auto_take(way) {
            true => format!("auto (or {last})"),
            false => last.to_string(),
        };
        report.and_help(format!(
            "release {last} and older took this: --vss-version {option} makes it a warning"
        ))
    }
}

fn named_release(flat: &Flat) -> Option<Release> {
    let root = flat.nodes.keys().find(|key| !key.contains('.'))?;
    let part = |name: &str| {
        let node = flat.nodes.get(&*format!("{root}.VersionVSS.{name}"))?;
        let number = scalars::integer(node.attributes.value(&Name::Default)?)?;
        u32::try_from(number).ok()
    };
    Some(Release { major: part("Major")?, minor: part("Minor").unwrap_or(0) })
}

/// Writes the types of old nodes as they are written today, where that is taken. The passes
/// that follow look at types in many places, and need not know.
pub(super) fn modernise_types(flat: &mut Flat, rules: &Rules, sink: &mut Sink) {
    if !rules.take(OldWay::CapitalType) {
        return;
    }
    for node in flat.nodes.values_mut() {
        let Some((name, modern)) = modern_type(&node.attributes) else { continue };
        let old = &name.value;
        let message = format!("the type '{}' is read as '{modern}'", old.literal());
        let report = Report::new(Code::UnknownType, message).at(old.span);
        sink.push(rules.judge(OldWay::CapitalType, report));
        let value = Raw { span: old.span, value: RawValue::String(modern.into()) };
        let modern = Attribute { name: Name::Type, key: name.key, value };
        std::rc::Rc::make_mut(&mut node.attributes).set(modern);
    }
}

/// The type of a node that has it in capitals, and how it is written today.
fn modern_type(attributes: &Attributes) -> Option<(Attribute, &'static str)> {
    let attribute = attributes.get(&Name::Type)?;
    let text = attribute.value.as_str()?;
    let modern = kind_name(text).filter(|modern| *modern != text)?;
    Some((attribute.clone(), modern))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Diagnostic, Request, compile, model::Catalog, resolve::tests::files, source::Input,
    };

    const UNITS: &str = "km: {definition: d, unit: kilometer, quantity: length}\n";

    /// What a model with these files beside it gives: whether it compiles, and each report
    /// as its severity and code.
    fn judged<const N: usize>(
        version: VssVersion,
        model: &str,
        beside: [(&str, &str); N],
    ) -> (bool, Vec<String>) {
        let mut all = vec![("a.vspec", format!("A: {{type: branch}}\n{model}"))];
        all.extend(beside.map(|(name, text)| (name, text.to_owned())));
        let request = Request {
            model: Some(Input::parse("a.vspec")),
            vss_version: version,
            ..Request::default()
        };
        let (catalog, diagnostics): (Option<Catalog>, Vec<Diagnostic>) =
            compile(&request, &files(all));
        let said = |d: &Diagnostic| format!("{} {}", d.severity.name(), d.code);
        (catalog.is_some(), diagnostics.iter().map(said).collect())
    }

    fn release(major: u32, minor: u32) -> VssVersion {
        VssVersion::Release { major, minor }
    }

    fn warned(code: &str) -> (bool, Vec<String>) {
        (true, vec![format!("warning {code}")])
    }

    fn refused(code: &str) -> (bool, Vec<String>) {
        (false, vec![format!("error {code}")])
    }

    #[test]
    fn a_way_is_taken_up_to_its_last_release() {
        let model = "A.B: {type: sensor, datatype: int16, max: 0.0}\n";
        assert_eq!(judged(VssVersion::Today, model, []), refused("VSS042"));
        assert_eq!(judged(release(6, 0), model, []), refused("VSS042"));
        assert_eq!(judged(release(5, 1), model, []), warned("VSS042"));
        assert_eq!(judged(release(3, 1), model, []), warned("VSS042"));
        assert_eq!(judged(VssVersion::Auto, model, []), warned("VSS042"));
    }

    #[test]
    fn auto_holds_a_model_to_the_release_that_it_names() {
        let model = |major: u32| {
            format!(
                "A.VersionVSS.Major: {{type: attribute, datatype: uint32, default: {major}}}\n\
                 A.B: {{type: sensor, datatype: int16, max: 0.0}}\n"
            )
        };
        assert_eq!(judged(VssVersion::Auto, &model(5), []), warned("VSS042"));
        assert_eq!(judged(VssVersion::Auto, &model(6), []), refused("VSS042"));
        assert_eq!(judged(release(5, 0), &model(6), []), warned("VSS042"));
    }

    #[test]
    fn without_a_unit_file_an_old_model_has_any_unit() {
        let model = "A.B: {type: sensor, datatype: int16, unit: km}\n\
                     A.C: {type: sensor, datatype: int16, unit: miles}\n";
        assert_eq!(judged(release(3, 1), model, []), warned("VSS050"));
        let (compiles, said) = judged(release(4, 0), model, []);
        assert!(!compiles && said == ["error VSS050", "error VSS050"], "{said:?}");
    }

    #[test]
    fn without_a_quantity_file_old_units_are_of_any_quantity() {
        let model = "A.B: {type: sensor, datatype: int16}\n";
        let units = [(
            "units.yaml",
            "km: {definition: d, unit: k, quantity: q, allowed-datatypes: [numeric]}\nm: {definition: d, unit: m, quantity: r, allowed-datatypes: [numeric]}\n",
        )];
        assert_eq!(judged(release(4, 2), model, units), warned("VSS053"));
        assert_eq!(judged(release(5, 0), model, units), refused("VSS053"));
    }

    #[test]
    fn an_old_unit_without_datatypes_goes_with_each() {
        let model = "A.B: {type: sensor, datatype: string, unit: km}\n";
        let beside = [("units.yaml", UNITS), ("quantities.yaml", "length: {definition: d}\n")];
        assert_eq!(judged(release(4, 2), model, beside), warned("VSS051"));
        assert_eq!(judged(release(5, 0), model, beside), refused("VSS051"));
    }
}
