//! What became of the nodes of an older file of ids.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use super::ATTRIBUTE;
use crate::{
    model::{Leaf, Literal, Node},
    target::static_id::{Case, StaticId},
};

/// One difference between then and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The same name means something else. Who goes by the id loses the signal.
    Id {
        path: String,
        was: StaticId,
        is: StaticId,
        reasons: Vec<String>,
    },
    Gone {
        path: String,
        id: StaticId,
    },
    /// The same signal by another name; its id stays.
    Renamed {
        was: String,
        is: String,
    },
    New {
        path: String,
    },
    Description {
        path: String,
    },
    Deprecation {
        path: String,
    },
}

/// A node of the older file without an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' has no {ATTRIBUTE}")]
pub struct NoId(String);

impl Change {
    /// Whether someone who knows the older ids loses a signal.
    pub fn is_breaking(&self) -> bool {
        matches!(self, Change::Id { .. } | Change::Gone { .. })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Id { path, was, is, reasons } => {
                write!(f, "'{path}' has another static id, {is} instead of {was}")?;
                if !reasons.is_empty() {
                    write!(f, ": {}", reasons.join(", "))?;
                }
                Ok(())
            }
            Change::Gone { path, id } => write!(f, "'{path}' ({id}) is gone"),
            Change::Renamed { was, is } => write!(f, "'{was}' is now '{is}'; its id stays"),
            Change::New { path } => write!(f, "'{path}' is new"),
            Change::Description { path } => write!(f, "'{path}' has another description"),
            Change::Deprecation { path } => write!(f, "'{path}' has another deprecation"),
        }
    }
}

/// Compares ids with the model that an older file of ids is. Nodes are the same where their
/// ids are, or where an earlier name (`fka`) gives the older id.
pub fn compare(ids: &[(&Node, StaticId)], older: &Node, case: Case) -> Result<Vec<Change>, NoId> {
    let mut by_id = HashMap::new();
    let mut by_path = HashMap::new();
    for node in older.descend() {
        let id = id_in(node).ok_or_else(|| NoId(node.path.clone()))?;
        by_id.insert(id, node);
        by_path.insert(node.path.as_str(), (node, id));
    }
    let mut changes = Vec::new();
    let mut found = HashSet::new();
    for (node, id) in ids {
        let earlier = || node.fka.iter().map(|name| StaticId::of_name(name, node, case));
        let same = by_id.get(id).or_else(|| earlier().find_map(|id| by_id.get(&id)));
        if let Some(old) = same {
            found.insert(old.path.as_str());
            changes.extend(details(node, old));
        } else if let Some((old, was)) = by_path.get(node.path.as_str()) {
            found.insert(old.path.as_str());
            let (path, reasons) = (node.path.clone(), reasons(node, old));
            changes.push(Change::Id { path, was: *was, is: *id, reasons });
        } else {
            changes.push(Change::New { path: node.path.clone() });
        }
    }
    for node in older.descend().filter(|node| !found.contains(node.path.as_str())) {
        let (path, id) = (node.path.clone(), by_path[node.path.as_str()].1);
        changes.push(Change::Gone { path, id });
    }
    Ok(changes)
}

fn id_in(node: &Node) -> Option<StaticId> {
    let digits = node.extra.get(ATTRIBUTE)?.as_str()?.strip_prefix("0x")?;
    u32::from_str_radix(digits, 16).ok().map(StaticId)
}

/// What may change without a new id.
fn details(node: &Node, old: &Node) -> Vec<Change> {
    let mut changes = Vec::new();
    let path = || node.path.clone();
    if node.path != old.path {
        changes.push(Change::Renamed { was: old.path.clone(), is: path() });
    }
    if node.description != old.description {
        changes.push(Change::Description { path: path() });
    }
    if node.deprecation != old.deprecation {
        changes.push(Change::Deprecation { path: path() });
    }
    changes
}

/// The parts of the identity that differ.
fn reasons(node: &Node, old: &Node) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut differ = |name: &str, is: String, was: String| {
        let shown = |text: String| if text.is_empty() { "none".to_owned() } else { text };
        if is != was {
            reasons.push(format!("{name} was {} and is {}", shown(was), shown(is)));
        }
    };
    let part = |node: &Node, get: fn(&Leaf) -> Option<String>| {
        node.leaf().and_then(get).unwrap_or_default()
    };
    let mut leaf = |name: &str, get: fn(&Leaf) -> Option<String>| {
        differ(name, part(node, get), part(old, get));
    };
    leaf("datatype", |leaf| Some(leaf.datatype.to_string()));
    leaf("unit", |leaf| leaf.unit.clone());
    leaf("min", |leaf| leaf.min.as_ref().map(Literal::to_string));
    leaf("max", |leaf| leaf.max.as_ref().map(Literal::to_string));
    leaf("allowed", |leaf| {
        let is_listed = !leaf.allowed.is_empty();
        is_listed.then(|| Literal::List(leaf.allowed.clone()).to_string())
    });
    differ("type", node.type_name().to_owned(), old.type_name().to_owned());
    differ(
        "the first name",
        node.fka.first().cloned().unwrap_or_default(),
        old.fka.first().cloned().unwrap_or_default(),
    );
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{fixture, id, static_id};

    fn changes(old: &str, new: &str) -> Vec<String> {
        let (old, new) = (fixture::catalog(old), fixture::catalog(new));
        let case = Case::Insensitive;
        let text = id::to_string(&static_id::assign(&old.root, case).unwrap());
        // The root keeps an attribute of this kind only where it is named.
        let mut old = fixture::catalog(&text);
        old.root.extra.insert(ATTRIBUTE.to_owned(), Literal::String("0x35AFD7A7".to_owned()));
        let ids = static_id::assign(&new.root, case).unwrap();
        let changes = compare(&ids, &old.root, case).unwrap();
        let mark = |change: &Change| if change.is_breaking() { "! " } else { "" };
        changes.iter().map(|change| format!("{}{change}", mark(change))).collect()
    }

    #[test]
    fn what_keeps_its_id_breaks_nothing() {
        let old = r#"
Vehicle: {type: branch}
Vehicle.Speed: {type: sensor, datatype: float, unit: km/h, description: A}
Vehicle.Old: {type: sensor, datatype: uint8}
Vehicle.Older: {type: sensor, datatype: uint8}
"#;
        let new = r#"
Vehicle: {type: branch}
Vehicle.Speed: {type: sensor, datatype: float, unit: km/h, description: B, deprecation: soon}
Vehicle.New: {type: sensor, datatype: uint8, fka: [Vehicle.Old]}
Vehicle.Newest: {type: sensor, datatype: uint8, fka: [Vehicle.Between, Vehicle.Older]}
Vehicle.Added: {type: sensor, datatype: uint8}
"#;
        assert_eq!(changes(old, old), [""; 0]);
        assert_eq!(
            changes(old, new),
            [
                "'Vehicle.Speed' has another description",
                "'Vehicle.Speed' has another deprecation",
                "'Vehicle.Old' is now 'Vehicle.New'; its id stays",
                "'Vehicle.Older' is now 'Vehicle.Newest'; its id stays",
                "'Vehicle.Added' is new",
            ]
        );
    }

    #[test]
    fn another_meaning_and_a_missing_node_are_breaking() {
        let old = r#"
Vehicle: {type: branch}
Vehicle.Speed: {type: sensor, datatype: float, unit: km/h, max: 250}
Vehicle.Mode: {type: sensor, datatype: string, allowed: [A, B]}
Vehicle.Old: {type: sensor, datatype: uint8}
"#;
        let new = r#"
Vehicle: {type: branch}
Vehicle.Speed: {type: sensor, datatype: double, max: 250.0}
Vehicle.Mode: {type: actuator, datatype: string, allowed: [A, B, C]}
"#;
        assert_eq!(
            changes(old, new),
            [
                "! 'Vehicle.Speed' has another static id, 0x03211490 instead of 0x69E03250: \
                 datatype was float and is double, unit was km/h and is none, \
                 max was 250 and is 250.0",
                "! 'Vehicle.Mode' has another static id, 0xFFC84190 instead of 0xA565DC52: \
                 allowed was [A, B] and is [A, B, C], type was sensor and is actuator",
                "! 'Vehicle.Old' (0x2350ABAA) is gone",
            ]
        );
    }

    #[test]
    fn a_model_without_ids_is_no_older_file() {
        let catalog = fixture::catalog("Vehicle: {type: branch}");
        let error = compare(&[], &catalog.root, Case::Insensitive).unwrap_err();
        assert_eq!(error.to_string(), "'Vehicle' has no staticUID");
    }
}
