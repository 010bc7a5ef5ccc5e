//! Pass: gathers a file and everything it includes into the flat map.
//!
//! Pre-order: the file itself, then its includes, depth first; what is included
//! overrides. The position of an include in its file does not matter.

use std::rc::Rc;

use super::{flat::Flat, lint, overlay, reader::Reader};
use crate::{
    diagnostic::{Code, Report, Sink},
    source::{Inclusion, Input, SourceId, Span},
    syntax::{Document, Include},
};

/// Two files that include a third twice, which does the same with a fourth, and so on,
/// are no cycle but do not end either.
const MAX_INCLUDES: usize = 200_000;

/// Deeper than any chain of includes; each level takes a frame of the stack.
const MAX_CHAIN: usize = 200;

/// More than a tree can have; reached when a large file is included without end.
const MAX_NODES: usize = 5_000_000;

/// The extensions that an include may leave out.
const EXTENSIONS: [&str; 3] = ["vspec", "yaml", "yml"];

/// Whether keys with `*` stand for the keys they match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Globs {
    /// In all but the root file: there is nothing yet that they could match.
    AfterRoot,
    Everywhere,
}

pub(super) fn gather(
    flat: &mut Flat,
    root: SourceId,
    globs: Globs,
    include_dirs: &[Input],
    reader: &mut Reader<'_>,
    sink: &mut Sink,
) {
    let top = reader.sources.get(root).input.parent();
    let mut folders = vec![top];
    folders.extend_from_slice(include_dirs);
    let mut gatherer = Gatherer {
        flat,
        globs,
        folders,
        reader,
        sink,
        open: Vec::new(),
        includes: 0,
        laid: 0,
        is_full: false,
    };
    gatherer.file(root, "", None);
}

struct Gatherer<'a, 'l> {
    flat: &'a mut Flat,
    globs: Globs,
    /// Where includes are looked for before the folder of the including file.
    folders: Vec<Input>,
    reader: &'a mut Reader<'l>,
    sink: &'a mut Sink,
    /// The files being gathered, each included by the one before.
    open: Vec<SourceId>,
    includes: usize,
    /// How many nodes were laid over the map.
    laid: usize,
    is_full: bool,
}

impl Gatherer<'_, '_> {
    fn file(&mut self, id: SourceId, prefix: &str, from: Option<Span>) {
        if let Some(from) = from
            && self.open.contains(&id)
        {
            let input = &self.reader.sources.get(id).input;
            let report = Report::new(Code::IncludeCycle, format!("{input} includes itself"));
            self.sink.push(report.at(from));
            return;
        }
        if let Some(from) = from
            && self.open.len() >= MAX_CHAIN
        {
            let message = format!("a chain of more than {MAX_CHAIN} includes");
            self.sink.push(Report::new(Code::TooManyIncludes, message).at(from));
            return;
        }
        if let Some(span) = from
            && !self.reader.has_parsed(id)
        {
            self.reader.sources.include(id, Inclusion { span, prefix: prefix.into() });
        }
        self.open.push(id);
        let document = self.reader.document(id, self.sink);
        self.nodes(&document, prefix);
        for include in &document.includes {
            self.include(id, include, prefix);
        }
        self.open.pop();
    }

    fn nodes(&mut self, document: &Document, prefix: &str) {
        self.laid += document.nodes.len();
        let keyed = document.nodes.iter().map(|node| {
            let key: Rc<str> = if prefix.is_empty() {
                node.key.clone()
            } else {
                format!("{prefix}.{}", node.key).into()
            };
            (key, node.span, &node.attributes)
        });
        if self.globs == Globs::AfterRoot && self.open.len() == 1 {
            keyed.for_each(|node| self.lay(node));
        } else {
            let spelled = overlay::spell_out(self.flat, keyed, self.sink);
            spelled.into_iter().for_each(|node| self.lay(node));
        }
    }

    fn lay(&mut self, (key, span, attributes): overlay::Keyed<'_>) {
        self.flat.lay(key, span, attributes, |path, old, new| {
            self.sink.replaces(new.value.span, old.value.span);
            // The files that are open include the one that the new value is in.
            if self.open.contains(&old.value.span.source) {
                self.sink.push(lint::include::overridden(path, old, new));
            }
        });
    }

    fn include(&mut self, from: SourceId, include: &Include, prefix: &str) {
        if include.file.is_empty() {
            let report = Report::new(Code::BadInclude, "this include names no file");
            self.sink.push(report.at(include.span).help("write '#include FILE PREFIX'"));
            return;
        }
        self.includes += 1;
        if self.includes > MAX_INCLUDES || self.laid > MAX_NODES {
            // Once is enough: every include that is still open would say the same.
            if !self.is_full {
                let message = "the includes of this model multiply beyond all sense";
                self.sink.push(Report::new(Code::TooManyIncludes, message).at(include.span));
            }
            self.is_full = true;
            return;
        }
        let Some(id) = self.find(from, include) else { return };
        match &include.prefix {
            None => self.file(id, prefix, Some(include.span)),
            Some(inner) if prefix.is_empty() => self.file(id, inner, Some(include.span)),
            Some(inner) => self.file(id, &format!("{prefix}.{inner}"), Some(include.span)),
        }
    }

    fn find(&mut self, from: SourceId, include: &Include) -> Option<SourceId> {
        let mut tried: Vec<Input> = Vec::new();
        for input in self.candidates(from, &include.file) {
            if tried.contains(&input) {
                continue;
            }
            match self.reader.find(&input) {
                Ok(Some(id)) => return Some(id),
                Ok(None) => tried.push(input),
                Err(report) => {
                    self.sink.push(report.label(include.span, "included here"));
                    return None;
                }
            }
        }
        let tried: Vec<String> = tried.iter().map(ToString::to_string).collect();
        let message = format!("the included file '{}' is not there", include.file);
        let tried = tried.join("\n");
        let help = format!("name its folder with --include-dirs; looked for it as\n{tried}");
        self.sink.push(Report::new(Code::MissingInclude, message).at(include.span).help(help));
        None
    }

    /// Where an included file may be, in the order of search.
    fn candidates(&self, from: SourceId, file: &str) -> Vec<Input> {
        let own = self.reader.sources.get(from).input.parent();
        let names = names(file);
        let folders = self.folders.iter().chain([&own]);
        folders.flat_map(|folder| names.iter().map(|name| folder.join(name))).collect()
    }
}

/// The names to look for: as written, or with each extension where it has none.
pub(super) fn names(file: &str) -> Vec<String> {
    let last = file.rsplit(['/', '!']).next().unwrap_or(file);
    // A leading dot makes a hidden file, not an extension.
    let has_extension = last.rfind('.').is_some_and(|at| at > 0);
    if has_extension {
        return vec![file.to_owned()];
    }
    EXTENSIONS.iter().map(|extension| format!("{file}.{extension}")).collect()
}
