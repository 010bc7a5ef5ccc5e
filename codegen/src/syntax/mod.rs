//! From text to a raw tree with the place of every value.
//!
//! In: the text of one source. Out: a [`Document`]: nodes by their dotted key, each with
//! its attributes, and the `#include` lines. vspec YAML and VSS JSON come out alike.
//! Scalars are read as YAML 1.1 ([`scalar`]), as every existing model expects.
//! Broken text gives a report and what could be read before it, never a panic.
//! Must not know: what attributes mean, other files.

mod attributes;
mod document;
mod json;
mod raw;
mod scalar;
mod yaml;

pub(crate) use attributes::{Attribute, Attributes, Name};
pub(crate) use document::{Document, DocumentNode, Include, parse_document};
pub(crate) use raw::{Raw, RawValue, merge_pairs};

use crate::{
    diagnostic::{Code, Report, Sink},
    source::{Input, SourceId, Span},
};

/// The raw tree of any text; `None` where it is empty or too broken.
pub(crate) fn parse_raw(
    source: SourceId,
    input: &Input,
    text: &str,
    sink: &mut Sink,
) -> Option<Raw> {
    if is_web_page(text) {
        let first_line = text.lines().next().unwrap_or_default();
        sink.push(
            Report::new(Code::NotAMap, "this is a web page")
                .at(Span::new(source, 0, first_line.len()))
                .help("name the address of the file itself, on GitHub that of 'Raw'"),
        );
        None
    } else if is_json(input, text) {
        json::parse(source, text, sink)
    } else {
        yaml::parse(source, text, sink)
    }
}

/// What many servers send for the address of the page that shows a file.
fn is_web_page(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let begins_with =
        |mark: &str| text.get(..mark.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(mark));
    begins_with("<!doctype html") || begins_with("<html")
}

/// By the name, or by the first character where there is no telling name.
pub(crate) fn is_json(input: &Input, text: &str) -> bool {
    match input.extension().as_deref() {
        Some("json") => true,
        Some("vspec" | "yaml" | "yml") => false,
        _ => text.trim_start_matches('\u{feff}').trim_start().starts_with('{'),
    }
}
