//! The model as a template of the user's sees it, and as `vssc export model` writes it.
//!
//! Every field is there on every node, null or empty where it says nothing, so that a
//! template may ask for it. The documentation of the fields is that of the schema: it is
//! what people read who write templates.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;

use super::static_id::{Case, StaticId};
use crate::model::{self, Catalog, Kind, Leaf, Literal, Role};

/// Grows when a field goes or changes its meaning. New fields do not count.
pub const VERSION: u32 = 1;

/// A vehicle signal model, compiled: instances are expanded, units and struct names are
/// resolved. Fields may be added to it; where one goes or changes its meaning, `version` grows.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Model", deny_unknown_fields)]
pub struct Model<'a> {
    /// Version of this shape: 1.
    version: u32,
    /// Name of the root, as `Vehicle`.
    name: &'a str,
    /// Version of the signal specification, as `6.0.0`, where the model carries it in
    /// `VersionVSS`.
    specification: Option<String>,
    /// The root of the tree; everything else hangs below it.
    root: Node<'a>,
    /// All sensors, actuators and attributes of the tree, in its order.
    signals: Vec<Node<'a>>,
    /// The branches that hold the struct types of types files, each with all that is below it.
    types: Vec<Node<'a>>,
    /// The units that signals have, by their keys, as `km/h`.
    units: IndexMap<&'a str, Unit<'a>>,
}

/// A node of the tree. Every field is always there: null or empty where it does not apply.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Node", deny_unknown_fields)]
struct Node<'a> {
    /// The last part of the path, as `Speed`.
    name: &'a str,
    /// The whole name, as `Vehicle.Speed`.
    path: &'a str,
    /// The path of the node above; null for the root.
    parent: Option<&'a str>,
    /// How many nodes are above it; 0 for the root.
    depth: usize,
    /// What it is: branch, struct, sensor, actuator, attribute or property.
    #[schemars(with = "NodeType")]
    r#type: &'static str,
    /// What it means, in the words of its author.
    description: Option<&'a str>,
    /// What else its author says.
    comment: Option<&'a str>,
    /// Since when it is out of use, and what to use instead.
    deprecation: Option<&'a str>,
    /// Four bytes that stay as long as its meaning does, as `0x35AFD7A7`.
    static_id: String,
    /// Former names.
    fka: &'a [String],
    /// Attributes that the language does not know, by name.
    #[schemars(with = "IndexMap<String, serde_json::Value>")]
    extra: &'a IndexMap<String, Literal>,
    /// For a branch that stands for an instance: which one it is.
    instance: Option<Instance<'a>>,
    /// The datatype as written, as `uint8[]`, or the whole name of a struct.
    datatype: Option<String>,
    /// The datatype of one element, as `uint8`.
    element: Option<&'a str>,
    /// Whether a value is a list of elements.
    is_array: bool,
    /// Length of the list, where it is fixed.
    arraysize: Option<u64>,
    /// Key of the unit, as `km/h`; its meaning is in `units` of the model.
    unit: Option<&'a str>,
    /// The lowest value.
    #[schemars(with = "Option<f64>")]
    min: Option<&'a Literal>,
    /// The highest value.
    #[schemars(with = "Option<f64>")]
    max: Option<&'a Literal>,
    /// The values that are allowed; empty where all are.
    #[schemars(with = "Vec<serde_json::Value>")]
    allowed: &'a [Literal],
    /// Names of values; empty where they have none.
    r#enum: Vec<Choice<'a>>,
    /// A regular expression that text matches from its start.
    pattern: Option<&'a str>,
    /// The value before there is any other; null where there is none.
    #[schemars(with = "serde_json::Value")]
    default: Option<&'a Literal>,
    /// Instances as they are declared; only where they are not expanded (`--no-expand`).
    #[schemars(with = "Vec<serde_json::Value>")]
    instances: &'a [Literal],
    /// What is directly below it, in the order of the model.
    children: Vec<Node<'a>>,
}

/// For the schema alone: the words that `type` may be.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[allow(dead_code)]
enum NodeType {
    Branch,
    Struct,
    Sensor,
    Actuator,
    Attribute,
    Property,
}

/// Which instance a branch stands for: `Row1` is level 0 and `DriverSide` level 1 of `Seat`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Instance", deny_unknown_fields)]
struct Instance<'a> {
    /// Path of the branch that declares the instances.
    of: &'a str,
    /// The level among nested instances, from 0.
    level: usize,
}

/// A value and its name.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Choice", deny_unknown_fields)]
struct Choice<'a> {
    /// The name, as `PARK`.
    name: &'a str,
    /// The value, an integer.
    #[schemars(with = "i64")]
    value: &'a Literal,
}

/// A unit of measurement.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Unit", deny_unknown_fields)]
struct Unit<'a> {
    /// The name in full, as `kilometer per hour`.
    label: Option<&'a str>,
    /// What it means.
    definition: &'a str,
    /// What it measures, as `velocity`.
    quantity: Option<&'a str>,
}

/// The JSON schema of [`Model`].
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Model<'static>>()
}

/// Names of all fields, for those who mistype one.
#[cfg(feature = "cli")]
pub(crate) fn field_names() -> Vec<String> {
    let schema = schema();
    let definitions = schema.get("$defs").and_then(|defs| defs.as_object());
    let objects = definitions.into_iter().flat_map(|defs| defs.values());
    let own = schema.get("properties").into_iter();
    let inner = objects.filter_map(|object| object.get("properties"));
    let names = own.chain(inner).filter_map(|properties| properties.as_object());
    names.flat_map(|properties| properties.keys().cloned()).collect()
}

impl<'a> Model<'a> {
    pub fn new(catalog: &'a Catalog) -> Model<'a> {
        let unit = |(key, unit): (&'a String, &'a model::Unit)| {
            let unit = Unit {
                label: unit.label.as_deref(),
                definition: &unit.definition,
                quantity: unit.quantity.as_deref(),
            };
            (key.as_str(), unit)
        };
        Model {
            version: VERSION,
            name: &catalog.root.name,
            specification: catalog.version(),
            root: Node::new(&catalog.root),
            signals: catalog.leaves().filter(is_signal).map(|(node, _)| Node::new(node)).collect(),
            types: catalog.types.iter().map(Node::new).collect(),
            units: catalog.units.iter().map(unit).collect(),
        }
    }
}

impl<'a> Node<'a> {
    /// Recursion is as deep as the tree, which the compiler limits.
    fn new(node: &'a model::Node) -> Node<'a> {
        let leaf = node.leaf();
        let instance = node.instance.as_ref();
        let branch = match &node.kind {
            Kind::Branch(branch) => Some(branch),
            Kind::Struct(_) | Kind::Leaf(_) => None,
        };
        Node {
            name: &node.name,
            path: &node.path,
            parent: node.path.rsplit_once('.').map(|(parent, _)| parent),
            depth: node.path.matches('.').count(),
            r#type: node.type_name(),
            description: node.description.as_deref(),
            comment: node.comment.as_deref(),
            deprecation: node.deprecation.as_deref(),
            static_id: StaticId::of(node, Case::Insensitive).to_string(),
            fka: &node.fka,
            extra: &node.extra,
            instance: instance.map(|instance| Instance { of: &instance.of, level: instance.level }),
            datatype: leaf.map(|leaf| leaf.datatype.to_string()),
            element: leaf.map(|leaf| leaf.datatype.element.name()),
            is_array: leaf.is_some_and(|leaf| leaf.datatype.is_array),
            arraysize: leaf.and_then(|leaf| leaf.arraysize),
            unit: leaf.and_then(|leaf| leaf.unit.as_deref()),
            min: leaf.and_then(|leaf| leaf.min.as_ref()),
            max: leaf.and_then(|leaf| leaf.max.as_ref()),
            allowed: leaf.map(|leaf| leaf.allowed.as_slice()).unwrap_or_default(),
            r#enum: leaf.map(choices).unwrap_or_default(),
            pattern: leaf.and_then(|leaf| leaf.pattern.as_deref()),
            default: leaf.and_then(|leaf| leaf.default.as_ref()),
            instances: branch.map(|branch| branch.instances.as_slice()).unwrap_or_default(),
            children: node.children().iter().map(Node::new).collect(),
        }
    }
}

/// A struct can stand in the tree itself.
fn is_signal((_, leaf): &(&model::Node, &Leaf)) -> bool {
    leaf.role != Role::Property
}

fn choices(leaf: &Leaf) -> Vec<Choice<'_>> {
    leaf.enumeration.iter().map(|(name, value)| Choice { name, value }).collect()
}
