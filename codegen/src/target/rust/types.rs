//! Struct types: one flat module, since a name is rarely used twice.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    leaf::{self, Choice},
    names::{self, Scope},
    text,
};
use crate::{
    model::{Catalog, Node},
    target::structs,
};

/// The Rust name of each struct of the model.
#[derive(Debug, Default)]
pub(super) struct StructNames {
    by_path: HashMap<String, String>,
}

impl StructNames {
    /// A struct that the model lacks cannot occur in a compiled one; its values would
    /// have no members.
    pub(super) fn path(&self, name: &str) -> String {
        match self.by_path.get(name) {
            Some(name) => format!("crate::types::{name}"),
            None => "()".to_owned(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct TypesView {
    header: String,
    imports: Vec<&'static str>,
    structs: Vec<StructView>,
    choices: Vec<Choice>,
}

#[derive(Debug, Serialize)]
struct StructView {
    docs: Vec<String>,
    name: String,
    fields: Vec<FieldView>,
}

#[derive(Debug, Serialize)]
struct FieldView {
    docs: Vec<String>,
    name: String,
    value_type: String,
}

pub(super) fn names(catalog: &Catalog, scope: &mut Scope) -> StructNames {
    let named = |node: &Node| (node.path.clone(), scope.camel(names::type_name(&node.name)));
    StructNames { by_path: structs(catalog).map(named).collect() }
}

/// `None` where the model has no structs.
pub(super) fn view(
    catalog: &Catalog,
    header: &str,
    named: &StructNames,
    scope: &mut Scope,
) -> Option<TypesView> {
    let mut choices = Vec::new();
    let structs: Vec<StructView> =
        structs(catalog).map(|node| struct_view(node, named, scope, &mut choices)).collect();
    if structs.is_empty() {
        return None;
    }
    let mut imports = vec!["Value"];
    if !choices.is_empty() {
        imports.insert(0, "Choice");
    }
    Some(TypesView { header: header.to_owned(), imports, structs, choices })
}

fn struct_view(
    node: &Node,
    named: &StructNames,
    scope: &mut Scope,
    choices: &mut Vec<Choice>,
) -> StructView {
    let mut inside = Scope::default();
    let mut fields = Vec::new();
    for child in node.children() {
        let Some(leaf) = child.leaf() else { continue };
        let typed = leaf::typed(child, leaf, &child.path, named, scope);
        choices.extend(typed.choice);
        fields.push(FieldView {
            docs: leaf::docs(child, leaf, &child.path),
            name: inside.snake(names::function(&child.name)),
            value_type: typed.value_type,
        });
    }
    let mut docs = text::doc_lines(node.description.as_deref().unwrap_or_default());
    if docs.is_empty() {
        docs.push(format!("{}.", text::code(&node.path)));
    }
    let name = named.by_path.get(&node.path).cloned().unwrap_or_default();
    StructView { docs, name, fields }
}
