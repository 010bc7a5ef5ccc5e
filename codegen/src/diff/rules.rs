//! What a change of an attribute means for an app.
//!
//! An app reads every signal and sets actuators; its source names paths, types and
//! allowed values. A change breaks when such an app no longer compiles, is refused, or
//! takes a value for what it is not.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::{AttributeChange, Step};
use crate::model::{Literal, Node};

pub(super) const TABLE: &str = "\
Breaking, a major step:
  a signal, branch or property is removed or renamed; a struct gets another property
  type           all but sensor to actuator and sensor to attribute
  datatype, arraysize, instances, constUID
  unit           changed or removed
  min, max       narrowed where apps make the value (actuators, properties): what was taken
                 is refused
  pattern        set or changed, there too
  allowed, enum  a value removed, or added to a signal that apps only read; the list set or
                 removed; another number for a key
New, a minor step: additions, an actuator that was a sensor, a unit where there was none,
other bounds or another pattern of a signal that apps only read, wider bounds, a further
value for an actuator, a pattern removed, a deprecation.
All the rest is a patch: texts, fka, default, attributes that the language does not know.
";

/// What apps do with a node.
#[derive(Clone, Copy)]
struct Access {
    /// They made its values before the change, so they notice what is refused.
    was_written: bool,
    /// They set it.
    is_actuator: bool,
}

impl Access {
    fn of(old: &Node, new: &Node) -> Access {
        Access {
            was_written: matches!(old.type_name(), "actuator" | "property"),
            is_actuator: new.type_name() == "actuator",
        }
    }
}

/// Every attribute that differs between two nodes.
pub(super) fn changes(old: &Node, new: &Node) -> Vec<AttributeChange> {
    if is_same_leaf(old, new) {
        return Vec::new();
    }
    let (mut before, mut after) = (by_name(old), by_name(new));
    if old.leaf().is_some() != new.leaf().is_some() {
        // What a signal has, a branch has not; the type says it all.
        before.retain(|name, _| *name == "type");
        after.retain(|name, _| *name == "type");
    }
    let gone = before.keys().filter(|name| !after.contains_key(**name));
    let access = Access::of(old, new);
    let change = |name: &&str| {
        let (old, new) = (before.get(name), after.get(name));
        (old != new).then(|| change(name, old, new, access))
    };
    after.keys().chain(gone).filter_map(change).collect()
}

fn by_name(node: &Node) -> IndexMap<&str, Literal> {
    node.attributes().into_iter().collect()
}

/// Nothing to compare one by one, as for most nodes.
fn is_same_leaf(old: &Node, new: &Node) -> bool {
    old.leaf().is_some()
        && old.leaf() == new.leaf()
        && old.description == new.description
        && old.comment == new.comment
        && old.deprecation == new.deprecation
        && old.const_uid == new.const_uid
        && old.fka == new.fka
        && old.extra == new.extra
}

fn change(
    name: &str,
    old: Option<&Literal>,
    new: Option<&Literal>,
    access: Access,
) -> AttributeChange {
    let (step, reason) = judge(name, old, new, access);
    AttributeChange {
        name: name.to_owned(),
        old: old.cloned(),
        new: new.cloned(),
        breaking: step == Step::Major,
        step,
        reason,
    }
}

fn judge(
    name: &str,
    old: Option<&Literal>,
    new: Option<&Literal>,
    access: Access,
) -> (Step, Option<String>) {
    let plain = |step| (step, None);
    match (name, old, new) {
        ("type", Some(old), Some(new)) => kind(old, new),
        ("datatype" | "arraysize" | "instances" | "constUID", ..) => plain(Step::Major),
        ("unit" | "deprecation", None, _) => plain(Step::Minor),
        ("unit", Some(old), Some(new)) => unit(old, new),
        ("unit", ..) => plain(Step::Major),
        ("min", ..) => bound(old, new, access, |old, new| new > old),
        ("max", ..) => bound(old, new, access, |old, new| new < old),
        ("pattern", _, Some(_)) if access.was_written => plain(Step::Major),
        ("pattern", ..) => plain(Step::Minor),
        ("allowed", Some(Literal::List(old)), Some(Literal::List(new))) => {
            let text = |items: &[Literal]| items.iter().map(Literal::to_string).collect();
            choices(text(old), text(new), access.is_actuator)
        }
        ("enum", Some(Literal::Map(old)), Some(Literal::Map(new))) => {
            let text = |keys: &IndexMap<String, Literal>| {
                keys.iter().map(|(key, number)| format!("{key} = {number}")).collect()
            };
            choices(text(old), text(new), access.is_actuator)
        }
        ("allowed" | "enum", ..) => plain(Step::Major),
        _ => plain(Step::Patch),
    }
}

fn kind(old: &Literal, new: &Literal) -> (Step, Option<String>) {
    let (step, reason) = match (old.as_str(), new.as_str()) {
        (Some("sensor"), Some("actuator")) => (Step::Minor, None),
        (Some("sensor"), Some("attribute")) => (Step::Minor, None),
        (Some("actuator"), Some("sensor" | "attribute")) => {
            (Step::Major, Some("it can no longer be set"))
        }
        (Some("attribute"), Some("sensor" | "actuator")) => {
            (Step::Major, Some("it may change while an app runs"))
        }
        _ => (Step::Major, None),
    };
    (step, reason.map(str::to_owned))
}

/// The language reads units in any case. Symbols of few letters are taken for different
/// ones all the same: mW is no MW.
fn unit(old: &Literal, new: &Literal) -> (Step, Option<String>) {
    let folded = |unit: &Literal| unit.to_string().to_lowercase();
    if folded(old).len() > 3 && folded(old) == folded(new) {
        return (Step::Patch, Some("the same unit".to_owned()));
    }
    (Step::Major, None)
}

fn bound(
    old: Option<&Literal>,
    new: Option<&Literal>,
    access: Access,
    is_narrower: impl Fn(f64, f64) -> bool,
) -> (Step, Option<String>) {
    let (step, reason) = match (old.and_then(Literal::as_f64), new.and_then(Literal::as_f64)) {
        (Some(old), Some(new)) if old == new => (Step::Patch, "the same number"),
        (Some(old), Some(new)) if !is_narrower(old, new) => (Step::Minor, "wider"),
        (Some(_), None) => (Step::Minor, "wider"),
        _ if access.was_written => (Step::Major, "narrower"),
        _ => (Step::Minor, "narrower"),
    };
    (step, Some(reason.to_owned()))
}

/// Two lists of values, as text.
fn choices(old: Vec<String>, new: Vec<String>, is_actuator: bool) -> (Step, Option<String>) {
    let (before, after): (HashSet<&String>, HashSet<&String>) =
        (old.iter().collect(), new.iter().collect());
    let removed: Vec<&str> =
        old.iter().filter(|v| !after.contains(v)).map(String::as_str).collect();
    let added: Vec<&str> = new.iter().filter(|v| !before.contains(v)).map(String::as_str).collect();
    let parts = [("removed", &removed), ("added", &added)];
    let parts = parts.iter().filter(|(_, values)| !values.is_empty());
    let parts: Vec<String> =
        parts.map(|(what, values)| format!("{what} {}", values.join(", "))).collect();
    if parts.is_empty() {
        return (Step::Patch, Some("another order".to_owned()));
    }
    let is_compatible = removed.is_empty() && is_actuator;
    (if is_compatible { Step::Minor } else { Step::Major }, Some(parts.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTUATOR: Access = Access { was_written: true, is_actuator: true };

    fn literal(json: &str) -> Option<Literal> {
        Some(json).filter(|json| *json != "-").map(|json| serde_json::from_str(json).unwrap())
    }

    #[test]
    fn every_row_of_the_table_holds() {
        use Step::{Major, Minor, Patch};
        for (name, old, new, is_actuator, expected) in [
            ("type", "\"sensor\"", "\"actuator\"", true, Minor),
            ("type", "\"actuator\"", "\"sensor\"", false, Major),
            ("type", "\"attribute\"", "\"sensor\"", false, Major),
            ("type", "\"sensor\"", "\"attribute\"", false, Minor),
            ("type", "\"branch\"", "\"sensor\"", false, Major),
            ("datatype", "\"uint8\"", "\"uint16\"", false, Major),
            ("arraysize", "2", "-", false, Major),
            ("constUID", "\"0x1\"", "\"0x2\"", false, Major),
            ("unit", "\"km\"", "\"m\"", false, Major),
            ("unit", "\"km\"", "-", false, Major),
            ("unit", "\"mW\"", "\"MW\"", false, Major),
            ("unit", "\"celsius\"", "\"Celsius\"", false, Patch),
            ("unit", "-", "\"m\"", false, Minor),
            ("min", "0", "1", true, Major),
            ("min", "0", "1", false, Minor),
            ("min", "-", "1", true, Major),
            ("min", "0", "-1", false, Minor),
            ("min", "0", "0.0", false, Patch),
            ("max", "10", "9.5", true, Major),
            ("max", "-", "9.5", false, Minor),
            ("max", "10", "11", false, Minor),
            ("max", "10", "-", false, Minor),
            ("pattern", "-", "\"a\"", true, Major),
            ("pattern", "-", "\"a\"", false, Minor),
            ("pattern", "\"a\"", "-", false, Minor),
            ("allowed", "[1, 2]", "[1]", true, Major),
            ("allowed", "[1]", "[1, 2]", true, Minor),
            ("allowed", "[1]", "[1, 2]", false, Major),
            ("allowed", "[1, 2]", "[2, 1]", false, Patch),
            ("allowed", "-", "[1]", true, Major),
            ("allowed", "[1]", "-", true, Major),
            ("enum", "{\"A\": 1}", "{\"A\": 2}", true, Major),
            ("enum", "{\"A\": 1}", "{\"A\": 1, \"B\": 2}", true, Minor),
            ("deprecation", "-", "\"v6\"", false, Minor),
            ("deprecation", "\"v5\"", "\"v6\"", false, Patch),
            ("default", "1", "2", false, Patch),
            ("description", "\"a\"", "\"b\"", false, Patch),
            ("x-mine", "-", "true", false, Patch),
        ] {
            let (old, new) = (literal(old), literal(new));
            let access = Access { was_written: is_actuator, is_actuator };
            let (step, _) = judge(name, old.as_ref(), new.as_ref(), access);
            assert_eq!(step, expected, "{name}: {old:?} -> {new:?}");
        }
    }

    #[test]
    fn values_that_came_and_went_are_named() {
        let list = |json| literal(json);
        let (old, new) = (list("[\"A\", \"B\"]"), list("[\"B\", \"C\"]"));
        let (_, reason) = judge("allowed", old.as_ref(), new.as_ref(), ACTUATOR);
        assert_eq!(reason.as_deref(), Some("removed A; added C"));
    }
}
