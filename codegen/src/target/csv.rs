//! CSV as the reference tool writes it: a line for each node, in the order of the tree.

use super::pythonic;
use crate::model::{Catalog, Kind, Literal, Node};

/// Columns beside those that every file has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Columns<'a> {
    /// A column for the declared instances; of use where they are not expanded.
    pub instances: bool,
    /// Attributes that the language does not know, by name.
    pub extra: &'a [String],
}

/// The whole model with a line of headings; lines end as Windows ends them.
pub fn to_string(catalog: &Catalog, columns: Columns<'_>) -> String {
    let mut out = String::new();
    // With struct types in it the file lists more than signals.
    let first = if catalog.types.is_empty() { "Signal" } else { "Node" };
    headings(&mut out, first, columns);
    for node in catalog.root.descend() {
        let cells = cells(node, columns);
        line(&mut out, cells.iter().map(String::as_str));
    }
    types(&mut out, &catalog.types, columns);
    out
}

/// Struct types alone. They have no columns for attributes that the language does not know.
pub fn types_to_string(nodes: &[Node], columns: Columns<'_>) -> String {
    let mut out = String::new();
    headings(&mut out, "Node", Columns { extra: &[], ..columns });
    types(&mut out, nodes, columns);
    out
}

fn types(out: &mut String, nodes: &[Node], columns: Columns<'_>) {
    for node in nodes.iter().flat_map(Node::descend) {
        let cells = cells(node, Columns { extra: &[], ..columns });
        line(out, cells.iter().map(String::as_str));
    }
}

fn headings(out: &mut String, first: &str, columns: Columns<'_>) {
    let headings = [
        first,
        "Type",
        "DataType",
        "Deprecated",
        "Unit",
        "Min",
        "Max",
        "Desc",
        "Comment",
        "Allowed",
        "Default",
    ];
    let instances = columns.instances.then_some("Instances");
    let extra = columns.extra.iter().map(String::as_str);
    line(out, headings.into_iter().chain(instances).chain(extra));
}

fn cells(node: &Node, columns: Columns<'_>) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let literal = |literal: &Option<Literal>| literal.as_ref().map(cell).unwrap_or_default();
    let leaf = node.leaf();
    let mut cells = vec![
        node.path.clone(),
        node.type_name().to_owned(),
        leaf.map(|leaf| leaf.datatype.to_string()).unwrap_or_default(),
        text(&node.deprecation),
        leaf.map(|leaf| text(&leaf.unit)).unwrap_or_default(),
        leaf.map(|leaf| literal(&leaf.min)).unwrap_or_default(),
        leaf.map(|leaf| literal(&leaf.max)).unwrap_or_default(),
        text(&node.description),
        text(&node.comment),
        leaf.filter(|leaf| !leaf.allowed.is_empty())
            .map(|leaf| pythonic::list(&leaf.allowed))
            .unwrap_or_default(),
        leaf.map(|leaf| literal(&leaf.default)).unwrap_or_default(),
    ];
    if columns.instances {
        cells.push(match &node.kind {
            Kind::Branch(branch) => pythonic::list(&branch.instances),
            Kind::Struct(_) | Kind::Leaf(_) => String::new(),
        });
    }
    let extra = columns.extra.iter().map(|name| node.extra.get(name).map(cell).unwrap_or_default());
    cells.extend(extra);
    cells
}

/// Nothing at all stands for null.
fn cell(literal: &Literal) -> String {
    match literal {
        Literal::Null => String::new(),
        other => pythonic::str(other),
    }
}

fn line<'a>(out: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(',');
        }
        if cell.contains([',', '"', '\r', '\n']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}
