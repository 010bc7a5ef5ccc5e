//! Nodes and their attributes in order, with blank lines between.

use super::{
    Hunk,
    lines::{Kind, Line},
};

/// The order in which the published catalogue writes attributes, for the most part.
pub(super) const ORDER: [&str; 20] = [
    "datatype",
    "arraysize",
    "type",
    "instances",
    "instances_relation",
    "aggregate",
    "instantiate",
    "unit",
    "min",
    "max",
    "pattern",
    "allowed",
    "enum",
    "default",
    "deprecation",
    "description",
    "comment",
    "fka",
    "constUID",
    "delete",
];

/// Something that stands at the left margin, with what is below it.
struct Item {
    lines: Vec<Line>,
    is_node: bool,
    /// The author left a line free above.
    blank_above: bool,
}

impl Item {
    fn is_long_node(&self) -> bool {
        self.is_node && self.lines.len() > 1
    }

    fn is_include(&self) -> bool {
        self.lines.iter().any(|line| line.kind == Kind::Include)
    }
}

/// The whole text, and where it differs from the one that it was.
pub(super) fn lay_out(old: &str, lines: Vec<Line>, is_model: bool) -> (String, Vec<Hunk>) {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let mut text = String::new();
    let mut hunks = Vec::new();
    // The old lines so far. What comes next is compared with those up to its end.
    let mut shown = 0;
    let mut before: Option<Item> = None;
    for mut item in items(lines) {
        if item.is_node && is_model {
            item.lines = in_order(item.lines);
        }
        let wants_blank = before.as_ref().is_some_and(|before| wants_blank(before, &item));
        let blank = if wants_blank { vec!["\n".to_owned()] } else { Vec::new() };
        let lines = item.lines.iter().map(|line| format!("{}\n", line.text)).collect();
        let numbers = || item.lines.iter().map(|line| line.number);
        let first = numbers().min().unwrap_or_default();
        let end = (numbers().max().unwrap_or_default() + 1).min(old.len());
        for (from, to, new) in [(shown, first, blank), (first, end, lines)] {
            hunks.extend(hunk(from, &old[from..to], &new));
            text.extend(new);
        }
        shown = end;
        before = Some(item);
    }
    hunks.extend(hunk(shown, &old[shown..], &[]));
    (text, hunks)
}

/// Blank lines go, those inside values apart.
fn items(lines: Vec<Line>) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut blank_above = false;
    for line in lines {
        if line.kind == Kind::Blank {
            blank_above = true;
            continue;
        }
        let at_margin = match line.kind {
            Kind::Continued => false,
            Kind::Marker => true,
            _ => line.indent == 0,
        };
        match items.last_mut() {
            Some(item) if !at_margin && item.is_node => item.lines.push(line),
            _ => {
                let is_node = line.kind == Kind::Structure;
                items.push(Item { lines: vec![line], is_node, blank_above });
            }
        }
        blank_above = false;
    }
    items
}

fn wants_blank(before: &Item, item: &Item) -> bool {
    // A text that keeps the empty lines behind it: one more would be its own.
    let last = before.lines.last();
    if last.is_some_and(|line| line.kind == Kind::Continued && line.text.is_empty()) {
        return false;
    }
    if before.is_long_node() {
        // What fills a branch may stand right below it.
        return item.blank_above || !item.is_include();
    }
    if item.is_long_node() {
        // A comment right above a node belongs to it.
        return item.blank_above || before.is_node || before.is_include();
    }
    item.blank_above
}

/// The attributes of a node in order, each with the comments above it.
fn in_order(lines: Vec<Line>) -> Vec<Line> {
    // An include counts by its place, an alias comes after what it stands for.
    let counts = |line: &Line| line.has_alias || line.text.trim_start().starts_with("#include");
    if lines.iter().any(counts) {
        return lines;
    }
    let is_attribute = |line: &Line| line.kind == Kind::Structure && line.indent == 2;
    let is_own_comment = |line: &Line| line.kind == Kind::Comment && line.indent <= 2;
    let mut head = Vec::new();
    let mut attributes: Vec<(usize, Vec<Line>)> = Vec::new();
    let mut comments: Vec<Line> = Vec::new();
    for line in lines {
        if is_attribute(&line) {
            let mut lines = std::mem::take(&mut comments);
            let rank = rank(&line.text);
            lines.push(line);
            attributes.push((rank, lines));
        } else if is_own_comment(&line) {
            comments.push(line);
        } else {
            // What looked like a comment on the next attribute stood amid this one.
            let owner = attributes.last_mut().map_or(&mut head, |(_, lines)| lines);
            owner.append(&mut comments);
            owner.push(line);
        }
    }
    attributes.sort_by_key(|(rank, _)| *rank);
    head.into_iter().chain(attributes.into_iter().flat_map(|(_, l)| l)).chain(comments).collect()
}

fn rank(line: &str) -> usize {
    let name = line.trim().split(':').next().unwrap_or_default().trim_matches(['\'', '"']);
    ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len())
}

/// What differs between the two, without the lines that they begin and end with alike.
fn hunk(first: usize, old: &[&str], new: &[String]) -> Option<Hunk> {
    let alike = old.iter().zip(new).take_while(|(a, b)| *a == b).count();
    let (old, new) = (&old[alike..], &new[alike..]);
    let ends = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| *a == b).count();
    let (old, new) = (&old[..old.len() - ends], &new[..new.len() - ends]);
    (!old.is_empty() || !new.is_empty()).then(|| Hunk {
        line: first + alike + 1,
        old: old.iter().map(|line| (*line).to_owned()).collect(),
        new: new.to_vec(),
    })
}
