//! Protocol Buffers, proto3: a message for each branch and each struct, a field for each
//! signal.
//!
//! A message is named like its path, `VehicleCabinDoor`; instances have messages of their
//! own, since each of their signals has a number of its own. A text with a list of allowed
//! values, and an `enum` whose numbers fit 32 bits, is an enum inside the message. Signals
//! are `optional`, so that a reader can tell a value of 0 from none.
//!
//! `numbers` gives the fields their numbers, `choice` makes the enums.

mod choice;
mod numbers;
#[cfg(test)]
pub(super) mod tests;

use std::collections::HashMap;

use serde::Serialize;

use self::{
    choice::{Choice, Choices},
    numbers::Number,
};
use super::{
    GenerateError, expanded, facts,
    identifier::{self, Scope},
    is_types_only, safe, structs,
};
use crate::{
    model::{Catalog, Element, Kind, Node},
    render::{Renderer, Templates},
};

#[derive(Clone, Debug)]
pub struct Options {
    /// As `acme.vehicle.v1`; without one, the root's name.
    pub package: Option<String>,
    /// Whether a reader can tell a value of 0, or an empty text, from none.
    pub optional: bool,
}

/// The whole model as one file.
pub fn to_string(
    catalog: &Catalog,
    options: &Options,
    templates: &Templates,
) -> Result<String, GenerateError> {
    expanded(catalog)?;
    let package = options.package.clone();
    let mut file = File {
        header: safe::header(catalog),
        package: package.unwrap_or_else(|| identifier::snake(&catalog.root.name)),
        messages: Vec::new(),
    };
    let walk = Walk { names: names(catalog), optional: options.optional };
    for node in branches(&catalog.root).chain(structs(catalog)) {
        file.messages.push(walk.message(node));
    }
    let renderer = Renderer::new(templates, "protobuf")?;
    Ok(renderer.render("model.proto.j2", &file)?)
}

/// Whether a text can be the name of a package.
pub fn is_package(text: &str) -> bool {
    text.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[derive(Debug, Serialize)]
struct File {
    header: String,
    package: String,
    messages: Vec<Message>,
}

#[derive(Debug, Serialize)]
struct Message {
    docs: Vec<String>,
    name: String,
    is_deprecated: bool,
    enums: Vec<Choice>,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
struct Field {
    docs: Vec<String>,
    /// `optional `, `repeated ` or nothing.
    label: &'static str,
    field_type: String,
    name: String,
    number: u32,
    is_deprecated: bool,
}

/// The branches that hold values, in pre-order.
fn branches(root: &Node) -> impl Iterator<Item = &Node> {
    let is_branch = |node: &&Node| matches!(node.kind, Kind::Branch(_)) && !is_types_only(node);
    root.descend().filter(is_branch)
}

/// The messages' names by path. One scope for all: they stand beside each other.
fn names(catalog: &Catalog) -> HashMap<&str, String> {
    let mut scope = Scope::default();
    let nodes = branches(&catalog.root).chain(structs(catalog));
    nodes.map(|node| (&*node.path, scope.claim(identifier::type_name(&node.path)))).collect()
}

struct Walk<'m> {
    names: HashMap<&'m str, String>,
    optional: bool,
}

impl Walk<'_> {
    fn name(&self, path: &str) -> String {
        self.names.get(path).cloned().unwrap_or_default()
    }

    fn message(&self, node: &Node) -> Message {
        let is_member = |child: &&Node| match child.kind {
            Kind::Branch(_) => !is_types_only(child),
            Kind::Leaf(_) => true,
            Kind::Struct(_) => false,
        };
        let members: Vec<&Node> = node.children().iter().filter(is_member).collect();
        // An enum of a message's name would be taken for it inside this message.
        let referred = members.iter().filter_map(|child| self.referred(child));
        let mut choices = Choices::new(Scope::with(referred));
        let mut scope = Scope::default();
        let fields = members.iter().zip(numbers::of(&members)).map(|(child, number)| {
            let name = scope.claim(identifier::snake(&child.name));
            self.field(child, name, number, &mut choices)
        });
        let fields = fields.collect();
        Message {
            docs: described(node, facts::branch(node)),
            name: self.name(&node.path),
            is_deprecated: node.deprecation.is_some(),
            enums: choices.all,
            fields,
        }
    }

    fn referred(&self, child: &Node) -> Option<&str> {
        let path = match &child.kind {
            Kind::Leaf(leaf) => match &leaf.datatype.element {
                Element::Struct(name) => name,
                _ => return None,
            },
            _ => &*child.path,
        };
        self.names.get(path).map(String::as_str)
    }

    fn field(&self, node: &Node, name: String, number: Number, choices: &mut Choices) -> Field {
        let (label, field_type, mut docs) = match &node.kind {
            Kind::Leaf(leaf) => {
                let choice = choices.add(node, leaf);
                let mut docs = facts::leaf(node, leaf);
                if choice.is_none() && !leaf.enumeration.is_empty() {
                    docs.extend(facts::lines(&facts::named(leaf)));
                }
                let field_type = choice.unwrap_or_else(|| self.plain_type(&leaf.datatype.element));
                let is_message = matches!(leaf.datatype.element, Element::Struct(_));
                let label = match (leaf.datatype.is_array, self.optional && !is_message) {
                    (true, _) => "repeated ",
                    (false, true) => "optional ",
                    (false, false) => "",
                };
                (label, field_type, docs)
            }
            // The message itself says what the branch is.
            _ => ("", self.name(&node.path), Vec::new()),
        };
        if !identifier::is_same(&name, &node.name) {
            docs = described(node, docs);
        }
        if let Some(owner) = number.gives_way_to {
            docs.push(format!(
                "The number of {} is the same: this one gave way. A constUID would fix it.",
                facts::lines(&owner).join(" ")
            ));
        }
        let is_deprecated = node.deprecation.is_some();
        Field { docs, label, field_type, name, number: number.value, is_deprecated }
    }

    fn plain_type(&self, element: &Element) -> String {
        match element {
            Element::Boolean => "bool",
            Element::Int8 | Element::Int16 | Element::Int32 => "int32",
            Element::Int64 | Element::Int => "int64",
            Element::Uint8 | Element::Uint16 | Element::Uint32 => "uint32",
            Element::Uint64 => "uint64",
            Element::Float => "float",
            Element::Double | Element::Numeric => "double",
            Element::String => "string",
            Element::Struct(name) => return self.name(name),
        }
        .to_owned()
    }
}

/// The path comes first, where the name alone does not say it.
fn described(node: &Node, docs: Vec<String>) -> Vec<String> {
    let mut all = facts::lines(&node.path);
    if !docs.is_empty() {
        all.push(String::new());
    }
    all.extend(docs);
    all
}
