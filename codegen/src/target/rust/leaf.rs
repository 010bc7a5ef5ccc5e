//! What a single signal becomes: its type, its constant, its enum.

use serde::Serialize;

use super::{
    names::{self, Scope},
    text,
    types::StructNames,
};
use crate::model::{Element, Leaf, Literal, Node, Role};

/// `pub const POSITION: About<u16> = …;`
#[derive(Debug, Serialize)]
pub(super) struct Constant {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) value_type: String,
    pub(super) datatype: String,
    pub(super) description: String,
    /// The fields that differ from those of a bare signal.
    pub(super) fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// The values that a signal is restricted to.
#[derive(Debug, Serialize)]
pub(super) struct Choice {
    pub(super) docs: Vec<String>,
    pub(super) name: String,
    /// What is restricted: `str`, `u8`.
    pub(super) raw: String,
    pub(super) variants: Vec<Variant>,
}

#[derive(Debug, Serialize)]
pub(super) struct Variant {
    pub(super) docs: Vec<String>,
    pub(super) name: String,
    /// A literal to borrow, `"OFF"`.
    pub(super) raw: String,
    #[serde(skip)]
    of: Literal,
}

/// The type of a signal's values, and the enum it needs for that.
#[derive(Debug)]
pub(super) struct Typed {
    pub(super) value_type: String,
    pub(super) choice: Option<Choice>,
}

/// `place` is the path as documentation shows it.
pub(super) fn typed(
    node: &Node,
    leaf: &Leaf,
    place: &str,
    structs: &StructNames,
    scope: &mut Scope,
) -> Typed {
    let choice = choice(node, leaf, place, scope);
    let element = match (&choice, &leaf.datatype.element) {
        (Some(choice), _) => choice.name.clone(),
        (None, Element::Struct(name)) => structs.path(name),
        (None, element) => element_type(element).to_owned(),
    };
    let value_type = if leaf.datatype.is_array { format!("Vec<{element}>") } else { element };
    Typed { value_type, choice }
}

fn element_type(element: &Element) -> &'static str {
    match element {
        Element::Boolean => "bool",
        Element::Int8 => "i8",
        Element::Int16 => "i16",
        Element::Int32 => "i32",
        Element::Int64 | Element::Int => "i64",
        Element::Uint8 => "u8",
        Element::Uint16 => "u16",
        Element::Uint32 => "u32",
        Element::Uint64 => "u64",
        Element::Float => "f32",
        Element::Double | Element::Numeric => "f64",
        // Structs are named by the table of structs; a bare name never gets here.
        Element::String | Element::Struct(_) => "String",
    }
}

/// An enum for a list of allowed texts, or for an `enum` of named numbers. Allowed
/// numbers stay numbers: they have no names.
fn choice(node: &Node, leaf: &Leaf, place: &str, scope: &mut Scope) -> Option<Choice> {
    let element = &leaf.datatype.element;
    let named: Vec<(&str, &Literal)> = match element {
        Element::String => leaf.allowed.iter().filter_map(|l| Some((l.as_str()?, l))).collect(),
        _ => leaf.enumeration.iter().map(|(name, number)| (&**name, number)).collect(),
    };
    let mut seen: Vec<&Literal> = Vec::new();
    let mut inside = Scope::default();
    let mut variants = Vec::new();
    for (name, literal) in named {
        if seen.contains(&literal) {
            continue;
        }
        seen.push(literal);
        let borrow = if *element == Element::String { "" } else { "&" };
        let raw = format!("{borrow}{}", text::scalar(literal, element)?);
        let docs = match literal {
            Literal::String(raw) => vec![text::code(raw)],
            _ => vec![format!("{}, {literal}.", text::code(name))],
        };
        let name = inside.camel(names::variant(name));
        variants.push(Variant { docs, name, raw, of: literal.clone() });
    }
    if variants.is_empty() {
        return None;
    }
    let raw = match element {
        Element::String => "str".to_owned(),
        element => element_type(element).to_owned(),
    };
    let name = scope.camel(names::type_name(&node.name));
    Some(Choice {
        docs: vec![format!("What {} is restricted to.", text::code(place))],
        name,
        raw,
        variants,
    })
}

pub(super) fn constant(
    node: &Node,
    leaf: &Leaf,
    name: String,
    place: &str,
    typed: &Typed,
) -> Constant {
    let mut fields = Vec::new();
    let mut add = |name, value: Option<String>| {
        fields.extend(value.map(|value| Field { name, value }));
    };
    let some = |value: String| format!("Some({value})");
    let optional_text = |text: &Option<String>| text.as_deref().map(text::string).map(some);
    let one = |literal: &Literal| item(literal, leaf, typed.choice.as_ref());
    add("unit", optional_text(&leaf.unit));
    add("min", leaf.min.as_ref().and_then(one).map(some));
    add("max", leaf.max.as_ref().and_then(one).map(some));
    add("allowed", allowed(leaf, typed.choice.as_ref()));
    add("pattern", optional_text(&leaf.pattern));
    add("default", leaf.default.as_ref().and_then(|l| default(l, leaf, typed)).map(some));
    add("comment", optional_text(&node.comment));
    add("deprecation", optional_text(&node.deprecation));
    Constant {
        path: text::code(place),
        name,
        value_type: typed.value_type.clone(),
        datatype: text::string(&leaf.datatype.to_string()),
        description: text::string(node.description.as_deref().unwrap_or_default()),
        fields,
    }
}

/// One element as a constant: a variant where there is an enum.
fn item(literal: &Literal, leaf: &Leaf, choice: Option<&Choice>) -> Option<String> {
    match choice {
        Some(choice) => {
            let variant = choice.variants.iter().find(|variant| variant.of == *literal)?;
            Some(format!("{}::{}", choice.name, variant.name))
        }
        None => text::scalar(literal, &leaf.datatype.element),
    }
}

fn allowed(leaf: &Leaf, choice: Option<&Choice>) -> Option<String> {
    match choice {
        Some(choice) => Some(format!("{}::ALL", choice.name)),
        None if leaf.allowed.is_empty() => None,
        None => list(&leaf.allowed, leaf, None),
    }
}

fn default(literal: &Literal, leaf: &Leaf, typed: &Typed) -> Option<String> {
    match (literal, leaf.datatype.is_array) {
        (Literal::List(items), true) => list(items, leaf, typed.choice.as_ref()),
        (literal, false) => item(literal, leaf, typed.choice.as_ref()),
        _ => None,
    }
}

fn list(items: &[Literal], leaf: &Leaf, choice: Option<&Choice>) -> Option<String> {
    let items: Option<Vec<String>> =
        items.iter().map(|literal| item(literal, leaf, choice)).collect();
    Some(format!("&[{}]", items?.join(", ")))
}

/// The sentences that an editor shows beside a signal.
pub(super) fn docs(node: &Node, leaf: &Leaf, place: &str) -> Vec<String> {
    let mut docs = text::doc_lines(node.description.as_deref().unwrap_or_default());
    let comment = text::doc_lines(node.comment.as_deref().unwrap_or_default());
    for paragraph in [comment, vec![facts(leaf, place)]] {
        if !docs.is_empty() && !paragraph.is_empty() {
            docs.push(String::new());
        }
        docs.extend(paragraph);
    }
    docs
}

/// `` `Vehicle.Speed`: sensor, `float` in km/h, 0 to 250. ``
fn facts(leaf: &Leaf, place: &str) -> String {
    let datatype = text::code(&leaf.datatype.to_string());
    let mut facts = format!("{}: {}, {datatype}", text::code(place), leaf.role.name());
    if let Some(unit) = &leaf.unit {
        facts.push_str(" in ");
        facts.push_str(&text::doc_line(unit));
    }
    match (&leaf.min, &leaf.max) {
        (Some(min), Some(max)) => facts.push_str(&format!(", {min} to {max}")),
        (Some(min), None) => facts.push_str(&format!(", at least {min}")),
        (None, Some(max)) => facts.push_str(&format!(", at most {max}")),
        (None, None) => {}
    }
    if matches!(leaf.datatype.element, Element::Struct(_)) && leaf.role != Role::Property {
        facts.push_str(". It cannot be read or set: `kuksa.val.v2` carries no structs");
    }
    facts + "."
}

/// The type of the accessor's result without its parameter.
pub(super) fn handle(role: Role) -> &'static str {
    match role {
        Role::Sensor => "Sensor",
        Role::Actuator => "Actuator",
        Role::Attribute | Role::Property => "Attribute",
    }
}
