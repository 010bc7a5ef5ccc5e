//! The package as the templates print it: every name, literal and line is decided here.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;

use super::{
    classes::{Class, Classes, Member},
    docs, literals, names,
    series::Series,
    structs::{Imports, Struct, Structs},
};
use crate::{
    model::{Catalog, Element, Kind, Leaf, Literal, Node, Role},
    target::safe::toml_string,
};

#[derive(Debug, Serialize)]
pub(super) struct Package {
    header: String,
    version: String,
    /// For `pyproject.toml`.
    summary: String,
    doc: String,
    uses: Uses,
    /// The class of the root.
    root: ClassView,
    /// A literal.
    root_path: String,
    pub(super) modules: Vec<Module>,
    /// `None` where the model has none.
    pub(super) structs: Option<StructsView>,
    enums: Vec<EnumView>,
    /// The bases of enums that are in use.
    bases: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Module {
    pub(super) file: String,
    header: String,
    doc: String,
    name: String,
    /// The class that the root needs.
    class: String,
    uses: Uses,
    classes: Vec<ClassView>,
}

/// What the classes of a module need from elsewhere.
#[derive(Debug, Default, Serialize)]
struct Uses {
    /// Names of the SDK.
    sdk: BTreeSet<&'static str>,
    /// The kinds of signals, which are named in types alone.
    kinds: BTreeSet<&'static str>,
    enums: bool,
    structs: bool,
    instances: bool,
    overload: bool,
}

impl Uses {
    fn class(&mut self, series: Option<&Series>) {
        self.sdk.insert(if series.is_some() { "Instances" } else { "Branch" });
        self.instances |= series.is_some();
        self.overload |= series.is_some_and(Series::is_mixed);
    }
}

#[derive(Debug, Serialize)]
struct ClassView {
    name: String,
    doc: String,
    /// For a branch with instances.
    series: Option<Series>,
    properties: Vec<Property>,
}

#[derive(Debug, Serialize)]
struct Property {
    name: String,
    returns: String,
    doc: String,
    /// A literal: what there is instead.
    deprecation: Option<String>,
    /// Lines of the body before the call, for what is loaded late.
    imports: Vec<String>,
    call: Call,
}

/// `_branch(…)` or `_sensor(…)`.
#[derive(Debug, Serialize)]
struct Call {
    function: &'static str,
    arguments: Vec<String>,
    /// Whether it fits on one line.
    is_short: bool,
}

/// The module of struct types.
#[derive(Debug, Serialize)]
pub(super) struct StructsView {
    header: String,
    uses_enums: bool,
    uses_structs: bool,
    structs: Vec<StructView>,
}

#[derive(Debug, Serialize)]
struct StructView {
    name: String,
    doc: String,
    fields: Vec<FieldView>,
}

#[derive(Debug, Serialize)]
struct FieldView {
    name: String,
    #[serde(rename = "type")]
    value_type: String,
    doc: String,
}

#[derive(Debug, Serialize)]
struct EnumView {
    name: String,
    base: &'static str,
    doc: String,
    /// Name and literal.
    members: Vec<(String, String)>,
}

/// What is gathered while the classes are walked.
struct Gathered<'c> {
    catalog: &'c Catalog,
    structs: Structs<'c>,
    enums: Vec<EnumView>,
    enum_names: names::Taken,
    bases: BTreeSet<&'static str>,
    /// Of the module that is being made.
    uses: Uses,
}

pub(super) fn package(catalog: &Catalog, header: String, version: String) -> Package {
    let mut taken = names::Taken::default();
    // A class of an attribute's name could not be named beside that attribute.
    taken.reserve(attributes_in(&catalog.root));
    let root_name = taken.claim(&names::class_part(&catalog.root.name));
    // They are derived from these.
    let mut enum_names = names::Taken::default();
    enum_names.reserve(["IntEnum", "StringEnum"].map(str::to_owned));
    // A default may need an enum and a struct side by side.
    let structs = Structs::of(catalog);
    enum_names.reserve(structs.all.iter().map(|found| found.name.clone()));
    let mut gathered = Gathered {
        catalog,
        structs,
        enums: Vec::new(),
        enum_names,
        bases: BTreeSet::new(),
        uses: Uses::default(),
    };
    let structs = gathered.structs(&header);

    let branches: Vec<&Node> =
        catalog.root.children().iter().filter(|c| matches!(c.kind, Kind::Branch(_))).collect();
    let branch_names: Vec<&str> = branches.iter().map(|branch| branch.name.as_str()).collect();
    let mut modules = Vec::new();
    for (branch, name) in branches.iter().zip(names::modules(&branch_names)) {
        let classes = Classes::of(branch, &root_name, &mut taken);
        let views = classes.all.iter().map(|c| gathered.class(c, &classes, &[])).collect();
        modules.push(Module {
            file: format!("{name}.py"),
            header: header.clone(),
            doc: literals::docstring(&[format!("{} and all below it.", branch.path)], 0),
            name,
            class: classes.all[0].name.clone(),
            uses: std::mem::take(&mut gathered.uses),
            classes: views,
        });
    }

    let root = gathered.root(&root_name, &modules);
    let model = match catalog.version() {
        Some(version) => format!("the model {} {version}", catalog.root.name),
        None => format!("the model {}", catalog.root.name),
    };
    Package {
        header,
        version,
        summary: toml_string(&format!("Typed signals of {model}")),
        doc: literals::docstring(&[format!("Typed signals of {model}.")], 0),
        uses: gathered.uses,
        root,
        root_path: literals::string(&catalog.root.path),
        modules,
        structs,
        bases: gathered.bases.into_iter().collect(),
        enums: gathered.enums,
    }
}

fn attributes_in(root: &Node) -> impl Iterator<Item = String> {
    root.descend().flat_map(|node| names::attributes(&children_names(node)))
}

fn children_names(node: &Node) -> Vec<&str> {
    node.children().iter().map(|child| child.name.as_str()).collect()
}

impl Call {
    fn new(function: &'static str, arguments: Vec<String>) -> Call {
        let length: usize = arguments.iter().map(|argument| argument.len() + 2).sum();
        Call { function, is_short: length < 60, arguments }
    }
}

impl Gathered<'_> {
    /// The root's branches are in modules of their own, which are loaded when touched.
    fn root(&mut self, name: &str, modules: &[Module]) -> ClassView {
        let mut branches = 0..;
        let members = self.catalog.root.children().iter().filter_map(|child| match &child.kind {
            Kind::Branch(_) => Some(Member::Branch(child, branches.next()?)),
            Kind::Leaf(leaf) => Some(Member::Leaf(child, leaf)),
            Kind::Struct(_) => None,
        });
        let class = Class {
            name: name.to_owned(),
            enum_prefix: name.to_owned(),
            node: &self.catalog.root,
            place: Some(self.catalog.root.path.clone()),
            members: members.collect(),
        };
        let none = Classes::empty();
        self.class(&class, &none, modules)
    }

    /// `modules`, where the branches are in modules, has one for each of them.
    fn class(&mut self, class: &Class<'_>, classes: &Classes<'_>, modules: &[Module]) -> ClassView {
        let names: Vec<&str> = class.members.iter().map(|m| m.node().name.as_str()).collect();
        let attributes = names::attributes(&names);
        let target = |member: &Member<'_>| match member {
            Member::Branch(_, id) => match modules.get(*id) {
                Some(module) => module.class.clone(),
                None => classes.all[*id].name.clone(),
            },
            Member::Leaf(..) => String::new(),
        };
        let series = Series::of(class, &attributes, target);
        self.uses.class(series.as_ref());
        let properties = class.members.iter().zip(&attributes).map(|(member, attribute)| {
            let name = attribute.clone();
            match member {
                Member::Branch(node, id) => Property {
                    name,
                    returns: target(member),
                    doc: literals::docstring(&docs::branch(node), 8),
                    deprecation: self.deprecation(node),
                    imports: modules
                        .get(*id)
                        .map(|m| format!("from .{} import {}", m.name, m.class))
                        .into_iter()
                        .collect(),
                    call: Call::new("_branch", vec![target(member), literals::string(&node.name)]),
                },
                Member::Leaf(node, leaf) => self.leaf(class, name, node, leaf),
            }
        });
        ClassView {
            properties: properties.collect(),
            name: class.name.clone(),
            doc: literals::docstring(&docs::branch(class.node), 4),
            series,
        }
    }

    fn leaf(&mut self, class: &Class<'_>, name: String, node: &Node, leaf: &Leaf) -> Property {
        let (kind, function) = match leaf.role {
            Role::Actuator => ("Actuator", "_actuator"),
            Role::Attribute => ("Attribute", "_attribute"),
            Role::Sensor | Role::Property => ("Sensor", "_sensor"),
        };
        self.uses.kinds.insert(kind);
        let members = self.enumeration(&class.enum_prefix, &name, node, leaf);
        let value = self.value_type(leaf, members.as_deref());
        self.uses.enums |= members.is_some();
        self.uses.structs |= is_struct(leaf);
        let (default, imports) = self.default(leaf, members.as_deref());
        let mut arguments =
            vec![literals::string(&node.name), literals::string(&leaf.datatype.to_string())];
        arguments.extend(facts(node, leaf, members.as_deref(), default));
        Property {
            name,
            returns: format!("_{kind}[{value}]"),
            doc: literals::docstring(
                &docs::signal(node, leaf, class.place.as_deref(), self.catalog),
                8,
            ),
            deprecation: self.deprecation(node),
            imports,
            call: Call::new(function, arguments),
        }
    }

    fn deprecation(&mut self, node: &Node) -> Option<String> {
        let text = node.deprecation.as_deref()?;
        self.uses.sdk.insert("deprecated");
        Some(literals::string(text))
    }

    fn value_type(&self, leaf: &Leaf, enumeration: Option<&str>) -> String {
        let element = match (enumeration, &leaf.datatype.element) {
            (Some(enumeration), _) => format!("_enums.{enumeration}"),
            // A struct that the model lacks cannot occur in a compiled one.
            (None, Element::Struct(path)) => self
                .structs
                .get(path)
                .map_or_else(|| "object".to_owned(), |found| format!("_structs.{}", found.name)),
            (None, element) => python_type(element).to_owned(),
        };
        if leaf.datatype.is_array { format!("list[{element}]") } else { element }
    }

    /// The default as Python makes it, and what has to be imported for it.
    fn default(&self, leaf: &Leaf, enumeration: Option<&str>) -> (Option<String>, Vec<String>) {
        let mut imports = Imports::default();
        imports.enums.extend(enumeration.map(str::to_owned));
        let default = leaf.default.as_ref();
        let default = match &leaf.datatype.element {
            Element::Struct(_) => {
                default.and_then(|default| self.structs.value(default, leaf, None, &mut imports))
            }
            _ => default.map(literals::literal),
        };
        let line = |(module, names): (&str, &BTreeSet<String>)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            (!names.is_empty()).then(|| format!("from .{module} import {}", names.join(", ")))
        };
        let modules = [("enums", &imports.enums), ("structs", &imports.structs)];
        (default, modules.into_iter().filter_map(line).collect())
    }

    /// The module of struct types, with the enums of their properties.
    fn structs(&mut self, header: &str) -> Option<StructsView> {
        let mut structs = std::mem::take(&mut self.structs);
        for found in &mut structs.all {
            for field in &mut found.fields {
                field.enumeration =
                    self.enumeration(&found.name, &field.name, field.node, field.leaf);
            }
        }
        self.structs = structs;
        let all = &self.structs.all;
        let mut fields = all.iter().flat_map(|found| &found.fields);
        (!all.is_empty()).then(|| StructsView {
            header: header.to_owned(),
            uses_enums: fields.clone().any(|field| field.enumeration.is_some()),
            uses_structs: fields.any(|field| is_struct(field.leaf)),
            structs: all.iter().map(|found| self.struct_view(found)).collect(),
        })
    }

    fn struct_view(&self, found: &Struct<'_>) -> StructView {
        let fields = found.fields.iter().map(|field| FieldView {
            name: field.name.clone(),
            value_type: self.value_type(field.leaf, field.enumeration.as_deref()),
            doc: literals::docstring(&docs::signal(field.node, field.leaf, None, self.catalog), 4),
        });
        StructView {
            name: found.name.clone(),
            doc: literals::docstring(&docs::branch(found.node), 4),
            fields: fields.collect(),
        }
    }

    /// The name of the enum for a list of allowed strings, or for named numbers.
    fn enumeration(
        &mut self,
        prefix: &str,
        attribute: &str,
        node: &Node,
        leaf: &Leaf,
    ) -> Option<String> {
        let (base, pairs): (_, Vec<(&str, String)>) = if leaf.enumeration.is_empty() {
            let texts = leaf.allowed.iter().map(Literal::as_str).collect::<Option<Vec<_>>>()?;
            let is_text = leaf.datatype.element == Element::String && !texts.is_empty();
            let mut seen = HashSet::new();
            let texts = texts.into_iter().filter(|text| seen.insert(*text));
            ("StringEnum", is_text.then(|| texts.map(|t| (t, literals::string(t))).collect())?)
        } else {
            let pairs = leaf.enumeration.iter();
            ("IntEnum", pairs.map(|(key, value)| (&**key, literals::literal(value))).collect())
        };
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| *key).collect();
        let members = names::members(&keys).into_iter().zip(pairs.into_iter().map(|(_, v)| v));
        self.bases.insert(base);
        let name = self.enum_names.claim(&format!("{prefix}{}", names::class_part(attribute)));
        let of = format!("The values of `{}`.", node.path);
        let mut doc = vec![of];
        doc.extend(node.description.clone());
        self.enums.push(EnumView {
            name: name.clone(),
            base,
            doc: literals::docstring(&doc, 4),
            members: members.collect(),
        });
        Some(name)
    }
}

fn is_struct(leaf: &Leaf) -> bool {
    matches!(leaf.datatype.element, Element::Struct(_))
}

fn python_type(element: &Element) -> &'static str {
    match element {
        Element::Boolean => "bool",
        Element::String => "str",
        Element::Float | Element::Double | Element::Numeric => "float",
        Element::Int8 | Element::Int16 | Element::Int32 | Element::Int64 | Element::Int => "int",
        Element::Uint8 | Element::Uint16 | Element::Uint32 | Element::Uint64 => "int",
        // Named by the module of struct types.
        Element::Struct(_) => "object",
    }
}

/// What the model says about a signal, as keyword arguments.
fn facts(
    node: &Node,
    leaf: &Leaf,
    enumeration: Option<&str>,
    default: Option<String>,
) -> Vec<String> {
    let text = |name: &str, text: &Option<String>| {
        text.as_ref().map(|text| format!("{name}={}", literals::string(text)))
    };
    let value = |name: &str, value: &Option<Literal>| {
        value.as_ref().map(|value| format!("{name}={}", literals::literal(value)))
    };
    let allowed = match enumeration {
        Some(enumeration) => Some(format!("enum={enumeration}")),
        None if leaf.allowed.is_empty() => None,
        None => Some(format!("allowed={}", literals::tuple(&leaf.allowed))),
    };
    [
        text("unit", &leaf.unit),
        value("min", &leaf.min),
        value("max", &leaf.max),
        allowed,
        default.map(|default| format!("default={default}")),
        text("description", &node.description),
        text("comment", &node.comment),
        text("deprecation", &node.deprecation),
    ]
    .into_iter()
    .flatten()
    .collect()
}
