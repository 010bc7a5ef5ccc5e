//! The VSS compiler.
//!
//! Two functions carry everything: [`compile`] turns sources (vspec, VSS JSON; files,
//! addresses, standard input) into a typed [`model::Catalog`] and a list of diagnostics;
//! [`generate`] turns a catalog into files. `vssc` is a thin shell around them.
//!
//! With no features the crate is [`model`] alone. It never knows the runtime.

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "compile")]
pub mod diagnostic;
#[cfg(feature = "compile")]
pub mod diff;
#[cfg(feature = "compile")]
pub mod format;
pub mod model;
#[cfg(feature = "compile")]
pub mod outline;
#[cfg(feature = "generate")]
pub mod output;
#[cfg(feature = "generate")]
mod render;
#[cfg(feature = "compile")]
mod request;
#[cfg(feature = "compile")]
mod resolve;
#[cfg(feature = "compile")]
pub mod search;
#[cfg(feature = "compile")]
pub mod source;
#[cfg(feature = "compile")]
mod syntax;
#[cfg(feature = "generate")]
pub mod target;

#[cfg(feature = "compile")]
pub use diagnostic::Diagnostic;
#[cfg(feature = "generate")]
mod user_template;

#[cfg(feature = "generate")]
pub use render::{TemplateError, Templates};
#[cfg(feature = "compile")]
pub use request::{Request, StrictRule, VssVersion};
#[cfg(feature = "compile")]
pub use resolve::{Dump, DumpAttribute, DumpNode, Pass, dump};
#[cfg(feature = "generate")]
pub use target::{GenerateError, GeneratedFile, Target, generate};
#[cfg(feature = "generate")]
pub use user_template::UserTemplate;

/// Reads, resolves and checks a model. All problems are reported at once; the catalog is
/// there exactly when none of them is an error.
#[cfg(feature = "compile")]
pub fn compile(
    request: &Request,
    loader: &dyn source::Loader,
) -> (Option<model::Catalog>, Vec<Diagnostic>) {
    resolve::resolve(request, loader)
}
