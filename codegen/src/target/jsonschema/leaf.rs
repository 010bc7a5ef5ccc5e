//! The schema of a value.

use super::{Object, Schema, pattern, put, text};
use crate::model::{Element, Leaf, Literal, Node};

impl Schema {
    pub(super) fn leaf(&mut self, node: &Node, leaf: &Leaf) -> Object {
        let mut element = self.element(node, leaf);
        let kind =
            if leaf.datatype.is_array { Some(text("array")) } else { element.shift_remove("type") };
        let kind = kind.as_ref().and_then(Literal::as_str).unwrap_or_default();
        let mut schema = self.described(node, kind);
        if let Some(unit) = &leaf.unit {
            put(&mut schema, "x-unit", text(unit));
        }
        if leaf.datatype.is_array {
            put(&mut schema, "items", Literal::Map(element));
            if let Some(size) = leaf.arraysize {
                put(&mut schema, "minItems", Literal::Int(size.into()));
                put(&mut schema, "maxItems", Literal::Int(size.into()));
            }
        } else {
            schema.extend(element);
        }
        if let Some(default) = &leaf.default {
            put(&mut schema, "default", default.clone());
        }
        schema
    }

    /// A single value, or one item of an array.
    fn element(&mut self, node: &Node, leaf: &Leaf) -> Object {
        let mut schema = Object::new();
        let element = &leaf.datatype.element;
        if let Element::Struct(name) = element {
            put(&mut schema, "$ref", text(&reference(name)));
            return schema;
        }
        put(&mut schema, "type", text(type_name(element)));
        let (low, high) = match element.integer_range() {
            Some((low, high)) => (Some(Literal::Int(low)), Some(Literal::Int(high))),
            None => (None, None),
        };
        let bounds =
            [("minimum", leaf.min.clone().or(low)), ("maximum", leaf.max.clone().or(high))];
        for (keyword, bound) in bounds {
            if let Some(bound) = bound {
                put(&mut schema, keyword, bound);
            }
        }
        if !leaf.allowed.is_empty() {
            put(&mut schema, "enum", Literal::List(leaf.allowed.clone()));
        }
        if !leaf.enumeration.is_empty() {
            put(&mut schema, "oneOf", Literal::List(named(leaf)));
        }
        if let Some(authored) = &leaf.pattern {
            match pattern::javascript(authored) {
                Ok(pattern) => put(&mut schema, "pattern", Literal::String(pattern)),
                Err(construct) => self.problem(
                    node,
                    format!("the pattern '{authored}' has {construct}, which JSON Schema's patterns lack"),
                ),
            }
        }
        schema
    }
}

fn type_name(element: &Element) -> &'static str {
    match element {
        Element::Boolean => "boolean",
        Element::String => "string",
        element if element.is_integer() => "integer",
        _ => "number",
    }
}

/// Each number of an `enum` with its name.
fn named(leaf: &Leaf) -> Vec<Literal> {
    let values = leaf.enumeration.iter().map(|(name, value)| {
        Literal::Map(Object::from([
            ("const".to_owned(), value.clone()),
            ("title".to_owned(), text(name)),
        ]))
    });
    values.collect()
}

/// A JSON pointer in the fragment of an address.
fn reference(name: &str) -> String {
    let mut reference = "#/$defs/".to_owned();
    for byte in name.replace('~', "~0").replace('/', "~1").bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => reference.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => reference.push(char::from(byte)),
            _ => reference.push_str(&format!("%{byte:02X}")),
        }
    }
    reference
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn a_reference_is_an_address() {
        let table = [
            ("Types.Point", "#/$defs/Types.Point"),
            ("T.a/b~c", "#/$defs/T.a~1b~0c"),
            ("T.ä %", "#/$defs/T.%C3%A4%20%25"),
        ];
        for (name, expected) in table {
            assert_eq!(reference(name), expected);
        }
    }
}
