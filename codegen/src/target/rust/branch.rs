//! What a branch becomes: a module with its type, its accessors and its constants.
//!
//! A branch that there is once is a unit type, and its paths are written out. Branches
//! that are the same but for their place share one type, which carries its row in a
//! table of paths. Rows are counted in pre-order over leaves and branches, so that a
//! child is as many rows behind its parent in each of them.

use serde::Serialize;

use super::{
    leaf::{self, Choice, Constant},
    names::{self, Scope},
    text,
    types::StructNames,
};
use crate::{
    model::{Kind, Leaf, Node},
    target::{
        identifier,
        share::{self, Group},
    },
};

/// One module of the generated crate.
#[derive(Debug, Serialize)]
pub(super) struct BranchView {
    header: String,
    /// `vehicle/cabin/seat`, the file below `src` without its ending.
    #[serde(skip)]
    pub(super) file: String,
    /// The path with `*` where instances differ.
    place: String,
    docs: Vec<String>,
    pub(super) type_name: String,
    imports: Vec<&'static str>,
    /// The module whose table of paths is used here; none for a branch that there is once.
    table: Option<String>,
    /// That table, as literals, in the one module that has it.
    paths: Vec<String>,
    submodules: Vec<String>,
    /// An expression for the path of the branch.
    path: String,
    accessors: Vec<Accessor>,
    constants: Vec<Constant>,
    choices: Vec<Choice>,
    instances: Option<Instances>,
}

#[derive(Debug, Serialize)]
struct Accessor {
    docs: Vec<String>,
    deprecated: Option<String>,
    name: String,
    returns: String,
    value: String,
}

/// The accessors that lead to branches of one type.
#[derive(Debug, Serialize)]
struct Instances {
    item: String,
    accessors: Vec<String>,
}

/// Where a branch is to be generated.
struct Place {
    /// `vehicle/cabin/seat`
    file: String,
    /// The path as documentation shows it, with `*` where instances differ.
    shown: String,
    /// As [`BranchView::table`].
    table: Option<String>,
}

/// What a group of branches has become.
struct Generated {
    /// `row::Row`
    type_path: String,
    is_shared: bool,
    accessors: Vec<String>,
}

/// The walk over the whole tree; `views` grows by one per module.
#[derive(Debug)]
pub(super) struct Walk<'m> {
    pub(super) header: &'m str,
    pub(super) structs: &'m StructNames,
    pub(super) views: Vec<BranchView>,
}

impl Walk<'_> {
    /// Gives the name of the root's type.
    pub(super) fn root(&mut self, root: &Node, module: &str) -> String {
        let place = Place { file: module.to_owned(), shown: root.path.clone(), table: None };
        self.branch(root, &root.name, place)
    }

    /// `name` is that of the type: the branch's own, or what instances have in common.
    fn branch(&mut self, node: &Node, name: &str, place: Place) -> String {
        let mut module = Module::new(self.header, node, name, place);
        let groups = share::groups(node);
        let numbers = share::numbers(&groups);
        let mut generated: Vec<Option<Generated>> = groups.iter().map(|_| None).collect();
        let mut row = 1;
        for (place, child) in node.children().iter().enumerate() {
            match &child.kind {
                Kind::Leaf(leaf) => module.leaf(child, leaf, row, self.structs),
                Kind::Branch(_) => {
                    let number = numbers.get(&place).copied().unwrap_or_default();
                    let target = match generated[number].take() {
                        Some(target) => target,
                        None => self.group(&groups[number], &mut module),
                    };
                    module.link(child, row, generated[number].insert(target));
                }
                // Structs are types, not signals: they have a module of their own.
                Kind::Struct(_) => {}
            }
            row += child.descend().count();
        }
        module.view.instances = instances(generated);
        let view = module.finish();
        let type_name = view.type_name.clone();
        self.views.push(view);
        type_name
    }

    /// Makes the module that all members share.
    fn group(&mut self, group: &Group<'_>, parent: &mut Module) -> Generated {
        let first = group.members[0];
        let is_shared = group.members.len() > 1;
        let (name, shown) = match is_shared {
            true => (identifier::common(&group.names()), "*".to_owned()),
            false => (first.name.clone(), first.name.clone()),
        };
        let module = parent.scope.snake(names::module(&name));
        let Place { file, shown: above, table } = &parent.place;
        let own_table = || format!("crate::{}", file.replace('/', "::"));
        let place = Place {
            file: format!("{file}/{module}"),
            shown: format!("{above}.{shown}"),
            table: table.clone().or_else(|| is_shared.then(own_table)),
        };
        let type_name = self.branch(first, &name, place);
        let type_path = format!("{module}::{type_name}");
        parent.view.submodules.push(module);
        Generated { type_path, is_shared, accessors: Vec::new() }
    }
}

/// A view in the making, with the names given so far.
struct Module {
    place: Place,
    view: BranchView,
    /// Types, constants and modules.
    scope: Scope,
    methods: Scope,
}

impl Module {
    fn new(header: &str, node: &Node, name: &str, place: Place) -> Module {
        let mut scope = Scope::with(&["PATHS"]);
        let view = BranchView {
            header: header.to_owned(),
            file: place.file.clone(),
            place: text::code(&place.shown),
            docs: docs(node, &place.shown),
            type_name: scope.camel(names::type_name(name)),
            imports: Vec::new(),
            table: place.table.clone(),
            paths: Vec::new(),
            submodules: Vec::new(),
            path: path_at(&place, 0, node),
            accessors: Vec::new(),
            constants: Vec::new(),
            choices: Vec::new(),
            instances: None,
        };
        Module { place, view, scope, methods: Scope::default() }
    }

    fn leaf(&mut self, node: &Node, leaf: &Leaf, row: usize, structs: &StructNames) {
        let shown = format!("{}.{}", self.place.shown, node.name);
        let typed = leaf::typed(node, leaf, &shown, structs, &mut self.scope);
        let constant = self.scope.snake(names::constant(&node.name));
        let handle = leaf::handle(leaf.role);
        self.view.accessors.push(Accessor {
            docs: leaf::docs(node, leaf, &shown),
            deprecated: text::deprecation(node),
            name: self.methods.snake(names::function(&node.name)),
            returns: format!("{handle}<{}>", typed.value_type),
            value: format!("{handle}::new({}, &{constant})", path_at(&self.place, row, node)),
        });
        self.view.constants.push(leaf::constant(node, leaf, constant, &shown, &typed));
        self.view.choices.extend(typed.choice);
    }

    /// Adds the accessor to a child branch.
    fn link(&mut self, child: &Node, row: usize, target: &mut Generated) {
        let name = self.methods.snake(names::function(&child.name));
        let type_path = &target.type_path;
        let value = match (&self.place.table, target.is_shared) {
            (Some(_), _) => format!("{type_path} {{ first: self.first + {row} }}"),
            // The first branches that are shared: their paths begin a table here.
            (None, true) => {
                let first = self.view.paths.len();
                self.view.paths.extend(child.descend().map(|node| text::string(&node.path)));
                format!("{type_path} {{ first: {first} }}")
            }
            (None, false) => type_path.clone(),
        };
        self.view.accessors.push(Accessor {
            docs: docs(child, &format!("{}.{}", self.place.shown, child.name)),
            deprecated: text::deprecation(child),
            name: name.clone(),
            returns: type_path.clone(),
            value,
        });
        target.accessors.push(name);
    }

    fn finish(mut self) -> BranchView {
        self.view.imports = imports(&self.view);
        self.view
    }
}

/// What the model says of a branch, and where it is.
fn docs(node: &Node, shown: &str) -> Vec<String> {
    let mut docs = Vec::new();
    for text in [&node.description, &node.comment].into_iter().flatten() {
        docs.extend(text::doc_lines(text));
        docs.push(String::new());
    }
    docs.push(format!("{}.", text::code(shown)));
    docs
}

/// An expression for the path of the node that is `row` rows behind the branch.
fn path_at(place: &Place, row: usize, node: &Node) -> String {
    match (&place.table, row) {
        (None, _) => text::string(&node.path),
        (Some(_), 0) => "PATHS[self.first]".to_owned(),
        (Some(_), row) => format!("PATHS[self.first + {row}]"),
    }
}

/// Only where it is clear what the instances are: one kind of them.
fn instances(generated: Vec<Option<Generated>>) -> Option<Instances> {
    let mut shared = generated.into_iter().flatten().filter(|target| target.is_shared);
    let target = shared.next()?;
    if shared.next().is_some() {
        return None;
    }
    Some(Instances { item: target.type_path, accessors: target.accessors })
}

/// What the module uses of the client's crate, in order.
fn imports(view: &BranchView) -> Vec<&'static str> {
    let returns = |handle: &str| {
        view.accessors.iter().any(|a| a.returns.split_once('<').is_some_and(|(h, _)| h == handle))
    };
    let uses = [
        ("About", !view.constants.is_empty()),
        ("Actuator", returns("Actuator")),
        ("Attribute", returns("Attribute")),
        ("Branch", true),
        ("Choice", !view.choices.is_empty()),
        ("Instances", view.instances.is_some()),
        ("Sensor", returns("Sensor")),
    ];
    uses.into_iter().filter(|(_, is_used)| *is_used).map(|(name, _)| name).collect()
}
