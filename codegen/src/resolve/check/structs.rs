//! The struct types: which there are, what a name means where it is used, and whether one
//! contains itself.

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use super::super::tree::{NodeId, Tree, TreeNode};
use crate::{
    diagnostic::{Code, Report, Sink},
    model::{DataType, Element},
    source::Span,
    syntax::{Attributes, Name},
};

/// Every struct type by its absolute name: those of the types files, which do not know the
/// model, and those that stand in the model itself.
#[derive(Debug, Default)]
pub(in super::super) struct Structs {
    by_path: BTreeMap<String, Struct>,
    /// The first of them by the last part of its name.
    by_name: HashMap<String, String>,
    /// Whether a types file could not be read, so that there may be more.
    is_open: bool,
}

#[derive(Debug)]
pub(super) struct Struct {
    pub(super) span: Span,
    pub(super) properties: Vec<Property>,
}

#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: Rc<str>,
    pub(super) attributes: Rc<Attributes>,
}

impl Structs {
    /// Adds the structs of a tree; says whether there is one.
    pub(in super::super) fn add(&mut self, tree: &Tree) -> bool {
        let before = self.by_path.len();
        let root = tree.node(tree.root);
        let mut open: Vec<(NodeId, String)> = vec![(tree.root, root.name.to_string())];
        while let Some((id, path)) = open.pop() {
            let node = tree.node(id);
            for child in &node.children {
                let below = tree.node(*child);
                // Only branches and structs hold structs; leaves need no path.
                if !below.children.is_empty() || is_struct(&below.attributes) {
                    open.push((*child, format!("{path}.{}", below.name)));
                }
            }
            if is_struct(&node.attributes) {
                self.insert(path, Struct::new(tree, node));
            }
        }
        self.by_path.len() > before
    }

    fn insert(&mut self, path: String, found: Struct) {
        let first = self.by_name.entry(last_part(&path).to_owned()).or_insert_with(|| path.clone());
        if path < *first {
            first.clone_from(&path);
        }
        self.by_path.insert(path, found);
    }

    /// From now on a struct that nobody defined may have been in a broken file.
    pub(in super::super) fn leave_open(&mut self) {
        self.is_open = true;
    }

    /// Whether a name may be that of a struct in a broken file.
    pub(super) fn may_have(&self, name: &str) -> bool {
        self.is_open && name.contains('.')
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    pub(super) fn get(&self, path: &str) -> Option<&Struct> {
        self.by_path.get(path)
    }

    /// A built-in type, or a struct by its absolute name.
    pub(super) fn absolute(&self, text: &str) -> Option<DataType> {
        text.parse::<DataType>().ok().filter(|datatype| match &datatype.element {
            Element::Struct(name) => self.by_path.contains_key(&**name),
            _ => true,
        })
    }

    /// What a type means where the node at `path` uses it: beside absolute names, the last
    /// part of one stands for the struct of that name in the nearest namespace around.
    pub(super) fn resolve(&self, text: &str, path: &str) -> Option<DataType> {
        self.absolute(text).or_else(|| {
            let (name, is_array) = match text.strip_suffix("[]") {
                Some(name) => (name, true),
                None => (text, false),
            };
            let found = self.in_scope(name, path)?;
            Some(DataType { element: Element::Struct(found.into()), is_array })
        })
    }

    fn in_scope(&self, name: &str, path: &str) -> Option<&str> {
        if name.contains('.') {
            return None;
        }
        namespaces(path).find_map(|space| {
            let (found, _) = self.by_path.get_key_value(&format!("{space}.{name}"))?;
            Some(found.as_str())
        })
    }

    /// The types that a node at `path` can use, for suggestions.
    pub(super) fn names_for<'s>(&'s self, path: &'s str) -> impl Iterator<Item = &'s str> {
        let is_around =
            move |space: &str| path.strip_prefix(space).is_some_and(|rest| rest.starts_with('.'));
        let short = self.by_path.keys().filter_map(move |absolute| {
            let (space, name) = absolute.rsplit_once('.')?;
            is_around(space).then_some(name)
        });
        let built_in = Element::names().map(|name| -> &'s str { name });
        built_in.chain(self.by_path.keys().map(String::as_str)).chain(short)
    }

    /// The first struct with the same last part, wherever it stands.
    pub(super) fn called(&self, name: &str) -> Option<&str> {
        self.by_name.get(last_part(name)).map(String::as_str)
    }

    /// Reports every way in which a struct contains itself, arrays included, each once.
    pub(in super::super) fn check_cycles(&self, sink: &mut Sink) {
        let mut search = Search { structs: self, state: HashMap::new(), trail: Vec::new() };
        for (path, found) in &self.by_path {
            search.from(path, found, sink);
        }
    }
}

impl Struct {
    fn new(tree: &Tree, node: &TreeNode) -> Struct {
        let children = node.children.iter().map(|child| tree.node(*child));
        let properties = children.filter(|child| is(&child.attributes, "property"));
        let property = |child: &TreeNode| Property {
            name: child.name.clone(),
            attributes: child.attributes.clone(),
        };
        Struct { span: node.span, properties: properties.map(property).collect() }
    }
}

fn is_struct(attributes: &Attributes) -> bool {
    is(attributes, "struct")
}

fn is(attributes: &Attributes, kind: &str) -> bool {
    attributes.type_name() == Some(kind)
}

fn last_part(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// `A.B.C` stands in `A.B` and in `A`.
fn namespaces(path: &str) -> impl Iterator<Item = &str> {
    fn above(path: &str) -> Option<&str> {
        path.rsplit_once('.').map(|(above, _)| above)
    }
    std::iter::successors(above(path), |path| above(path))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// On the trail, at this place.
    Open(usize),
    Done,
}

/// A walk along the properties, with a stack of its own: a chain of structs may be long.
struct Search<'s> {
    structs: &'s Structs,
    state: HashMap<&'s str, State>,
    trail: Vec<Step<'s>>,
}

struct Step<'s> {
    path: &'s str,
    found: &'s Struct,
    /// The property to look at next; the one before it led on.
    next: usize,
}

/// A cycle of hundreds of structs is not read to its end.
const MAX_SHOWN: usize = 16;

impl<'s> Search<'s> {
    fn from(&mut self, path: &'s str, found: &'s Struct, sink: &mut Sink) {
        if self.state.contains_key(path) {
            return;
        }
        self.open(path, found);
        while let Some(step) = self.trail.last_mut() {
            let (from, at) = (step.path, step.next);
            let Some(property) = step.found.properties.get(at) else {
                self.state.insert(from, State::Done);
                self.trail.pop();
                continue;
            };
            step.next += 1;
            let Some((to, found)) = self.target(from, property) else { continue };
            match self.state.get(to) {
                None => self.open(to, found),
                Some(State::Open(start)) => sink.push(cycle(&self.trail[*start..])),
                Some(State::Done) => {}
            }
        }
    }

    fn open(&mut self, path: &'s str, found: &'s Struct) {
        self.state.insert(path, State::Open(self.trail.len()));
        self.trail.push(Step { path, found, next: 0 });
    }

    /// The struct that a property holds.
    fn target(&self, path: &str, property: &Property) -> Option<(&'s str, &'s Struct)> {
        let text = property.attributes.value(&Name::Datatype)?.as_str()?;
        let datatype = self.structs.resolve(text, &format!("{path}.{}", property.name))?;
        let Element::Struct(name) = &datatype.element else { return None };
        let (path, found) = self.structs.by_path.get_key_value(&**name)?;
        Some((path, found))
    }
}

/// The steps from a struct back to itself, as one report at the property that closes it.
fn cycle(steps: &[Step<'_>]) -> Report {
    let properties = steps.iter().filter_map(|step| {
        let property = step.found.properties.get(step.next.checked_sub(1)?)?;
        Some((step.path, property))
    });
    let properties: Vec<_> = properties.collect();
    let first = steps.first().map_or("", |step| step.path);
    let mut way: Vec<String> =
        properties.iter().map(|(path, property)| format!("{path}.{}", property.name)).collect();
    if way.len() > MAX_SHOWN {
        let more = way.len() - MAX_SHOWN;
        way.truncate(MAX_SHOWN);
        way.push(format!("{more} more"));
    }
    way.push(first.to_owned());
    let message = format!("the struct '{first}' contains itself: {}", way.join(" -> "));
    let place = |property: &Property| property.attributes.value(&Name::Datatype).map(|r| r.span);
    let mut report = Report::new(Code::CyclicStruct, message);
    let closing = properties.last().map(|(path, property)| (path, *property));
    let others = properties.iter().rev().skip(1).rev().take(MAX_SHOWN);
    if let Some(span) = closing.and_then(|(_, property)| place(property)) {
        report = report.label(span, format!("leads back to '{first}'"));
    }
    for (index, (_, property)) in others.enumerate() {
        if let Some(span) = place(property) {
            let to = properties.get(index + 1).map_or("", |(path, _)| path);
            report = report.label(span, format!("leads to '{to}'"));
        }
    }
    report.help("a value of it would have no end; take one of these properties away")
}

#[cfg(test)]
mod tests {
    use crate::{Diagnostic, Request, compile, resolve::tests::files, source::Input};

    /// The messages for types of one property each, which leads to the struct of that number.
    fn messages(targets: impl Iterator<Item = usize>) -> Vec<String> {
        let mut types = "T: {type: branch}\n".to_owned();
        for (number, target) in targets.enumerate() {
            types += &format!("T.S{number}: {{type: struct}}\n");
            types += &format!("T.S{number}.P: {{type: property, datatype: S{target}}}\n");
        }
        let files = files([("a.vspec", "A: {type: branch}\n".to_owned()), ("t.vspec", types)]);
        let request = Request {
            model: Some(Input::parse("a.vspec")),
            types: vec![Input::parse("t.vspec")],
            ..Request::default()
        };
        let message = |diagnostic: &Diagnostic| diagnostic.message.clone();
        compile(&request, &files).1.iter().map(message).collect()
    }

    #[test]
    fn a_long_chain_is_searched_to_its_end() {
        const LAST: usize = 9_999;
        let ends = messages((1..LAST).chain([LAST, LAST]));
        assert_eq!(ends, ["the struct 'T.S9999' contains itself: T.S9999.P -> T.S9999"]);
        let turns = messages((1..=LAST).chain([0]));
        let [message] = &*turns else { panic!("{turns:?}") };
        assert!(message.starts_with("the struct 'T.S0' contains itself: T.S0.P -> T.S1.P -> "));
        assert!(message.ends_with(" -> T.S15.P -> 9984 more -> T.S0"), "{message}");
    }
}
