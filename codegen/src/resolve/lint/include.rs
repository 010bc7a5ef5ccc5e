//! A file and what it includes say different things of one node. The included file counts,
//! wherever the include stands; that a file cannot change what it includes surprises.

use crate::{
    diagnostic::{Code, Report},
    syntax::Attribute,
};

/// The report of an attribute of a file, `old`, that an included one sets otherwise.
pub(in crate::resolve) fn overridden(path: &str, old: &Attribute, new: &Attribute) -> Report {
    let name = old.name.text();
    let message = format!("this '{name}' of '{path}' has no effect: an included file sets it too");
    Report::new(Code::IncludeOverrides, message)
        .at(old.value.span)
        .label(new.value.span, "what is included counts")
        .help("change it in the included file, or in an overlay")
}
