//! Any text as a vspec file to be formatted: the layout of a layout is itself.
#![no_main]

use vss_codegen::{format::format, source::Input};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let input = Input::parse("model.vspec");
    if let Ok(formatted) = format(&input, text) {
        let again = format(&input, &formatted.text);
        assert_eq!(again.map(|again| again.text).ok().as_deref(), Some(formatted.text.as_str()));
    }
});
