//! The manifest: the flat view of a model that the runtime and other tools read.
//!
//! `vssc generate manifest` writes it as JSON; the runtime builds its signal registry
//! from it. Everything a broker, a permission check or a mock needs is in a [`Signal`].

use serde::{Deserialize, Serialize};

use super::{Catalog, DataType, Leaf, Literal, Node, Role, Value, Violation, value::Limits};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub model: ModelInfo,
    pub sdk: SdkInfo,
    /// In the order of the model.
    pub signals: Vec<Signal>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// The name of the root branch.
    pub name: String,
    /// The specification's version, where the model carries one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `sha256:` and the hexadecimal digest of the expanded JSON export.
    pub hash: String,
}

/// The Python package that is generated from the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdkInfo {
    pub name: String,
    pub version: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    pub path: String,
    #[serde(rename = "type")]
    pub kind: SignalKind,
    pub datatype: DataType,
    /// What an app can ask for.
    pub access: Vec<Access>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Literal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Literal>,
    /// The allowed values; for an `enum`, its numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Literal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Literal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecation: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignalKind {
    Sensor,
    Actuator,
    Attribute,
}

/// What an app does with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Get its value and subscribe to it.
    Read,
    /// Set the target of an actuator.
    Write,
    /// Publish its value, and carry out actuations.
    Provide,
}

impl SignalKind {
    /// Every signal can be read and provided; only an actuator can be written.
    pub fn access(self) -> &'static [Access] {
        match self {
            SignalKind::Actuator => &[Access::Read, Access::Write, Access::Provide],
            SignalKind::Sensor | SignalKind::Attribute => &[Access::Read, Access::Provide],
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            SignalKind::Sensor => "sensor",
            SignalKind::Actuator => "actuator",
            SignalKind::Attribute => "attribute",
        }
    }
}

impl Manifest {
    /// `hash` is that of the expanded JSON export, which the model itself cannot make.
    pub fn new(catalog: &Catalog, hash: String, sdk: SdkInfo) -> Manifest {
        let model = ModelInfo { name: catalog.root.name.clone(), version: catalog.version(), hash };
        let signals = catalog.leaves().filter_map(|(node, leaf)| Signal::new(node, leaf)).collect();
        Manifest { model, sdk, signals }
    }
}

impl Signal {
    /// `None` for a property of a struct, which is no signal.
    fn new(node: &Node, leaf: &Leaf) -> Option<Signal> {
        let kind = match leaf.role {
            Role::Sensor => SignalKind::Sensor,
            Role::Actuator => SignalKind::Actuator,
            Role::Attribute => SignalKind::Attribute,
            Role::Property => return None,
        };
        let mut allowed = leaf.allowed.clone();
        allowed.extend(leaf.enumeration.values().cloned());
        Some(Signal {
            path: node.path.clone(),
            kind,
            datatype: leaf.datatype.clone(),
            access: kind.access().to_vec(),
            unit: leaf.unit.clone(),
            min: leaf.min.clone(),
            max: leaf.max.clone(),
            allowed,
            default: leaf.default.clone(),
            description: node.description.clone(),
            comment: node.comment.clone(),
            deprecation: node.deprecation.clone(),
        })
    }

    /// The bounds and allowed values as typed values. An error means that the manifest
    /// was not written by the compiler, which checks all of them.
    pub fn limits(&self) -> Result<Limits, Violation> {
        let element = DataType::scalar(self.datatype.element.clone());
        let one = |literal: &Literal| Value::from_literal(literal, &element);
        Ok(Limits {
            min: self.min.as_ref().map(one).transpose()?,
            max: self.max.as_ref().map(one).transpose()?,
            allowed: self.allowed.iter().map(one).collect::<Result<_, _>>()?,
        })
    }

    pub fn default_value(&self) -> Option<Result<Value, Violation>> {
        self.default.as_ref().map(|literal| Value::from_literal(literal, &self.datatype))
    }
}
