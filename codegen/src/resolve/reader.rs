//! Reads the inputs of a compilation, each once, and reports what cannot be read.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use crate::{
    diagnostic::{Code, Report, Sink},
    source::{Input, LoadError, Loader, ReadError, SourceId, SourceMap, Span},
    syntax::{Document, Raw, parse_document, parse_raw},
};

#[derive(Debug)]
pub(super) struct Reader<'l> {
    pub(super) loader: &'l dyn Loader,
    pub(super) sources: SourceMap,
    documents: HashMap<SourceId, Rc<Document>>,
    /// Places without a file: an include is looked for in several folders.
    absent: HashSet<Input>,
}

impl<'l> Reader<'l> {
    pub(super) fn new(loader: &'l dyn Loader) -> Reader<'l> {
        Reader {
            loader,
            sources: SourceMap::default(),
            documents: HashMap::new(),
            absent: HashSet::new(),
        }
    }

    /// The source of `input`; `Ok(None)` where there is none.
    pub(super) fn find(&mut self, input: &Input) -> Result<Option<SourceId>, Report> {
        if self.absent.contains(input) {
            return Ok(None);
        }
        match self.sources.read(input, self.loader) {
            Ok(id) => Ok(Some(id)),
            Err(ReadError::Load(LoadError::NotFound)) => {
                self.absent.insert(input.clone());
                Ok(None)
            }
            Err(ReadError::Load(error)) => Err(unreadable(input, &error)),
            Err(ReadError::Encoding { id, at }) => {
                Err(Report::new(Code::NotUtf8, format!("{input} is not UTF-8 text"))
                    .at(Span::new(id, at, at + 1))
                    .help("save the file as UTF-8"))
            }
        }
    }

    /// The source of an input that the user named.
    pub(super) fn require(&mut self, input: &Input, sink: &mut Sink) -> Option<SourceId> {
        match self.find(input) {
            Ok(Some(id)) => return Some(id),
            Ok(None) => {
                let report = unreadable(input, &LoadError::NotFound);
                sink.push(if input.is_foreign_address() {
                    report.help("of addresses, only http:// and https:// can be read")
                } else {
                    report
                });
            }
            Err(report) => sink.push(report),
        }
        None
    }

    /// Whether a source was met before, as a file that the user named or an included one.
    pub(super) fn has_parsed(&self, id: SourceId) -> bool {
        self.documents.contains_key(&id)
    }

    pub(super) fn document(&mut self, id: SourceId, sink: &mut Sink) -> Rc<Document> {
        if let Some(document) = self.documents.get(&id) {
            return document.clone();
        }
        let source = self.sources.get(id);
        let document = Rc::new(parse_document(id, &source.input, &source.text, sink));
        self.documents.insert(id, document.clone());
        document
    }

    /// Every document read so far.
    pub(super) fn documents(&self) -> impl Iterator<Item = (SourceId, &Document)> {
        self.documents.iter().map(|(id, document)| (*id, &**document))
    }

    pub(super) fn raw(&self, id: SourceId, sink: &mut Sink) -> Option<Raw> {
        let source = self.sources.get(id);
        parse_raw(id, &source.input, &source.text, sink)
    }
}

/// What there is to say of an input that could not be read.
pub(super) fn unreadable(input: &Input, error: &LoadError) -> Report {
    let code = match error {
        LoadError::NotCached => Code::NotCached,
        LoadError::Access { .. } => Code::AccessRefused,
        LoadError::Archive { .. } => Code::BadArchive,
        LoadError::NotFound | LoadError::Advised { .. } | LoadError::Other(_) => Code::Unreadable,
    };
    let report = Report::new(code, format!("cannot read {input}: {error}"));
    match error.help() {
        Some(help) => report.help(help),
        None => report,
    }
}
