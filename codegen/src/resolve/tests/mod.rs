//! What holds for any input at all: see the files.

mod any_text;
#[cfg(feature = "generate")]
mod models;
#[cfg(feature = "generate")]
mod properties;

use std::collections::HashMap;

use crate::{
    Diagnostic, Request, compile,
    model::Catalog,
    source::{Input, LoadError, Loader},
};

/// Files by name, in the place of a folder.
#[derive(Debug)]
pub(super) struct Files(HashMap<String, String>);

pub(super) fn files<'n>(files: impl IntoIterator<Item = (&'n str, String)>) -> Files {
    Files(files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect())
}

impl Loader for Files {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        let text = self.0.get(&input.to_string()).ok_or(LoadError::NotFound)?;
        Ok(text.clone().into_bytes())
    }
}

/// Compiles the first name, with the overlays that follow as `-l NAME`.
pub(super) fn compiled(files: Files, options: &[&str]) -> (Option<Catalog>, Vec<Diagnostic>) {
    let model = options.first().map(|name| Input::parse(name));
    let overlays = options.iter().skip(1).filter(|word| **word != "-l");
    let overlays = overlays.map(|name| Input::parse(name)).collect();
    compile(&Request { model, overlays, ..Request::default() }, &files)
}
