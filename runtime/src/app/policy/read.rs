//! From the text of a policy file to a [`Policy`], noting every problem on the way.

use std::collections::BTreeMap;

use vss_codegen::model::Access;

use super::{ConflictRule, GrantMode, Policy, Resolution, access_name};
use crate::app::{
    AppId, ManifestProblem, SignalRequest,
    document::{self, Data, Fields, Node, Reader, place},
    limits,
    manifest::signal_path,
};

const FIELDS: &[&str] = &["grants", "apps", "conflicts"];
const APP_FIELDS: &[&str] = &["read", "write", "provide"];
const CONFLICT_FIELDS: &[&str] = &["signals", "rule", "apps", "for"];
const RULES: &[&str] = &["first", "priority", "lease", "last"];

pub(super) fn policy(file: &str, text: &str) -> Result<Policy, Vec<ManifestProblem>> {
    let document = document::read(file, text).map_err(|problem| vec![problem])?;
    let mut reader = Reader::new(file, text, &[]);
    let policy = reader.fields(&document, "", FIELDS).map(|fields| Policy {
        grants: mode(&mut reader, &fields),
        apps: apps(&mut reader, &fields),
        conflicts: conflicts(&mut reader, &fields),
    });
    reader.finish(policy)
}

fn mode(reader: &mut Reader<'_>, fields: &Fields<'_>) -> GrantMode {
    let Some(node) = fields.get("grants") else { return GrantMode::default() };
    let Some(word) = reader.string(node, "grants") else { return GrantMode::default() };
    let found = GrantMode::ALL.into_iter().find(|mode| mode.name() == word);
    found.unwrap_or_else(|| {
        let message = format!("'{word}' is none of declared, ask, explicit");
        reader.complain(node.referenced, "grants", message);
        GrantMode::default()
    })
}

fn apps(reader: &mut Reader<'_>, fields: &Fields<'_>) -> BTreeMap<AppId, Vec<SignalRequest>> {
    let mut apps = BTreeMap::new();
    let Some(node) = fields.get("apps") else { return apps };
    let Data::Map(entries) = &node.value else {
        let message = format!("expected a map of app ids, got {}", node.value.describe());
        reader.complain(node.referenced, "apps", message);
        return apps;
    };
    for (key, node) in entries {
        let field = format!("apps.{}", key.value);
        let id = reader.parsed(key.referenced, &field, key.value.parse::<AppId>());
        // An app with nothing below it gets nothing.
        let granted = match &node.value {
            Data::Null => Vec::new(),
            _ => granted(reader, node, &field),
        };
        if let Some(id) = id {
            apps.insert(id, granted);
        }
    }
    apps
}

fn granted(reader: &mut Reader<'_>, node: &Node, field: &str) -> Vec<SignalRequest> {
    let Some(fields) = reader.fields(node, field, APP_FIELDS) else { return Vec::new() };
    let mut granted = Vec::new();
    for access in [Access::Read, Access::Write, Access::Provide] {
        for (path, at) in patterns(reader, &fields, access_name(access)) {
            granted.push(SignalRequest { path, access: vec![access], at });
        }
    }
    granted
}

fn conflicts(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<ConflictRule> {
    let nodes = reader.items(fields, "conflicts").iter().enumerate();
    nodes.filter_map(|(index, node)| conflict(reader, index, node)).collect()
}

fn conflict(reader: &mut Reader<'_>, index: usize, node: &Node) -> Option<ConflictRule> {
    let fields = reader.fields(node, &format!("conflicts[{index}]"), CONFLICT_FIELDS)?;
    if fields.get("signals").is_none() {
        let message = "is missing: give a signal's path or a pattern, or a list of them";
        reader.complain(node.referenced, &fields.path("signals"), message);
    }
    let signals = patterns(reader, &fields, "signals").into_iter().map(|(path, _)| path).collect();
    let (word, at) = reader.required(&fields, "rule", &format!("one of {}", RULES.join(", ")))?;
    for (name, rule) in [("apps", "priority"), ("for", "lease")] {
        match fields.get(name) {
            Some(node) if word != rule => {
                let message = format!("is for the rule '{rule}' only, not for '{word}'");
                reader.complain(node.referenced, &fields.path(name), message);
            }
            None if word == rule => {
                let what = match name {
                    "apps" => "a list of app ids, the highest first",
                    _ => "how long a writer keeps a signal, like 5s",
                };
                let message = format!("is missing: give {what}");
                reader.complain(node.referenced, &fields.path(name), message);
            }
            _ => {}
        }
    }
    let resolution = match word.as_str() {
        "first" => Resolution::First,
        "last" => Resolution::Last,
        "priority" => {
            let field = fields.path("apps");
            let mut apps = Vec::new();
            for node in reader.items(&fields, "apps") {
                let Some(id) = reader.string(node, &field) else { continue };
                apps.extend(reader.parsed(node.referenced, &field, id.parse::<AppId>()));
            }
            Resolution::Priority(apps)
        }
        "lease" => {
            let node = fields.get("for")?;
            let field = fields.path("for");
            let text = reader.string(node, &field)?;
            let time = reader.parsed(node.referenced, &field, limits::parse_duration(&text))?;
            if time.is_zero() {
                let message = "must be longer than nothing, like 5s";
                reader.complain(node.referenced, &field, message);
            }
            Resolution::Lease(time)
        }
        other => {
            let message = format!("'{other}' is none of {}", RULES.join(", "));
            reader.complain(at, &fields.path("rule"), message);
            return None;
        }
    };
    Some(ConflictRule { signals, resolution })
}

/// A wildcard is a whole name: `Vehicle.Cab*` is none.
fn pattern(text: String) -> Result<String, String> {
    let text = signal_path(text)?;
    match text.split('.').find(|name| name.contains('*') && !matches!(*name, "*" | "**")) {
        Some(name) => Err(format!("'{name}' in '{text}' is neither a name, '*' nor '**'")),
        None => Ok(text),
    }
}

/// One pattern or a list of them, each with its place.
fn patterns(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
) -> Vec<(String, Option<(u64, u64)>)> {
    let field = fields.path(name);
    let nodes = match fields.get(name) {
        None => return Vec::new(),
        Some(Node { value: Data::List(items), .. }) => items.as_slice(),
        Some(node) => std::slice::from_ref(node),
    };
    let mut patterns = Vec::new();
    for node in nodes {
        let Some(text) = reader.string(node, &field) else { continue };
        let pattern = reader.parsed(node.referenced, &field, pattern(text));
        patterns.extend(pattern.map(|pattern| (pattern, place(node))));
    }
    patterns
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const FULL: &str = "\
grants: ask
apps:
  lights:
    read: Vehicle.Speed
    write: [Vehicle.Body.Lights.**, Vehicle.Cabin.*]
  mute:
conflicts:
  - signals: Vehicle.Body.Lights.**
    rule: priority
    apps: [emergency, lights]
  - { signals: [Vehicle.Cabin.**], rule: lease, for: 5s }
  - { signals: Vehicle.Speed, rule: last }
  - { signals: '**', rule: first }
";

    #[test]
    fn every_field_is_read() {
        let policy = policy("policy.yaml", FULL).unwrap();
        assert_eq!(policy.grants, GrantMode::Ask);
        let lights = &policy.apps[&"lights".parse().unwrap()];
        let lights: Vec<_> = lights.iter().map(|g| (g.path.as_str(), g.access[0])).collect();
        assert_eq!(
            lights,
            [
                ("Vehicle.Speed", Access::Read),
                ("Vehicle.Body.Lights.**", Access::Write),
                ("Vehicle.Cabin.*", Access::Write)
            ]
        );
        assert!(policy.apps[&"mute".parse().unwrap()].is_empty());
        let rules: Vec<_> = policy.conflicts.iter().map(|c| c.resolution.clone()).collect();
        assert_eq!(
            rules[1..],
            [Resolution::Lease(Duration::from_secs(5)), Resolution::Last, Resolution::First]
        );
        assert_eq!(rules[0].to_string(), "priority (emergency before lights)");
    }

    #[test]
    fn an_empty_policy_is_todays() {
        assert_eq!(policy("f", "{}").unwrap(), Policy::default());
    }

    #[test]
    fn all_problems_come_at_once_with_their_lines() {
        let text = "\
grant: ask
grants: always
apps:
  a/b: { read: Vehicle.Speed }
  lights:
    writes: Vehicle.Speed
    read: [Vehicle..Speed]
conflicts:
  - signals: Vehicle.Speed
    rule: lease
    apps: [x]
  - rule: best
  - { signals: A, rule: priority, apps: [-x] }
  - { signals: Vehicle.Cab*, rule: last }
";
        let problems = policy("policy.yaml", text).unwrap_err();
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
