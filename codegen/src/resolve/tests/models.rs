//! Random models that obey every rule of the language.

use std::fmt::Write;

use proptest::prelude::*;

/// A node with everything below it.
#[derive(Clone, Debug)]
pub(super) enum Model {
    Branch { instances: Option<&'static str>, children: Vec<Model> },
    Leaf { attributes: &'static str, is_shared: bool, is_deleted: bool },
}

const INSTANCES: &[&str] = &[
    "L",
    "[L, R]",
    "Row[1,2]",
    "[\"Row[1,2]\", [L, R]]",
    "[\"Row[2,3]\", L, R]",
    "[L, R, \"Row[1,2]\"]",
    "[[A], [C]]",
    "[\"Row[1,1]\", [L, R]]",
];

const ATTRIBUTES: &[&str] = &[
    "type: sensor, datatype: uint8, min: 0, max: 0xFF",
    "type: sensor, datatype: uint8, unit: km, description: 'So ü 🚗 \"far\" \\'",
    "type: actuator, datatype: int16, min: -1_000, max: 1:30, default: 010",
    "type: actuator, datatype: 'string[]', arraysize: 2, default: [a, \"\"]",
    "type: actuator, datatype: boolean, default: off, x-extra: {a: [1, null, {b: 1e3}]}",
    "type: attribute, datatype: string, allowed: ['ON', \"OFF\", 'null'], default: 'OFF'",
    "type: attribute, datatype: float, min: 1e-7, max: 123456789012345680.0",
    "type: attribute, datatype: double, allowed: [0.1, -0.0, 5], default: 0.1",
    "type: sensor, datatype: uint16, enum: {ONE: 1, TWO_B: 2}, default: 2",
    "type: sensor, datatype: string, pattern: '[a-z]+', default: abc, comment: 2020-01-01T",
    "type: sensor, datatype: 'uint8[]', allowed: [1, 2], fka: [A.Old, A.Older]",
    "type: sensor, datatype: uint64, max: 18446744073709551615, constUID: '0x1A2B3C4D'",
];

pub(super) fn model() -> impl Strategy<Value = Model> {
    let leaf = (prop::sample::select(ATTRIBUTES), prop::bool::weighted(0.9), any::<u8>()).prop_map(
        |(attributes, is_shared, dice)| Model::Leaf {
            attributes,
            is_shared,
            is_deleted: dice < 20,
        },
    );
    leaf.prop_recursive(4, 40, 5, |child| {
        let instances = prop::option::weighted(0.4, prop::sample::select(INSTANCES));
        (instances, prop::collection::vec(child, 0..5))
            .prop_map(|(instances, children)| Model::Branch { instances, children })
    })
}

impl Model {
    /// The model as vspec; children are named N0, N1, and so on.
    pub(super) fn vspec(&self, path: &str) -> String {
        let mut text = String::new();
        self.write(path, &mut text);
        text
    }

    fn write(&self, path: &str, text: &mut String) {
        match self {
            Model::Branch { instances, children } => {
                let _ = writeln!(text, "{path}:\n  type: branch\n  description: Of {path}.");
                if let Some(instances) = instances {
                    let _ = writeln!(text, "  instances: {instances}");
                }
                for (at, child) in children.iter().enumerate() {
                    child.write(&format!("{path}.N{at}"), text);
                }
            }
            Model::Leaf { attributes, is_shared, is_deleted } => {
                let shared = if *is_shared { "" } else { ", instantiate: no" };
                let deleted = if *is_deleted { ", delete: true" } else { "" };
                let _ = writeln!(text, "{path}: {{{attributes}{shared}{deleted}}}");
            }
        }
    }
}
