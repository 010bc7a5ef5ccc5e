//! The schema as the template prints it.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::{Options, names, text};
use crate::{
    model::{Catalog, Element, Kind, Leaf, Literal, Node, Role},
    target::{
        allowed_texts, facts,
        identifier::{self, Scope},
        safe,
        share::{self, Group},
        structs,
    },
};

#[derive(Debug, Serialize)]
pub(super) struct Schema {
    header: String,
    scalars: Vec<Scalar>,
    /// The field of the root.
    root: Field,
    mutations: Vec<Field>,
    types: Vec<Object>,
    enums: Vec<Choice>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Scalar {
    name: &'static str,
    docs: &'static str,
}

#[derive(Debug, Serialize)]
struct Object {
    docs: Vec<String>,
    /// `type` or `input`.
    keyword: &'static str,
    name: String,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
struct Field {
    docs: Vec<String>,
    name: String,
    /// `(value: Int!)` or nothing.
    arguments: String,
    field_type: String,
    /// Each with a blank in front.
    directives: String,
}

#[derive(Debug, Serialize)]
struct Choice {
    docs: Vec<String>,
    name: String,
    values: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct Value {
    name: String,
    directives: String,
}

/// Integers that GraphQL's `Int` of 32 bits cannot hold.
const SCALARS: [Scalar; 3] = [
    Scalar { name: "Int64", docs: "An integer from -9223372036854775808 to 9223372036854775807." },
    Scalar { name: "UInt32", docs: "An integer from 0 to 4294967295." },
    Scalar { name: "UInt64", docs: "An integer from 0 to 18446744073709551615." },
];

/// How many of the branches that share a type its description names.
const PLACES: usize = 4;

#[derive(Default)]
struct Walk<'m> {
    scope: Scope,
    /// The names of structs by path.
    structs: HashMap<&'m str, String>,
    /// The types of signals and properties by path.
    values: HashMap<&'m str, String>,
    scalars: BTreeSet<&'static str>,
    types: Vec<Object>,
    enums: Vec<Choice>,
}

/// Or what GraphQL cannot hold.
pub(super) fn schema(catalog: &Catalog, options: Options) -> Result<Schema, Vec<String>> {
    let problems = problems(catalog);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut walk = Walk { scope: Scope::with(names::TYPES), ..Walk::default() };
    let root = &catalog.root;
    let root_type = walk.scope.claim(identifier::type_name(&root.name));
    for node in structs(catalog) {
        let name = walk.scope.claim(identifier::type_name(&node.path));
        walk.structs.insert(&node.path, name);
    }
    walk.branch(&[root], &root_type);
    structs(catalog).for_each(|node| walk.structure(node));
    let mutations = if options.mutations { walk.mutations(catalog) } else { Vec::new() };
    let root_field = identifier::lower_camel(&root.name);
    Ok(Schema {
        header: safe::header(catalog),
        scalars: SCALARS.into_iter().filter(|s| walk.scalars.contains(s.name)).collect(),
        root: field(root, root_field, root_type, facts::branch(root)),
        mutations,
        types: walk.types,
        enums: walk.enums,
    })
}

fn problems(catalog: &Catalog) -> Vec<String> {
    let mut problems = Vec::new();
    if !has_values(&catalog.root) {
        let path = &catalog.root.path;
        problems.push(format!("{path}: it has no signals, and no type can be without fields"));
    }
    // A struct may hold others, which are no properties.
    let is_empty = |node: &&Node| node.children().iter().all(|child| child.leaf().is_none());
    let empty = structs(catalog).filter(is_empty);
    let empty = empty.map(|node| {
        format!("{}: it has no properties, and no type can be without fields", node.path)
    });
    problems.extend(empty);
    problems
}

fn has_values(node: &Node) -> bool {
    match &node.kind {
        Kind::Leaf(_) => true,
        Kind::Branch(branch) => branch.children.iter().any(has_values),
        Kind::Struct(_) => false,
    }
}

impl<'m> Walk<'m> {
    /// The type of `members`, which are the same, and the types below it. What is the same
    /// has the same children, in the same order.
    fn branch(&mut self, members: &[&'m Node], name: &str) {
        let Some(node) = members.first() else { return };
        let index = self.types.len();
        let docs = text::block(branch_docs(members));
        self.types.push(Object {
            docs,
            keyword: "type",
            name: name.to_owned(),
            fields: Vec::new(),
        });

        let groups = self.groups(node, name);
        let mut types: HashMap<usize, &str> = HashMap::new();
        for (group, name) in &groups {
            types.extend(group.places.iter().map(|at| (*at, &**name)));
        }
        let mut scope = Scope::default();
        let mut fields = Vec::new();
        for (at, child) in node.children().iter().enumerate() {
            let (field_type, docs) = match (&child.kind, types.get(&at)) {
                (Kind::Leaf(leaf), _) => {
                    let value = self.value(name, child, leaf);
                    let alike = members.iter().filter_map(|member| member.children().get(at));
                    self.values.extend(alike.map(|node| (&*node.path, value.clone())));
                    (value, facts::leaf(child, leaf))
                }
                (_, Some(branch)) => ((*branch).to_owned(), facts::branch(child)),
                (_, None) => continue,
            };
            let name = scope.claim(identifier::lower_camel(&child.name));
            fields.push(field(child, name, field_type, docs));
        }
        self.types[index].fields = fields;
        for (Group { places, .. }, name) in &groups {
            let below = members
                .iter()
                .flat_map(|member| places.iter().filter_map(|at| member.children().get(*at)));
            self.branch(&below.collect::<Vec<_>>(), name);
        }
    }

    /// The branches below `node` that hold values, with the names of their types. `parent`
    /// is the type of `node`.
    fn groups<'n>(&mut self, node: &'n Node, parent: &str) -> Vec<(Group<'n>, String)> {
        let groups = share::groups(node).into_iter();
        let groups = groups.filter(|group| has_values(group.members[0])).map(|group| {
            let part = identifier::type_name(&match &group.members[..] {
                [only] => only.name.clone(),
                _ => identifier::common(&group.names()),
            });
            (group, self.scope.claim(format!("{parent}{part}")))
        });
        groups.collect()
    }

    fn structure(&mut self, node: &'m Node) {
        let name = self.structs.get(&*node.path).cloned().unwrap_or_default();
        let mut scope = Scope::default();
        let mut fields = Vec::new();
        for child in node.children() {
            let Some(leaf) = child.leaf() else { continue };
            let value = self.value(&name, child, leaf);
            self.values.insert(&child.path, value.clone());
            let property = scope.claim(identifier::lower_camel(&child.name));
            fields.push(field(child, property, value, facts::leaf(child, leaf)));
        }
        let docs = text::block(facts::branch(node));
        self.types.push(Object { docs, keyword: "type", name, fields });
    }

    /// The type of a signal's value. `parent` is the type that the signal is a field of.
    fn value(&mut self, parent: &str, node: &Node, leaf: &Leaf) -> String {
        let element = match self.choice(parent, node, leaf) {
            Some(name) => name,
            None => self.element(&leaf.datatype.element),
        };
        list_of(element, leaf)
    }

    fn element(&mut self, element: &Element) -> String {
        let name = match element {
            Element::Boolean => "Boolean",
            Element::String => "String",
            Element::Int8 | Element::Int16 | Element::Int32 => "Int",
            Element::Uint8 | Element::Uint16 => "Int",
            Element::Uint32 => "UInt32",
            Element::Uint64 => "UInt64",
            Element::Int64 | Element::Int => "Int64",
            Element::Float | Element::Double | Element::Numeric => "Float",
            Element::Struct(name) => {
                return self.structs.get(&**name).cloned().unwrap_or_default();
            }
        };
        self.scalars.insert(name);
        name.to_owned()
    }

    /// The name of the enum for a list of allowed texts, or for named numbers.
    fn choice(&mut self, parent: &str, node: &Node, leaf: &Leaf) -> Option<String> {
        let mut scope = Scope::default();
        let values: Vec<Value> = if leaf.enumeration.is_empty() {
            let texts = allowed_texts(leaf).into_iter();
            texts.map(|text| choice_value(&mut scope, text, None)).collect()
        } else {
            let pairs = leaf.enumeration.iter();
            pairs.map(|(key, number)| choice_value(&mut scope, key, Some(number))).collect()
        };
        if values.is_empty() {
            return None;
        }
        let name = self.scope.claim(format!("{parent}{}", identifier::type_name(&node.name)));
        let docs = text::block(facts::lines(&format!("The values of {}.", node.path)));
        self.enums.push(Choice { docs, name: name.clone(), values });
        Some(name)
    }

    /// A field for each actuator, and the inputs that those of structs need.
    fn mutations(&mut self, catalog: &'m Catalog) -> Vec<Field> {
        let inputs = self.inputs(catalog);
        let mut scope = Scope::default();
        let actuators = catalog.leaves().filter(|(_, leaf)| leaf.role == Role::Actuator);
        actuators
            .map(|(node, leaf)| Field {
                docs: text::block(facts::leaf(node, leaf)),
                name: scope.claim(names::setter(&node.path)),
                arguments: format!("(value: {}!)", self.input(node, leaf, &inputs)),
                field_type: self.values.get(&*node.path).cloned().unwrap_or_default(),
                directives: text::directives(&[("path", text::string(&node.path))], node),
            })
            .collect()
    }

    /// The names of input types by the path of their struct.
    fn inputs(&mut self, catalog: &'m Catalog) -> HashMap<&'m str, String> {
        let is_struct = |leaf: &Leaf| matches!(leaf.datatype.element, Element::Struct(_));
        if !catalog.leaves().any(|(_, leaf)| leaf.role == Role::Actuator && is_struct(leaf)) {
            return HashMap::new();
        }
        let mut names: HashMap<&str, String> = HashMap::new();
        for node in structs(catalog) {
            let name = self.structs.get(&*node.path).cloned().unwrap_or_default();
            names.insert(&node.path, self.scope.claim(format!("{name}Input")));
        }
        for node in structs(catalog) {
            let mut scope = Scope::default();
            let fields = node.children().iter().filter_map(|child| {
                let field_type = self.input(child, child.leaf()?, &names);
                let name = scope.claim(identifier::lower_camel(&child.name));
                let directives = text::vss(&[("name", text::string(&child.name))]);
                Some(Field {
                    docs: Vec::new(),
                    name,
                    arguments: String::new(),
                    field_type,
                    directives,
                })
            });
            let fields = fields.collect();
            let name = names.get(&*node.path).cloned().unwrap_or_default();
            let docs = text::block(facts::branch(node));
            self.types.push(Object { docs, keyword: "input", name, fields });
        }
        names
    }

    fn input(&self, node: &Node, leaf: &Leaf, inputs: &HashMap<&str, String>) -> String {
        match &leaf.datatype.element {
            Element::Struct(name) => {
                list_of(inputs.get(&**name).cloned().unwrap_or_default(), leaf)
            }
            _ => self.values.get(&*node.path).cloned().unwrap_or_default(),
        }
    }
}

fn list_of(element: String, leaf: &Leaf) -> String {
    if leaf.datatype.is_array { format!("[{element}!]") } else { element }
}

/// What the first of them says, and where they are.
fn branch_docs(members: &[&Node]) -> Vec<String> {
    let mut docs = members.first().map(|node| facts::branch(node)).unwrap_or_default();
    if !docs.is_empty() {
        docs.push(String::new());
    }
    let shown = members.iter().take(PLACES).flat_map(|node| facts::lines(&node.path));
    docs.extend(shown);
    if members.len() > PLACES {
        docs.push(format!("and {} more", members.len() - PLACES));
    }
    docs
}

fn field(node: &Node, name: String, field_type: String, docs: Vec<String>) -> Field {
    let mut facts = vec![("name", text::string(&node.name))];
    if let Some(leaf) = node.leaf() {
        facts.push(("type", text::string(leaf.role.name())));
        facts.push(("datatype", text::string(&leaf.datatype.to_string())));
        facts.extend(leaf.unit.as_ref().map(|unit| ("unit", text::string(unit))));
        facts.extend(leaf.min.as_ref().map(|min| ("min", min.to_string())));
        facts.extend(leaf.max.as_ref().map(|max| ("max", max.to_string())));
    }
    let directives = text::directives(&facts, node);
    Field { docs: text::block(docs), name, arguments: String::new(), field_type, directives }
}

fn choice_value(scope: &mut Scope, authored: &str, number: Option<&Literal>) -> Value {
    let name = scope.claim(names::value(authored));
    let mut facts = Vec::new();
    if name != authored || number.is_some() {
        facts.push(("name", text::string(authored)));
    }
    facts.extend(number.map(|number| ("value", number.to_string())));
    let directives = if facts.is_empty() { String::new() } else { text::vss(&facts) };
    Value { name, directives }
}
