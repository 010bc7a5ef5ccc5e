//! What the comments of the schema languages say, in lines that hold nothing but text.

use super::safe::is_deceptive;
use crate::model::{Element, Leaf, Literal, Node};

/// Description and comment.
pub(super) fn branch(node: &Node) -> Vec<String> {
    paragraphs(node, None)
}

/// The same, and what else the model says of a signal.
pub(super) fn leaf(node: &Node, leaf: &Leaf) -> Vec<String> {
    paragraphs(node, Some(facts(leaf)))
}

/// `uint8[] of 3`, `float in km/h, 0 to 250`
pub(super) fn value(leaf: &Leaf) -> String {
    let mut value = leaf.datatype.to_string();
    if let Some(size) = leaf.arraysize {
        value.push_str(&format!(" of {size}"));
    }
    if let Some(unit) = &leaf.unit {
        value.push_str(&format!(" in {unit}"));
    }
    match (&leaf.min, &leaf.max) {
        (Some(min), Some(max)) => value.push_str(&format!(", {min} to {max}")),
        (Some(min), None) => value.push_str(&format!(", at least {min}")),
        (None, Some(max)) => value.push_str(&format!(", at most {max}")),
        (None, None) => {}
    }
    value
}

/// Text as lines of a comment.
pub(super) fn lines(text: &str) -> Vec<String> {
    let text = text.trim().replace("\r\n", "\n");
    if text.is_empty() {
        return Vec::new();
    }
    text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).map(line).collect()
}

fn line(text: &str) -> String {
    let visible = text.trim_end().chars().map(|c| match c {
        '\t' => ' ',
        c if is_deceptive(c) => '\u{fffd}',
        c => c,
    });
    visible.collect()
}

/// Values in a sentence.
pub(super) fn list(items: &[Literal]) -> String {
    items.iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// `Values: PARK (0), REVERSE (-1).`
pub(super) fn named(leaf: &Leaf) -> String {
    let named = leaf.enumeration.iter().map(|(name, value)| format!("{name} ({value})"));
    format!("Values: {}.", named.collect::<Vec<_>>().join(", "))
}

/// Texts in quotes, so that one sees where they end.
pub(super) fn quoted(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => line(&serde_json::Value::from(&**text).to_string()),
        Literal::List(items) => format!("[{}]", list(items)),
        other => line(&other.to_string()),
    }
}

fn paragraphs(node: &Node, facts: Option<String>) -> Vec<String> {
    let texts = [
        node.description.clone(),
        node.comment.clone(),
        facts,
        node.deprecation.as_ref().map(|note| format!("Deprecated: {note}")),
    ];
    let mut all = Vec::new();
    for paragraph in texts.iter().flatten().map(|text| lines(text)) {
        if !all.is_empty() && !paragraph.is_empty() {
            all.push(String::new());
        }
        all.extend(paragraph);
    }
    all
}

/// `Sensor: float in km/h, 0 to 250.`
fn facts(leaf: &Leaf) -> String {
    let role = leaf.role.name();
    let mut facts = format!("{}{}: {}.", role[..1].to_uppercase(), &role[1..], value(leaf));
    // The values of a text are an enum, each with a line of its own.
    if !leaf.allowed.is_empty() && leaf.datatype.element != Element::String {
        facts.push_str(&format!(" Allowed: {}.", list(&leaf.allowed)));
    }
    if let Some(pattern) = &leaf.pattern {
        facts.push_str(&format!(" Pattern: {pattern}"));
    }
    if let Some(default) = &leaf.default {
        facts.push_str(&format!(
            "{}Default: {}.",
            if leaf.pattern.is_some() { "\n" } else { " " },
            quoted(default)
        ));
    }
    facts
}
