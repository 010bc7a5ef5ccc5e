//! The tree. Built by the compiler, never changed afterwards.

use indexmap::IndexMap;

use super::{DataType, Literal};

/// A compiled model: everything resolved, every rule of the language holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    pub root: Node,
    /// Roots of struct types (`ComplexDataTypes`).
    pub types: Vec<Node>,
    /// The units in use, by canonical key.
    pub units: IndexMap<String, Unit>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub name: String,
    /// The fully qualified name, `Vehicle.Cabin.Door`.
    pub path: String,
    pub description: Option<String>,
    pub comment: Option<String>,
    pub deprecation: Option<String>,
    pub const_uid: Option<String>,
    pub fka: Vec<String>,
    /// Attributes that the language does not know, as authored.
    pub extra: IndexMap<String, Literal>,
    /// Set on the branches that instance expansion made.
    pub instance: Option<Instance>,
    pub kind: Kind,
}

/// Says that a branch is an instance: `Row1` is level 0 and `DriverSide` level 1 of `…Seat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Path of the branch that declared the instances.
    pub of: String,
    pub level: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Branch(Branch),
    /// A struct type; its children are properties.
    Struct(Branch),
    Leaf(Box<Leaf>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Branch {
    /// In the order of first appearance.
    pub children: Vec<Node>,
    /// Only where instances were not expanded.
    pub instances: Vec<Literal>,
}

/// A signal, or a property of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    pub role: Role,
    pub datatype: DataType,
    pub arraysize: Option<u64>,
    /// Canonical key into [`Catalog::units`].
    pub unit: Option<String>,
    pub min: Option<Literal>,
    pub max: Option<Literal>,
    pub allowed: Vec<Literal>,
    pub enumeration: IndexMap<String, Literal>,
    pub pattern: Option<String>,
    pub default: Option<Literal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Sensor,
    Actuator,
    Attribute,
    /// A member of a struct type.
    Property,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Sensor => "sensor",
            Role::Actuator => "actuator",
            Role::Attribute => "attribute",
            Role::Property => "property",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The spelled-out name, `kilometer per hour`.
    pub label: Option<String>,
    pub definition: String,
    pub quantity: Option<String>,
}

impl Catalog {
    /// The version of the signal specification, where the model carries it
    /// (`<root>.VersionVSS.{Major,Minor,Patch,Label}` defaults).
    pub fn version(&self) -> Option<String> {
        let version = self.root.child("VersionVSS")?;
        let part = |name: &str| version.child(name)?.leaf()?.default.as_ref();
        let mut text = format!("{}.{}.{}", part("Major")?, part("Minor")?, part("Patch")?);
        if let Some(label) = part("Label").and_then(Literal::as_str).filter(|l| !l.is_empty()) {
            text.push('-');
            text.push_str(label);
        }
        Some(text)
    }

    /// Every signal with its node, in pre-order.
    pub fn leaves(&self) -> impl Iterator<Item = (&Node, &Leaf)> {
        self.root.descend().filter_map(|node| Some((node, node.leaf()?)))
    }
}

impl Node {
    pub fn children(&self) -> &[Node] {
        match &self.kind {
            Kind::Branch(branch) | Kind::Struct(branch) => &branch.children,
            Kind::Leaf(_) => &[],
        }
    }

    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children().iter().find(|child| child.name == name)
    }

    pub fn leaf(&self) -> Option<&Leaf> {
        match &self.kind {
            Kind::Leaf(leaf) => Some(leaf),
            _ => None,
        }
    }

    /// The node and everything below it, in pre-order.
    pub fn descend(&self) -> impl Iterator<Item = &Node> {
        let mut stack = vec![self];
        std::iter::from_fn(move || {
            let node = stack.pop()?;
            stack.extend(node.children().iter().rev());
            Some(node)
        })
    }

    /// The authored word: `branch`, `struct`, `sensor`, `actuator`, `attribute`, `property`.
    pub fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Branch(_) => "branch",
            Kind::Struct(_) => "struct",
            Kind::Leaf(leaf) => leaf.role.name(),
        }
    }
}
