//! What the compiler holds after a pass, as data, for people who wonder where a value
//! comes from. Changes nothing and decides nothing.

use std::{collections::HashMap, fmt};

use super::{
    Held, Observer, Pass,
    check::{Checked, CheckedKind, CheckedTree},
    reader::Reader,
    run,
    tree::{NodeId, Tree, TreeNode},
    unit::Unit,
};
use crate::{
    Diagnostic, Request,
    diagnostic::Sink,
    model::{Literal, attributes, nearest},
    source::{Loader, SourceId, SourceMap, Span},
    syntax::Attributes,
};

/// What there is after a pass.
#[derive(Debug)]
pub struct Dump {
    pub nodes: Vec<DumpNode>,
    /// Where no node has the path that was asked for: one with a path near it.
    pub near: Option<String>,
}

/// A node, or a unit.
#[derive(Debug)]
pub struct DumpNode {
    pub path: String,
    /// `cabin.vspec:12`, where the node was first named.
    pub place: String,
    /// What the compiler knows of it beside its attributes.
    pub note: Option<&'static str>,
    pub attributes: Vec<DumpAttribute>,
}

#[derive(Debug)]
pub struct DumpAttribute {
    pub name: String,
    pub value: Literal,
    /// Empty where nobody wrote it down.
    pub place: String,
}

/// Compiles up to a pass and shows what there is: all of it, or the node at `path` and
/// what is below. `None` where an error stopped the compiler before.
pub fn dump(
    request: &Request,
    loader: &dyn Loader,
    pass: Pass,
    path: Option<&str>,
) -> (Option<Dump>, Vec<Diagnostic>) {
    let mut reader = Reader::new(loader);
    let mut sink = Sink::default();
    let mut keeper = Keeper { pass, path, picked: None };
    run(request, &mut reader, &mut sink, &mut keeper);
    let dump = keeper.picked.map(|picked| picked.dump(&reader.sources));
    (dump, sink.finish(&reader.sources))
}

/// Keeps what there is after one pass, and stops there.
struct Keeper<'a> {
    pass: Pass,
    path: Option<&'a str>,
    picked: Option<Picked<'a>>,
}

impl Observer for Keeper<'_> {
    fn after(&mut self, pass: Pass, held: Held<'_>) -> Option<()> {
        if pass != self.pass {
            return Some(());
        }
        let mut picked = Picked { wanted: self.path, nodes: Vec::new(), passed: Vec::new() };
        match held {
            Held::Units(units) => {
                for unit in units.iter() {
                    picked.node(unit.key.clone(), unit.span, None, || unit_attributes(unit));
                }
            }
            Held::Flat(flat) => {
                for (path, node) in &flat.nodes {
                    let attributes = || raw_attributes(&node.attributes);
                    picked.node(path.to_string(), node.span, None, attributes);
                }
            }
            Held::Tree(tree) => {
                for (path, node) in descend(tree) {
                    let attributes = || raw_attributes(&node.attributes);
                    picked.node(path, node.span, note(node), attributes);
                }
            }
            Held::Types(types) => {
                types.into_iter().for_each(|types| picked.checked(&types.tree, &types.checked));
            }
            Held::Checked(tree, checked) => picked.checked(tree, checked),
            Held::Catalog(catalog, tree) => {
                // Lowering keeps the order of the tree.
                for (lowered, (path, node)) in catalog.root.descend().zip(descend(tree)) {
                    let attributes = || placed(lowered.attributes(), &node.attributes);
                    picked.node(path, node.span, note(node), attributes);
                }
            }
        }
        self.picked = Some(picked);
        None
    }
}

/// The nodes that were asked for, their places still spans.
struct Picked<'a> {
    wanted: Option<&'a str>,
    nodes: Vec<SpannedNode>,
    /// The paths of the others.
    passed: Vec<String>,
}

struct SpannedNode {
    path: String,
    span: Span,
    note: Option<&'static str>,
    attributes: Vec<Attribute>,
}

type Attribute = (String, Literal, Option<Span>);

impl Picked<'_> {
    fn node(
        &mut self,
        path: String,
        span: Span,
        note: Option<&'static str>,
        attributes: impl FnOnce() -> Vec<Attribute>,
    ) {
        if self.wanted.is_none_or(|wanted| is_at_or_below(&path, wanted)) {
            self.nodes.push(SpannedNode { path, span, note, attributes: attributes() });
        } else {
            self.passed.push(path);
        }
    }

    fn checked(&mut self, tree: &Tree, checked: &CheckedTree) {
        for (path, node) in descend(tree) {
            let attributes = || checked_attributes(node, checked);
            self.node(path, node.span, note(node), attributes);
        }
    }

    fn dump(self, sources: &SourceMap) -> Dump {
        let passed = || self.passed.iter().map(String::as_str);
        let near = self.wanted.filter(|_| self.nodes.is_empty()).and_then(|w| nearest(w, passed()));
        let near = near.map(str::to_owned);
        let mut places = Places { sources, breaks: HashMap::new() };
        let mut nodes = Vec::with_capacity(self.nodes.len());
        for SpannedNode { path, span, note, attributes } in self.nodes {
            let place = places.name(span);
            let attribute = |(name, value, span): Attribute| {
                let place = span.map(|span| places.name(span)).unwrap_or_default();
                DumpAttribute { name, value, place }
            };
            let attributes = attributes.into_iter().map(attribute).collect();
            nodes.push(DumpNode { path, place, note, attributes });
        }
        Dump { nodes, near }
    }
}

fn is_at_or_below(path: &str, wanted: &str) -> bool {
    path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Every node with its path, in pre-order.
fn descend(tree: &Tree) -> impl Iterator<Item = (String, &TreeNode)> {
    let mut open: Vec<(String, NodeId)> = vec![(tree.node(tree.root).name.to_string(), tree.root)];
    std::iter::from_fn(move || {
        let (path, id) = open.pop()?;
        let node = tree.node(id);
        let below = node.children.iter().rev();
        open.extend(below.map(|id| (format!("{path}.{}", tree.node(*id).name), *id)));
        Some((path, node))
    })
}

fn note(node: &TreeNode) -> Option<&'static str> {
    let instance = node.instance.as_ref().map(|_| "an instance");
    instance.or_else(|| node.is_implied.then_some("nobody defined it; something is below it"))
}

fn unit_attributes(unit: &Unit) -> Vec<Attribute> {
    let text = |name: &str, text: &str| (name.to_owned(), Literal::String(text.to_owned()), None);
    let mut attributes = vec![text("definition", &unit.meaning.definition)];
    attributes.extend(unit.meaning.label.as_deref().map(|label| text("unit", label)));
    attributes.extend(unit.meaning.quantity.as_deref().map(|name| text("quantity", name)));
    let datatypes = unit.datatypes().iter().map(|name| Literal::String(name.to_string())).collect();
    let name = "allowed-datatypes".to_owned();
    attributes.push((name, Literal::List(datatypes), unit.datatypes_span));
    attributes
}

fn raw_attributes(attributes: &Attributes) -> Vec<Attribute> {
    let owned = |a: &crate::syntax::Attribute| {
        (a.name.text().to_owned(), a.value.literal(), Some(a.value.span))
    };
    attributes.iter().map(owned).collect()
}

/// Each value with the place of the attribute it was read from.
fn placed(values: Vec<(&str, Literal)>, attributes: &Attributes) -> Vec<Attribute> {
    let place = |name: &str| {
        let attribute = attributes.iter().find(|attribute| attribute.name.text() == name);
        attribute.map(|attribute| attribute.value.span)
    };
    let placed = |(name, value): (&str, Literal)| (name.to_owned(), value, place(name));
    values.into_iter().map(placed).collect()
}

/// What was read from the attributes of a node; as written where an error left nothing.
fn checked_attributes(node: &TreeNode, checked: &CheckedTree) -> Vec<Attribute> {
    let values = checked.get(&node.attributes).and_then(|checked| {
        let Checked { description, comment, deprecation, const_uid, fka, extra, .. } = &**checked;
        let texts = [description, comment, deprecation, const_uid];
        let (kind, leaf, instances) = match checked.kind.as_ref()? {
            CheckedKind::Branch { instances } => ("branch", None, instances.as_slice()),
            CheckedKind::Struct => ("struct", None, &[][..]),
            CheckedKind::Leaf(leaf) => (leaf.role.name(), Some(&**leaf), &[][..]),
        };
        Some(attributes(kind, texts, fka, leaf, instances, extra))
    });
    match values {
        Some(values) => placed(values, &node.attributes),
        None => raw_attributes(&node.attributes),
    }
}

/// Names places as `file:line`, counting the lines of a file once.
struct Places<'s> {
    sources: &'s SourceMap,
    breaks: HashMap<SourceId, Vec<usize>>,
}

impl Places<'_> {
    fn name(&mut self, span: Span) -> String {
        let source = self.sources.get(span.source);
        let breaks = self
            .breaks
            .entry(span.source)
            .or_insert_with(|| source.text.match_indices('\n').map(|(at, _)| at).collect());
        let line = breaks.partition_point(|at| *at < span.start as usize) + 1;
        format!("{}:{line}", source.input)
    }
}

/// As `vssc dump` prints it:
///
/// ```text
/// Vehicle.Speed  # vss/Vehicle.vspec:12
///   type = "sensor"  # vss/Vehicle.vspec:13
/// ```
impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in &self.nodes {
            let note = node.note.map(|note| format!(", {note}")).unwrap_or_default();
            writeln!(f, "{}  # {}{note}", node.path, node.place)?;
            for DumpAttribute { name, value, place } in &node.attributes {
                let comment = if place.is_empty() { String::new() } else { format!("  # {place}") };
                writeln!(f, "  {name} = {}{comment}", Quoted(value))?;
            }
        }
        Ok(())
    }
}

/// Text in quotes, so that `"on"` and the boolean differ.
struct Quoted<'a>(&'a Literal);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Literal::String(text) => write!(f, "{text:?}"),
            Literal::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{}", if index == 0 { "" } else { ", " }, Quoted(item))?;
                }
                f.write_str("]")
            }
            Literal::Map(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {}", if index == 0 { "" } else { ", " }, Quoted(value))?;
                }
                f.write_str("}")
            }
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Input, LoadError};

    #[derive(Debug)]
    struct Files;

    impl Loader for Files {
        fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
            let text = match input.to_string().as_str() {
                "model.vspec" => {
                    "Car: {type: branch}\nCar.Door:\n  type: branch\n  instances: [L, R]\n\
                     Car.Door.Is:\n  type: sensor\n  datatype: uint8\n  unit: kilometer\n  max: \"5\"\n"
                }
                "over.vspec" => "Car.Door.Is: {min: 1, delete: no}\n",
                "units.yaml" => {
                    "km: {definition: Far, unit: kilometer, qudt: {unit: x, quantity-kind: x}, allowed-datatypes: [numeric]}"
                }
                _ => return Err(LoadError::NotFound),
            };
            Ok(text.as_bytes().to_vec())
        }
    }

    fn request() -> Request {
        Request {
            model: Some(Input::parse("model.vspec")),
            overlays: vec![Input::parse("over.vspec")],
            ..Request::default()
        }
    }

    fn shown(pass: Pass, path: &str) -> String {
        let (dump, diagnostics) = dump(&request(), &Files, pass, Some(path));
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        dump.unwrap().to_string()
    }

    #[test]
    fn each_pass_shows_what_it_made_and_where_that_was_written() {
        assert_eq!(
            shown(Pass::Include, "Car.Door.Is"),
            "Car.Door.Is  # model.vspec:5\n  type = \"sensor\"  # model.vspec:6\n  datatype = \"uint8\"  # model.vspec:7\n  unit = \"kilometer\"  # model.vspec:8\n  max = \"5\"  # model.vspec:9\n"
        );
        assert!(shown(Pass::Overlay, "Car.Door.Is").contains("  min = 1  # over.vspec:1\n"));
        let expanded = shown(Pass::Instance, "Car.Door.L");
        assert!(expanded.starts_with("Car.Door.L  # model.vspec:2, an instance\n"), "{expanded}");
        let lowered = shown(Pass::Lower, "Car.Door.R.Is");
        assert!(lowered.contains("  unit = \"km\"  # model.vspec:8\n"), "{lowered}");
        assert!(lowered.contains("  max = 5  # model.vspec:9\n"), "{lowered}");
        assert!(shown(Pass::Unit, "km").starts_with("km  # units.yaml:1\n"));
    }

    #[test]
    fn a_path_that_is_not_there_has_a_neighbour() {
        let (dump, _) = dump(&request(), &Files, Pass::Include, Some("Car.Dor"));
        assert_eq!(dump.unwrap().near.as_deref(), Some("Car.Door"));
    }

    #[test]
    fn every_pass_is_reached_in_its_turn() {
        struct All(Vec<Pass>);
        impl Observer for All {
            fn after(&mut self, pass: Pass, _: Held<'_>) -> Option<()> {
                self.0.push(pass);
                Some(())
            }
        }
        let (mut reader, mut sink, mut all) = (Reader::new(&Files), Sink::default(), All(vec![]));
        assert!(run(&request(), &mut reader, &mut sink, &mut all).is_some());
        assert_eq!(all.0, Pass::all().collect::<Vec<_>>());
        assert!(all.0.is_sorted());
    }
}
