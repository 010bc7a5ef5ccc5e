//! Takes a tree apart, noting every problem on the way.

use serde_yaml::{Location, Spanned};
use vss_codegen::model::nearest;

use super::{Data, Node, Problem, source_text};

#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a str,
    text: &'a str,
    /// Words that will mean something; better told so than guessed to be misspelled.
    later: &'static [&'static str],
    problems: Vec<Problem>,
}

/// The entries of one map, and where it is for what is missing in it.
#[derive(Debug)]
pub(crate) struct Fields<'n> {
    prefix: String,
    pub(crate) at: Location,
    pub(crate) entries: &'n [(Spanned<String>, Node)],
}

impl<'n> Fields<'n> {
    /// A value that is given; `key:` with nothing after it counts as not given.
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        let (_, node) = self.entries.iter().find(|(key, _)| key.value == name)?;
        (node.value != Data::Null).then_some(node)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", self.prefix) }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str, later: &'static [&'static str]) -> Reader<'a> {
        Reader { file, text, later, problems: Vec::new() }
    }

    /// What was read, if nothing was complained about.
    pub(crate) fn finish<T>(mut self, read: Option<T>) -> Result<T, Vec<Problem>> {
        match read {
            Some(read) if self.problems.is_empty() => Ok(read),
            _ => {
                self.problems.sort_by_key(|problem| (problem.line, problem.column));
                Err(self.problems)
            }
        }
    }

    pub(crate) fn complain(&mut self, at: Location, field: &str, message: impl Into<String>) {
        self.problems.push(Problem {
            line: Some(at.line()).filter(|line| *line > 0),
            column: Some(at.column()).filter(|column| *column > 0),
            field: field.to_owned(),
            ..Problem::of_file(self.file, message)
        });
    }

    pub(crate) fn fields<'n>(
        &mut self,
        node: &'n Node,
        prefix: &str,
        known: &[&str],
    ) -> Option<Fields<'n>> {
        let Data::Map(entries) = &node.value else {
            let message = format!("expected named fields, got {}", node.value.describe());
            self.complain(node.referenced, prefix, message);
            return None;
        };
        let fields = Fields { prefix: prefix.to_owned(), at: node.referenced, entries };
        for (key, _) in entries {
            let name = key.value.as_str();
            if known.contains(&name) {
                continue;
            }
            let message = match nearest(name, known.iter().copied()) {
                _ if self.later.contains(&name) => "is not supported yet".to_owned(),
                Some(near) => format!("unknown field; did you mean '{near}'?"),
                None => format!("unknown field; known are {}", known.join(", ")),
            };
            self.complain(key.referenced, &fields.path(name), message);
        }
        Some(fields)
    }

    pub(crate) fn required(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        what: &str,
    ) -> Option<(String, Location)> {
        let field = fields.path(name);
        let Some(node) = fields.get(name) else {
            self.complain(fields.at, &field, format!("is missing: give {what}"));
            return None;
        };
        let text = self.string(node, &field)?;
        if text.trim().is_empty() {
            self.complain(node.referenced, &field, format!("is empty: give {what}"));
            return None;
        }
        Some((text, node.referenced))
    }

    /// A scalar as it is written: `version: 1.10` is the text 1.10.
    pub(crate) fn string(&mut self, node: &Node, field: &str) -> Option<String> {
        let text = match &node.value {
            Data::Text(text) => text.clone(),
            Data::Bool(_) | Data::Int(_) | Data::Float(_) => {
                source_text(self.text, node.defined)?.trim().to_owned()
            }
            other => {
                let message = format!("expected a text, got {}", other.describe());
                self.complain(node.referenced, field, message);
                return None;
            }
        };
        Some(text)
    }

    pub(crate) fn flag(&mut self, fields: &Fields<'_>, name: &str) -> Option<bool> {
        let node = fields.get(name)?;
        let Data::Bool(value) = node.value else {
            let message = format!("expected true or false, got {}", node.value.describe());
            self.complain(node.referenced, &fields.path(name), message);
            return None;
        };
        Some(value)
    }

    pub(crate) fn items<'n>(&mut self, fields: &Fields<'n>, name: &str) -> &'n [Node] {
        match fields.get(name) {
            None => &[],
            Some(Node { value: Data::List(items), .. }) => items,
            Some(node) => {
                let message = format!("expected a list, got {}", node.value.describe());
                self.complain(node.referenced, &fields.path(name), message);
                &[]
            }
        }
    }

    pub(crate) fn parsed<T, E: ToString>(
        &mut self,
        at: Location,
        field: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        result.map_err(|error| self.complain(at, field, error.to_string())).ok()
    }
}

/// Line and column, for what is checked later.
pub(crate) fn place(node: &Node) -> Option<(u64, u64)> {
    Some((node.referenced.line(), node.referenced.column())).filter(|(line, _)| *line > 0)
}
