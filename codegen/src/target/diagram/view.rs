//! Boxes and lines.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::{Language, Options, text};
use crate::{
    model::{Catalog, Element, Kind, Leaf, Literal, Node},
    target::{facts, safe, share},
};

/// How many names a box for several branches has.
const NAMES: usize = 4;

#[derive(Debug, Serialize)]
pub(super) struct Diagram {
    header: String,
    boxes: Vec<Box>,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Box {
    id: String,
    title: String,
    /// `branch` or `struct`.
    kind: &'static str,
    /// Each signal, and what is not shown.
    rows: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    from: String,
    to: String,
    /// Whether it is a branch below another, rather than a value of a struct.
    is_part: bool,
}

struct Walk<'m, 'o> {
    language: Language,
    options: &'o Options,
    boxes: Vec<Box>,
    lines: Vec<Line>,
    /// The boxes of structs by path.
    structs: HashMap<&'m str, String>,
    /// Which box has values of which struct.
    uses: Vec<(String, &'m str)>,
}

pub(super) fn diagram(
    catalog: &Catalog,
    roots: &[&Node],
    language: Language,
    options: &Options,
) -> Diagram {
    let mut walk = Walk {
        language,
        options,
        boxes: Vec::new(),
        lines: Vec::new(),
        structs: HashMap::new(),
        uses: Vec::new(),
    };
    for root in roots {
        walk.node(&[root], &root.path, 0);
    }
    for (from, name) in std::mem::take(&mut walk.uses) {
        if let Some(to) = walk.structs.get(name) {
            walk.lines.push(Line { from, to: to.clone(), is_part: false });
        }
    }
    Diagram { header: safe::header(catalog), boxes: walk.boxes, lines: walk.lines }
}

impl<'m> Walk<'m, '_> {
    /// The box for `members`, which are the same, and those below it.
    fn node(&mut self, members: &[&'m Node], title: &str, level: usize) {
        let id = next_id(&self.boxes);
        let Some(node) = members.first() else { return };
        if matches!(node.kind, Kind::Struct(_)) {
            self.structs.insert(&node.path, id.clone());
        }
        let index = self.boxes.len();
        let title = text::escaped(title, self.language);
        self.boxes.push(Box { id: id.clone(), title, kind: node.type_name(), rows: Vec::new() });

        let mut rows = Vec::new();
        if !self.options.no_signals {
            rows.extend(node.children().iter().filter_map(|child| Some(row(child, child.leaf()?))));
        }
        let groups = share::groups(node);
        let structs = node.children().iter().filter(|c| matches!(c.kind, Kind::Struct(_)));
        let below: Vec<Vec<&Node>> =
            groups.into_iter().map(|group| group.members).chain(structs.map(|s| vec![s])).collect();
        if self.options.depth.is_some_and(|depth| level >= depth) {
            let hidden: usize = below.iter().map(Vec::len).sum();
            if hidden > 0 {
                rows.push(format!("and {hidden} below"));
            }
        } else {
            for members in below {
                let to = next_id(&self.boxes);
                self.lines.push(Line { from: id.clone(), to, is_part: true });
                self.node(&members, &names(&members), level + 1);
            }
        }
        self.boxes[index].rows = rows.iter().map(|row| text::escaped(row, self.language)).collect();
        if !self.options.no_signals {
            self.note_uses(node, &id);
        }
    }

    fn note_uses(&mut self, node: &'m Node, id: &str) {
        let mut seen = HashSet::new();
        for leaf in node.children().iter().filter_map(Node::leaf) {
            if let Element::Struct(name) = &leaf.datatype.element
                && seen.insert(name)
            {
                self.uses.push((id.to_owned(), name));
            }
        }
    }
}

fn next_id(boxes: &[Box]) -> String {
    format!("n{}", boxes.len() + 1)
}

/// `Row1, Row2`, or how instances are declared.
fn names(members: &[&Node]) -> String {
    let mut names: Vec<&str> = members.iter().take(NAMES).map(|member| &*member.name).collect();
    let rest;
    if members.len() > NAMES {
        rest = format!("{} more", members.len() - NAMES);
        names.push(&rest);
    }
    let mut title = names.join(", ");
    if let [Node { kind: Kind::Branch(branch), .. }] = members
        && !branch.instances.is_empty()
    {
        title.push_str(&format!(" {}", Literal::List(branch.instances.clone())));
    }
    title
}

/// `Speed: float in km/h, 0 to 250`
fn row(node: &Node, leaf: &Leaf) -> String {
    format!("{}: {}", node.name, facts::value(leaf))
}
