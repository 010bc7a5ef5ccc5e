//! A diff for people: as text, and as Markdown.

use std::fmt::Write;

use super::{AttributeChange, Change, ChangeKind, Diff, Step};
use crate::model::Literal;

/// Longer values are cut; the JSON form has them whole.
const MAX_VALUE: usize = 60;

const TITLES: [(ChangeKind, &str, char); 4] = [
    (ChangeKind::Removed, "Removed", '-'),
    (ChangeKind::Renamed, "Renamed", '>'),
    (ChangeKind::Changed, "Changed", '~'),
    (ChangeKind::Added, "Added", '+'),
];

pub(super) fn text(diff: &Diff, color: bool) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    for (kind, title, mark) in TITLES {
        let changes: Vec<&Change> = diff.changes.iter().filter(|c| c.kind == kind).collect();
        if !changes.is_empty() {
            let _ = writeln!(out, "{title}");
            changes.iter().for_each(|change| text_change(&mut out, change, mark, color));
            out.push('\n');
        }
    }
    if !diff.hints.is_empty() {
        let _ = writeln!(out, "Perhaps renamed: equal but for the path ('fka' would say so)");
        for hint in &diff.hints {
            let _ = writeln!(out, "  ? {} -> {}", visible(&hint.old), visible(&hint.new));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", verdict(diff));
    out
}

fn text_change(out: &mut String, change: &Change, mark: char, color: bool) {
    let paint = |style: &str, text: &str| match color {
        true => format!("\x1b[{style}m{text}\x1b[0m"),
        false => text.to_owned(),
    };
    let style = match (change.breaking, change.kind) {
        (true, _) => "31",
        (false, ChangeKind::Added) => "32",
        (false, _) => "0",
    };
    let breaking = if change.breaking { "  breaking" } else { "" };
    let head = format!("{mark} {}", visible(&headline(change)));
    let _ = writeln!(out, "  {}{}", paint(style, &head), paint("1;31", breaking));
    for attribute in &change.attributes {
        let breaking = if attribute.breaking { "  breaking" } else { "" };
        let line = visible(&attribute_line(attribute));
        let _ = writeln!(out, "      {line}{}", paint("1;31", breaking));
    }
}

/// `Vehicle.Cabin.Door.*.*.IsOpen  sensor, 4 signals`
fn headline(change: &Change) -> String {
    let from = change.from.as_ref().map(|from| format!("{from} -> ")).unwrap_or_default();
    format!("{from}{}  {}", change.path, extent(change))
}

/// `sensor`, `sensor, 2 of 4 signals`, `branch, 12 signals`, `2 branches, 24 signals`.
fn extent(change: &Change) -> String {
    let (nodes, signals) = (change.paths.len(), change.signals.len());
    let is_leaf = signals == nodes && !matches!(change.node.as_str(), "branch" | "struct");
    let head = match (nodes, change.node.as_str()) {
        (2.., "branch") => format!("{nodes} branches"),
        (2.., "struct") => format!("{nodes} structs"),
        (_, node) => node.to_owned(),
    };
    match (nodes, signals) {
        (1, 1) if is_leaf => head,
        _ if is_leaf && nodes < change.of => format!("{head}, {nodes} of {} signals", change.of),
        (_, 0) => head,
        (_, 1) => format!("{head}, 1 signal"),
        _ => format!("{head}, {signals} signals"),
    }
}

fn attribute_line(change: &AttributeChange) -> String {
    let AttributeChange { name, old, new, reason, .. } = change;
    let reason = reason.as_deref();
    // Of two lists, what differs says more than both.
    if let (Some(Literal::List(_) | Literal::Map(_)), Some(_), Some(reason)) = (old, new, reason) {
        return format!("{name}: {reason}");
    }
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{name}: {} -> {}{reason}", value(old.as_ref()), value(new.as_ref()))
}

fn value(literal: Option<&Literal>) -> String {
    let text = match literal {
        None => return "none".to_owned(),
        Some(Literal::String(text)) if text.is_empty() => "''".to_owned(),
        Some(literal) => literal.to_string(),
    };
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Control characters of a model must not reach the terminal.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn verdict(diff: &Diff) -> String {
    let changes = diff.changes.len();
    let breaking = diff.changes.iter().filter(|change| change.breaking).count();
    let step = match diff.step {
        Step::None => return "no changes".to_owned(),
        step => step.name(),
    };
    let version = match (&diff.old.version, &diff.next_version) {
        (Some(old), Some(next)) => format!(": {old} -> {next}"),
        _ => String::new(),
    };
    let plural = if changes == 1 { "" } else { "s" };
    format!("{changes} change{plural}, {breaking} breaking; a {step} step{version}")
}

pub(super) fn markdown(diff: &Diff) -> String {
    let mut out = String::new();
    let name = |model: &super::ModelName| match &model.version {
        Some(version) => format!("{} {version}", model.name),
        None => model.name.clone(),
    };
    let _ = writeln!(out, "# {} to {}\n", escaped(&name(&diff.old)), escaped(&name(&diff.new)));
    let _ = writeln!(out, "{}.", verdict(diff));
    for (kind, title, _) in TITLES {
        let changes: Vec<&Change> = diff.changes.iter().filter(|c| c.kind == kind).collect();
        if !changes.is_empty() {
            let _ = writeln!(out, "\n## {title}\n");
            changes.iter().for_each(|change| markdown_change(&mut out, change));
        }
    }
    if !diff.hints.is_empty() {
        let _ = writeln!(out, "\n## Perhaps renamed\n");
        for hint in &diff.hints {
            let _ = writeln!(out, "- {} to {}", code(&hint.old), code(&hint.new));
        }
    }
    out
}

fn markdown_change(out: &mut String, change: &Change) {
    let from = change.from.as_ref().map(|from| format!("{} to ", code(from))).unwrap_or_default();
    let breaking = if change.breaking { ", **breaking**" } else { "" };
    let _ = writeln!(out, "- {from}{} ({}){breaking}", code(&change.path), extent(change));
    for attribute in &change.attributes {
        let breaking = if attribute.breaking { ", **breaking**" } else { "" };
        let _ = writeln!(out, "  - {}{breaking}", escaped(&attribute_line(attribute)));
    }
}

fn code(text: &str) -> String {
    format!("`{}`", visible(text).replace('`', "'"))
}

/// What Markdown would take for a mark of its own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(text).chars() {
        if "\\`*_[]<>#|".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}
