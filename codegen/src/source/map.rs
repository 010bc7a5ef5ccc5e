use std::{collections::HashMap, rc::Rc};

use super::{Input, LoadError, Loader};

/// Index of a source in its [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SourceId(u32);

impl SourceId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A range of bytes in one source. Small, since every scalar of the model carries one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Span {
    pub(crate) source: SourceId,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(source: SourceId, start: usize, end: usize) -> Span {
        // Sources are limited to far less than 4 GiB.
        let clamp = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { source, start: clamp(start), end: clamp(end) }
    }
}

#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) input: Input,
    pub(crate) text: Rc<str>,
    /// What led here first; `None` for a file that was read because the user named it.
    pub(crate) inclusion: Option<Inclusion>,
}

/// An include and what it says.
#[derive(Debug)]
pub(crate) struct Inclusion {
    pub(crate) span: Span,
    /// The path below which it puts a file, with all the paths around it; often empty.
    pub(crate) prefix: Rc<str>,
}

/// Everything that was read, so that diagnostics can show it.
#[derive(Debug, Default)]
pub(crate) struct SourceMap {
    sources: Vec<Source>,
    known: HashMap<Input, SourceId>,
}

/// Why an input gave no text.
#[derive(Debug)]
pub(crate) enum ReadError {
    Load(LoadError),
    /// Not UTF-8, from this byte on. The source holds the text with marks in the place
    /// of what could not be read, so that the place can be shown.
    Encoding {
        id: SourceId,
        at: usize,
    },
}

impl SourceMap {
    /// The text of `input`, read at most once.
    pub(crate) fn read(
        &mut self,
        input: &Input,
        loader: &dyn Loader,
    ) -> Result<SourceId, ReadError> {
        if let Some(id) = self.known.get(input) {
            return Ok(*id);
        }
        let bytes = loader.load(input).map_err(ReadError::Load)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(self.add(input.clone(), text.into())),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes());
                let id = self.push(input.clone(), text.into());
                Err(ReadError::Encoding { id, at })
            }
        }
    }

    pub(crate) fn add(&mut self, input: Input, text: Rc<str>) -> SourceId {
        let id = self.push(input.clone(), text);
        self.known.insert(input, id);
        id
    }

    fn push(&mut self, input: Input, text: Rc<str>) -> SourceId {
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        self.sources.push(Source { input, text, inclusion: None });
        id
    }

    /// Notes where a source is included for the first time.
    pub(crate) fn include(&mut self, id: SourceId, inclusion: Inclusion) {
        self.sources[id.index()].inclusion = Some(inclusion);
    }

    pub(crate) fn get(&self, id: SourceId) -> &Source {
        &self.sources[id.index()]
    }
}
