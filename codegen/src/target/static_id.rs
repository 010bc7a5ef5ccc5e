//! Static ids: four bytes that name a node for as long as its meaning stays the same.
//!
//! An id is the FNV-1 hash of everything that a client relies on: name, datatype, unit,
//! type, bounds, allowed values. A node that was renamed keeps its id by naming its first
//! name in `fka`; one whose meaning changed on purpose keeps it by a `constUID`.

use std::{collections::HashMap, fmt};

use super::pythonic;
use crate::model::{Leaf, Literal, Node};

/// Printed as `0x35AFD7A7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StaticId(pub u32);

/// Whether names that differ only in case have different ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Case {
    #[default]
    Insensitive,
    Sensitive,
}

/// Two nodes with the same id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{first}' and '{second}' have the same static id {id}")]
pub struct Collision {
    pub first: String,
    pub second: String,
    pub id: StaticId,
}

impl fmt::Display for StaticId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08X}", self.0)
    }
}

impl StaticId {
    /// The node's `constUID`, or else what its meaning gives.
    pub fn of(node: &Node, case: Case) -> StaticId {
        let fixed = node.const_uid.as_deref().and_then(|text| text.strip_prefix("0x"));
        match fixed.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(id) => StaticId(id),
            None => StaticId::of_name(node.fka.first().map_or(&node.path, |name| name), node, case),
        }
    }

    /// What the id would be, had the node always had this name.
    pub fn of_name(name: &str, node: &Node, case: Case) -> StaticId {
        let mut identity = identity(name, node);
        if case == Case::Insensitive {
            identity.make_ascii_lowercase();
        }
        StaticId(fnv1(identity.as_bytes()))
    }
}

/// Nodes below `root`, itself included, in pre-order and each with its id; or every pair
/// that shares one.
pub fn assign(root: &Node, case: Case) -> Result<Vec<(&Node, StaticId)>, Vec<Collision>> {
    let ids: Vec<_> = root.descend().map(|node| (node, StaticId::of(node, case))).collect();
    let mut owners = HashMap::with_capacity(ids.len());
    let mut collisions = Vec::new();
    for (node, id) in &ids {
        let owner = *owners.entry(*id).or_insert(*node);
        if !std::ptr::eq(owner, *node) {
            let (first, second) = (owner.path.clone(), node.path.clone());
            collisions.push(Collision { first, second, id: *id });
        }
    }
    if collisions.is_empty() { Ok(ids) } else { Err(collisions) }
}

/// The text that is hashed. Its gaps, and the lack of some, are part of the format.
fn identity(name: &str, node: &Node) -> String {
    let leaf = node.leaf();
    let literal = |get: fn(&Leaf) -> &Option<Literal>| {
        leaf.and_then(|leaf| get(leaf).as_ref()).map(pythonic::str).unwrap_or_default()
    };
    format!(
        "{name}: unit: {unit}, datatype: {datatype}, type: {kind}allowed: {allowed}min: {min}max: {max}",
        unit = leaf.and_then(|leaf| leaf.unit.as_deref()).unwrap_or_default(),
        datatype = leaf.map(|leaf| leaf.datatype.to_string()).unwrap_or_default(),
        kind = node.type_name(),
        allowed = leaf
            .filter(|leaf| !leaf.allowed.is_empty())
            .map(|leaf| pythonic::list(&leaf.allowed))
            .unwrap_or_default(),
        min = literal(|leaf| &leaf.min),
        max = literal(|leaf| &leaf.max),
    )
}

/// FNV-1, 32 bits.
pub fn fnv1(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::fixture;

    const MODEL: &str = r#"
Vehicle: {type: branch}
Vehicle.Speed: {type: sensor, datatype: float, unit: km/h, min: -250, max: 250.5}
Vehicle.Mode: {type: actuator, datatype: string, allowed: [ECO, "IT'S"], default: ECO}
Vehicle.Renamed: {type: sensor, datatype: uint8, fka: [Vehicle.Old, Vehicle.Older]}
Vehicle.Fixed: {type: sensor, datatype: uint8, constUID: "0x0000abcd"}
"#;

    fn ids(model: &str, case: Case) -> Vec<String> {
        let catalog = fixture::catalog(model);
        let ids = assign(&catalog.root, case).unwrap();
        ids.iter().map(|(node, id)| format!("{} {id}", node.path)).collect()
    }

    #[test]
    fn ids_are_those_of_the_reference_tool() {
        assert_eq!(ids(MODEL, Case::Insensitive), INSENSITIVE);
        assert_eq!(ids(MODEL, Case::Sensitive), SENSITIVE);
    }

    const INSENSITIVE: [&str; 5] = [
        "Vehicle 0x35AFD7A7",
        "Vehicle.Speed 0x4F6A8E19",
        "Vehicle.Mode 0xC8F41D9E",
        "Vehicle.Renamed 0x2350ABAA",
        "Vehicle.Fixed 0x0000ABCD",
    ];
    const SENSITIVE: [&str; 5] = [
        "Vehicle 0xDDBF6787",
        "Vehicle.Speed 0x4F7C4199",
        "Vehicle.Mode 0x40D6AE9E",
        "Vehicle.Renamed 0x0B8C9E2A",
        "Vehicle.Fixed 0x0000ABCD",
    ];

    #[test]
    fn every_pair_that_shares_an_id_is_named() {
        let catalog = fixture::catalog(
            r#"
A: {type: branch, constUID: "0x0000000a"}
A.B: {type: sensor, datatype: uint8}
A.C: {type: sensor, datatype: uint8, constUID: "0x0000000A"}
A.D: {type: sensor, datatype: uint8, fka: [A.B]}
"#,
        );
        let collisions = assign(&catalog.root, Case::Insensitive).unwrap_err();
        let shown: Vec<_> = collisions.iter().map(ToString::to_string).collect();
        let id = StaticId::of(&catalog.root.children()[0], Case::Insensitive);
        assert_eq!(
            shown,
            [
                "'A' and 'A.C' have the same static id 0x0000000A".to_owned(),
                format!("'A.B' and 'A.D' have the same static id {id}"),
            ]
        );
    }
}
