//! What the docstrings say, in paragraphs.

use crate::model::{Catalog, Leaf, Literal, Node};

/// A branch: what it is, what else there is to say, and whether it goes away.
pub(super) fn branch(node: &Node) -> Vec<String> {
    let mut paragraphs = vec![match node.description.as_deref().map(str::trim) {
        None | Some("") => format!("`{}`.", node.name),
        Some(description) => description.to_owned(),
    }];
    paragraphs.extend(node.comment.clone());
    paragraphs.extend(node.deprecation.as_ref().map(|text| format!("Deprecated: {text}")));
    paragraphs
}

/// A signal: the same, then the facts, one to a line. `place` is where it stands, if that
/// can be said in one line.
pub(super) fn signal(
    node: &Node,
    leaf: &Leaf,
    place: Option<&str>,
    catalog: &Catalog,
) -> Vec<String> {
    let mut paragraphs = branch(node);
    let mut lines: Vec<String> =
        place.map(|place| format!("Path: {place}.{}", node.name)).into_iter().collect();
    lines.push(format!("{}: {}", capitalised(leaf.role.name()), leaf.datatype));
    if let Some(key) = &leaf.unit {
        let label = catalog.units.get(key).and_then(|unit| unit.label.as_deref());
        lines.push(match label {
            Some(label) if label != key => format!("Unit: {key} ({label})"),
            _ => format!("Unit: {key}"),
        });
    }
    lines.extend(match (&leaf.min, &leaf.max) {
        (Some(min), Some(max)) => Some(format!("Range: {min} to {max}")),
        (Some(min), None) => Some(format!("Range: {min} or more")),
        (None, Some(max)) => Some(format!("Range: {max} or less")),
        (None, None) => None,
    });
    if !leaf.allowed.is_empty() {
        let allowed: Vec<String> = leaf.allowed.iter().map(Literal::to_string).collect();
        lines.push(format!("Allowed: {}", allowed.join(", ")));
    }
    if !leaf.enumeration.is_empty() {
        let named = leaf.enumeration.iter().map(|(key, value)| format!("{key} ({value})"));
        lines.push(format!("Allowed: {}", named.collect::<Vec<_>>().join(", ")));
    }
    lines.extend(leaf.default.as_ref().map(|default| format!("Default: {default}")));
    paragraphs.push(lines.join("\n"));
    paragraphs
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
