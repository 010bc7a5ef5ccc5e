//! From raw trees to the typed model: an ordered list of passes.

use crate::{
    Diagnostic, Request,
    diagnostic::{Code, Report, Sink},
    model::Catalog,
    source::{Input, Loader, ReadError, SourceMap},
    syntax::parse_document,
};

pub(crate) fn resolve(
    request: &Request,
    loader: &dyn Loader,
) -> (Option<Catalog>, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    let mut sink = Sink::default();
    let input = request.model.clone().unwrap_or_else(Input::default_model);
    match sources.read(&input, loader) {
        Ok(id) => {
            let text = sources.get(id).text.clone();
            parse_document(id, &input, &text, &mut sink);
        }
        Err(ReadError::Load(error)) => {
            sink.push(Report::new(Code::Unreadable, format!("cannot read {input}: {error}")));
        }
        Err(ReadError::Encoding(at)) => {
            sink.push(Report::new(Code::NotUtf8, format!("{input} is not UTF-8 (byte {at})")));
        }
    }
    (None, sink.finish(&sources))
}
