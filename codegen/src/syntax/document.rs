//! A source as a list of nodes.

use std::rc::Rc;

use super::{Attribute, Attributes, Name, Raw, RawValue, parse_raw};
use crate::{
    diagnostic::{Code, Report, Severity, Sink},
    source::{Input, SourceId, Span},
};

/// What one source says, before it meets any other.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) nodes: Vec<DocumentNode>,
    /// The struct types that an exported model carries beside its own nodes.
    pub(crate) types: Vec<DocumentNode>,
    pub(crate) includes: Vec<Include>,
}

#[derive(Debug)]
pub(crate) struct DocumentNode {
    /// The dotted path as written; in JSON, put together from the nesting.
    pub(crate) key: Rc<str>,
    pub(crate) span: Span,
    pub(crate) attributes: Rc<Attributes>,
}

/// `#include FILE PREFIX`, or one item of a branch's `includes`.
#[derive(Debug)]
pub(crate) struct Include {
    /// Empty where the line names none.
    pub(crate) file: Rc<str>,
    pub(crate) prefix: Option<Rc<str>>,
    pub(crate) span: Span,
}

/// The key of struct types in an exported model.
const TYPES: &str = "ComplexDataTypes";

/// A tree in JSON nests two levels per node; this is far more than any has.
const MAX_DEPTH: usize = 200;

pub(crate) fn parse_document(
    source: SourceId,
    input: &Input,
    text: &str,
    sink: &mut Sink,
) -> Document {
    let mut document = Document::default();
    read_nodes(&mut document, source, input, text, sink);
    // After the `includes` of the branches, so that the lines override them.
    if !super::is_json(input, text) {
        document.includes.extend(include_lines(source, text));
    }
    document
}

fn read_nodes(
    document: &mut Document,
    source: SourceId,
    input: &Input,
    text: &str,
    sink: &mut Sink,
) {
    let is_json = super::is_json(input, text);
    let Some(root) = parse_raw(source, input, text, sink) else { return };
    let RawValue::Map(pairs) = &root.value else {
        if !root.is_null() {
            sink.push(
                Report::new(
                    Code::NotAMap,
                    format!("a model is a map of nodes, not {}", root.kind()),
                )
                .at(root.span),
            );
        }
        return;
    };
    for (key, value) in pairs.iter() {
        let Some(name) = text_key(key, sink) else { continue };
        if is_json && &*name == TYPES {
            children(&mut document.types, "", TYPES, value, 0, sink);
        } else if is_json {
            tree_node(&mut document.nodes, name, key.span, value, 1, sink);
        } else if let Some(mut attributes) = attributes_of(&name, value, sink) {
            take_includes(&mut attributes, &name, &mut document.includes, sink);
            let attributes = Rc::new(attributes);
            document.nodes.push(DocumentNode { key: name, span: key.span, attributes });
        }
    }
}

/// Only where the same map says that the node is a branch are its `includes` files; else they
/// are an attribute as any that the language does not know.
fn take_includes(
    attributes: &mut Attributes,
    node: &Rc<str>,
    includes: &mut Vec<Include>,
    sink: &mut Sink,
) {
    let is_branch = attributes.type_name() == Some("branch");
    let Some(attribute) = attributes.remove(&Name::Includes) else { return };
    if is_branch && !attribute.value.is_null() {
        branch_includes(includes, node, &attribute.value, sink);
    } else {
        let name = Name::Extra(Name::Includes.text().into());
        attributes.set(Attribute { name, ..attribute });
    }
}

/// The `includes` of a branch: files whose nodes go below it.
fn branch_includes(includes: &mut Vec<Include>, node: &Rc<str>, value: &Raw, sink: &mut Sink) {
    let wrong = |raw: &Raw, expected: &str| {
        let message = format!("'includes' takes {expected}, not {}", raw.kind());
        Report::new(Code::BadInclude, message).at(raw.span)
    };
    let RawValue::List(files) = &value.value else {
        sink.push(wrong(value, "a list of files"));
        return;
    };
    for file in files.iter() {
        match &file.value {
            RawValue::String(name) => {
                let (include, report) = branch_include(name, node, file.span);
                includes.push(include);
                report.into_iter().for_each(|report| sink.push(report));
            }
            _ => sink.push(wrong(file, "file names")),
        }
    }
}

/// The language reads it as the line `#include FILE NODE`, in which more than one word behind
/// the file is prose.
fn branch_include(text: &str, node: &Rc<str>, span: Span) -> (Include, Option<Report>) {
    let mut words = text.split_whitespace();
    let file = words.next().unwrap_or_default().into();
    let Some(word) = words.next() else {
        return (Include { file, prefix: Some(node.clone()), span }, None);
    };
    let message = format!("with '{word}' behind the file, its nodes do not go below '{node}'");
    let report = Report::new(Code::BadInclude, message).graded(Severity::Warning).at(span);
    let report = report.help(format!("write '{file}' alone; for a prefix, '#include FILE PREFIX'"));
    (Include { file, prefix: None, span }, Some(report))
}

fn text_key(key: &Raw, sink: &mut Sink) -> Option<Rc<str>> {
    if let RawValue::String(text) = &key.value {
        return Some(text.clone());
    }
    sink.push(
        Report::new(Code::BadKey, format!("a name is text, but this reads as {}", key.kind()))
            .at(key.span)
            .help("put it in quotes"),
    );
    None
}

fn attributes_of(node: &str, value: &Raw, sink: &mut Sink) -> Option<Attributes> {
    let RawValue::Map(pairs) = &value.value else {
        let message = format!("'{node}' needs a map of attributes, not {}", value.kind());
        let report = Report::new(Code::NotAMap, message).at(value.span);
        sink.push(match value.as_str() {
            Some(text) if text.contains(':') => report.help("a colon needs a blank behind it"),
            _ => report,
        });
        return None;
    };
    let attribute = |(key, value): &(Raw, Raw)| {
        let name = Name::new(&text_key(key, sink)?);
        Some(Attribute { name, key: key.span, value: value.clone() })
    };
    Some(pairs.iter().filter_map(attribute).collect())
}

/// A node of VSS JSON with everything below it.
fn tree_node(
    nodes: &mut Vec<DocumentNode>,
    path: Rc<str>,
    span: Span,
    value: &Raw,
    depth: usize,
    sink: &mut Sink,
) {
    if depth > MAX_DEPTH {
        sink.push(Report::new(Code::TooDeep, format!("more than {MAX_DEPTH} levels")).at(span));
        return;
    }
    let Some(mut attributes) = attributes_of(&path, value, sink) else { return };
    let below = attributes.remove(&Name::Extra("children".into()));
    nodes.push(DocumentNode { key: path.clone(), span, attributes: Rc::new(attributes) });
    if let Some(below) = below {
        children(nodes, &path, "children", &below.value, depth, sink);
    }
}

/// The nodes of a map that hangs on `path`, or on nothing.
fn children(
    nodes: &mut Vec<DocumentNode>,
    path: &str,
    what: &str,
    value: &Raw,
    depth: usize,
    sink: &mut Sink,
) {
    let RawValue::Map(pairs) = &value.value else {
        let message = format!("'{what}' takes a map of nodes, not {}", value.kind());
        sink.push(Report::new(Code::NotAMap, message).at(value.span));
        return;
    };
    for (key, value) in pairs.iter() {
        let Some(name) = text_key(key, sink) else { continue };
        if name.contains('.') {
            sink.push(
                Report::new(Code::BadName, format!("the name '{name}' contains a dot"))
                    .at(key.span),
            );
            continue;
        }
        let path = if path.is_empty() { name } else { format!("{path}.{name}").into() };
        tree_node(nodes, path, key.span, value, depth + 1, sink);
    }
}

/// Every line that begins with `#include`, wherever it stands: the language finds them in
/// the text, so one inside a block of text counts too.
fn include_lines(source: SourceId, text: &str) -> Vec<Include> {
    const WORD: &str = "#include";
    let mut includes = Vec::new();
    for (at, _) in text.match_indices(WORD) {
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        if !text[line_start..at].trim_start_matches('\u{feff}').trim().is_empty() {
            continue;
        }
        let line = text[at..].lines().next().unwrap_or_default();
        let mut words = line.split_whitespace().skip(1);
        let file = words.next().unwrap_or_default();
        // More than one word after the file is prose, not a prefix.
        let prefix = words.next().filter(|_| words.next().is_none());
        includes.push(Include {
            file: file.into(),
            prefix: prefix.map(Rc::from),
            span: Span::new(source, at, at + line.trim_end().len()),
        });
    }
    includes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    fn document(name: &str, text: &str) -> (Document, Vec<String>) {
        let mut sources = SourceMap::default();
        let input = Input::Path(name.into());
        let source = sources.add(input.clone(), text.into());
        let mut sink = Sink::default();
        let document = parse_document(source, &input, text, &mut sink);
        let problems = sink.finish(&sources);
        (document, problems.iter().map(|p| format!("{}: {}", p.code, p.message)).collect())
    }

    #[test]
    fn includes_are_lines_wherever_they_stand() {
        let text = "#include a.vspec A.B\r\nA:\n  description: |\n    #include b.vspec\n  #include c and more words\nB: #include d.vspec\n#include\n";
        let (document, _) = document("a.vspec", text);
        let found: Vec<_> =
            document.includes.iter().map(|i| (&*i.file, i.prefix.as_deref())).collect();
        assert_eq!(found, [("a.vspec", Some("A.B")), ("b.vspec", None), ("c", None), ("", None)]);
    }

    #[test]
    fn json_gives_the_same_nodes_as_vspec() {
        let json = r#"{"A": {"type": "branch", "children": {"B": {"type": "sensor"}}}}"#;
        let keys = |document: &Document| -> Vec<String> {
            document.nodes.iter().map(|node| node.key.to_string()).collect()
        };
        let (from_json, problems) = document("a.json", json);
        let (from_vspec, _) = document("a.vspec", "A: {type: branch}\nA.B: {type: sensor}\n");
        assert_eq!(keys(&from_json), keys(&from_vspec));
        assert!(problems.is_empty());
    }

    #[test]
    fn what_is_no_map_is_reported_and_the_rest_is_read() {
        let (document, problems) = document("a.vspec", "A: 5\non: {}\nB: {type: branch}\n");
        assert_eq!(document.nodes.len(), 1);
        assert_eq!(
            problems,
            [
                "VSS004: 'A' needs a map of attributes, not an integer",
                "VSS007: a name is text, but this reads as a boolean",
            ]
        );
    }
}
