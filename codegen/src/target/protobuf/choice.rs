//! Enums inside a message.
//!
//! Each value has the enum's name in front, since all values of a message share a scope,
//! and the first is 0: `_UNSPECIFIED`, unless the model has a name for 0 itself. The values
//! of a text are numbered from 1 in the order of the model. Its static id tells lists
//! apart, so a field whose list changed has another number, too.

use serde::Serialize;

use crate::{
    model::{Leaf, Literal, Node},
    target::{
        allowed_texts, facts,
        identifier::{self, Scope},
    },
};

#[derive(Debug, Serialize)]
pub(super) struct Choice {
    name: String,
    docs: Vec<String>,
    values: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct Value {
    name: String,
    number: i32,
    /// What it stands for, where the name does not say it.
    meaning: Option<String>,
}

/// The enums of one message.
#[derive(Debug)]
pub(super) struct Choices {
    scope: Scope,
    pub(super) all: Vec<Choice>,
}

impl Choices {
    pub(super) fn new(scope: Scope) -> Choices {
        Choices { scope, all: Vec::new() }
    }

    /// The enum's name; `None` for a signal whose values have no names.
    pub(super) fn add(&mut self, node: &Node, leaf: &Leaf) -> Option<String> {
        let mut pairs = if leaf.enumeration.is_empty() { texts(leaf)? } else { numbers(leaf)? };
        let name = self.scope.claim(identifier::type_name(&node.name.replace('.', "_")));
        let prefix = identifier::shouty(&name);
        let mut values = Vec::new();
        match pairs.iter().position(|(_, number)| *number == 0) {
            Some(zero) => pairs[..=zero].rotate_right(1),
            None => {
                let name = self.scope.claim(format!("{prefix}_UNSPECIFIED"));
                values.push(Value { name, number: 0, meaning: None });
            }
        }
        for (text, number) in pairs {
            let own = identifier::shouty(text);
            let name = self.scope.claim(format!("{prefix}_{own}"));
            let is_plain =
                name.strip_prefix(&prefix).and_then(|n| n.strip_prefix('_')) == Some(text);
            let meaning = (!is_plain).then(|| facts::quoted(&Literal::String(text.to_owned())));
            values.push(Value { name, number, meaning });
        }
        let docs = facts::lines(&format!("The values of {}.", node.path));
        self.all.push(Choice { name: name.clone(), docs, values });
        Some(name)
    }
}

fn texts(leaf: &Leaf) -> Option<Vec<(&str, i32)>> {
    let texts = allowed_texts(leaf);
    (!texts.is_empty()).then(|| texts.into_iter().zip(1..).collect())
}

/// `None` where a number does not fit: the field stays an integer then.
fn numbers(leaf: &Leaf) -> Option<Vec<(&str, i32)>> {
    let numbered = leaf.enumeration.iter().map(|(name, value)| match value {
        Literal::Int(number) => Some((&**name, i32::try_from(*number).ok()?)),
        _ => None,
    });
    numbered.collect()
}
