//! JSON Schema 2020-12 for a document that holds the values of a model: an object for each
//! branch, below the root, and a value for each signal.
//!
//! The keywords and their order are those of the reference tool. Beyond it: the bounds of
//! 64-bit integers, `enum` maps, patterns, lengths of arrays and defaults are in the
//! schema, units are annotations (`x-unit`), and a struct is defined once in `$defs`.
//!
//! `leaf` makes the schema of a value, `pattern` turns Python's regular expressions into
//! JavaScript's, which are the ones that JSON Schema means.

mod leaf;
mod pattern;

use indexmap::{IndexMap, map::Entry};

use super::{GenerateError, expanded, is_types_only, structs};
use crate::model::{Catalog, Kind, Literal, Node};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What a document must keep to beyond the types of its values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Refuse properties that the model does not have.
    pub no_additional_properties: bool,
    /// Refuse an object that lacks one of its properties.
    pub require_all_properties: bool,
    /// Carry everything of the model as `x-…` annotations.
    pub extend_all_attributes: bool,
}

/// The schema, without a final line end. `pretty` indents by two blanks.
pub fn to_string(
    catalog: &Catalog,
    options: Options,
    pretty: bool,
) -> Result<String, GenerateError> {
    expanded(catalog)?;
    let mut schema = Schema { options, authored: Vec::new(), problems: IndexMap::new() };
    let mut root = Object::new();
    put(&mut root, "$schema", text(DIALECT));
    put(&mut root, "title", text(&catalog.root.name));
    root.extend(schema.branch(&catalog.root));
    let defined: Object =
        structs(catalog).map(|node| (node.path.clone(), schema.structure(node))).collect();
    if !defined.is_empty() {
        put(&mut root, "$defs", Literal::Map(defined));
    }
    if !schema.problems.is_empty() {
        return Err(GenerateError::unsupported("JSON Schema", schema.problems()));
    }
    let write = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
    Ok(write(&root)?)
}

/// In the order in which it is written.
type Object = IndexMap<String, Literal>;

fn put(object: &mut Object, key: &str, value: Literal) {
    object.insert(key.to_owned(), value);
}

fn text(text: &str) -> Literal {
    Literal::String(text.to_owned())
}

struct Schema {
    options: Options,
    /// Where the walk is in the model as it was authored, which has no instances.
    authored: Vec<String>,
    /// What cannot be said in a schema, by where it was authored.
    problems: IndexMap<String, Problem>,
}

struct Problem {
    path: String,
    what: String,
    /// How many more nodes have it from the same place.
    more: usize,
}

impl Schema {
    fn branch(&mut self, node: &Node) -> Object {
        let is_authored = node.instance.is_none();
        if is_authored {
            self.authored.push(node.name.clone());
        }
        let properties = node.children().iter().filter_map(|child| {
            let schema = match &child.kind {
                Kind::Branch(_) if is_types_only(child) => return None,
                Kind::Branch(_) => self.branch(child),
                Kind::Leaf(leaf) => self.leaf(child, leaf),
                Kind::Struct(_) => return None,
            };
            Some((child.name.clone(), Literal::Map(schema)))
        });
        let properties = properties.collect();
        let schema = self.object(node, properties);
        if is_authored {
            self.authored.pop();
        }
        schema
    }

    fn structure(&mut self, node: &Node) -> Literal {
        self.authored.push(node.path.clone());
        let properties = node.children().iter().filter_map(|child| {
            Some((child.name.clone(), Literal::Map(self.leaf(child, child.leaf()?))))
        });
        let properties = properties.collect();
        let schema = self.object(node, properties);
        self.authored.pop();
        Literal::Map(schema)
    }

    fn object(&mut self, node: &Node, properties: Object) -> Object {
        let mut schema = self.described(node, "object");
        let names = properties.keys().map(|name| text(name)).collect();
        put(&mut schema, "properties", Literal::Map(properties));
        if self.options.no_additional_properties {
            put(&mut schema, "additionalProperties", Literal::Bool(false));
        }
        if self.options.require_all_properties {
            put(&mut schema, "required", Literal::List(names));
        }
        schema
    }

    /// What the schemas of all nodes begin with. A reference to a struct has no `type`.
    fn described(&mut self, node: &Node, kind: &str) -> Object {
        let mut schema = Object::new();
        if !kind.is_empty() {
            put(&mut schema, "type", text(kind));
        }
        if let Some(description) = &node.description {
            put(&mut schema, "description", text(description));
        }
        if node.deprecation.is_some() {
            put(&mut schema, "deprecated", Literal::Bool(true));
        }
        if self.options.extend_all_attributes {
            put(&mut schema, "x-VSStype", text(node.type_name()));
            if let Some(leaf) = node.leaf() {
                put(&mut schema, "x-datatype", text(&leaf.datatype.to_string()));
            }
            let notes = [
                ("x-deprecation", &node.deprecation),
                ("x-comment", &node.comment),
                ("x-constUID", &node.const_uid),
            ];
            for (key, note) in notes {
                if let Some(note) = note {
                    put(&mut schema, key, text(note));
                }
            }
            if !node.fka.is_empty() {
                let names = node.fka.iter().map(|name| text(name)).collect();
                put(&mut schema, "x-fka", Literal::List(names));
            }
        }
        if !node.extra.is_empty() {
            for (key, value) in &node.extra {
                self.check_finite(node, key, value);
            }
            put(&mut schema, "x-extra", Literal::Map(node.extra.clone()));
        }
        schema
    }

    /// JSON has no infinity and no NaN; the attributes of the language have none either.
    fn check_finite(&mut self, node: &Node, attribute: &str, value: &Literal) {
        match value {
            Literal::Float(number) if !number.is_finite() => {
                self.problem(
                    node,
                    format!("'{attribute}' is {number}, and JSON has no such number"),
                );
            }
            Literal::List(items) => {
                items.iter().for_each(|item| self.check_finite(node, attribute, item));
            }
            Literal::Map(entries) => {
                entries.values().for_each(|item| self.check_finite(node, attribute, item));
            }
            _ => {}
        }
    }

    fn problem(&mut self, node: &Node, what: String) {
        let place = self.authored.join(".");
        let signal = node.leaf().map_or("", |_| &node.name);
        match self.problems.entry(format!("{place}.{signal}: {what}")) {
            Entry::Occupied(mut entry) => entry.get_mut().more += 1,
            Entry::Vacant(entry) => {
                entry.insert(Problem { path: node.path.clone(), what, more: 0 });
            }
        }
    }

    fn problems(self) -> Vec<String> {
        let lines = self.problems.into_values().map(|Problem { path, what, more }| match more {
            0 => format!("{path}: {what}"),
            _ => format!("{path} and {more} more: {what}"),
        });
        lines.collect()
    }
}

#[cfg(test)]
pub(super) mod tests;
