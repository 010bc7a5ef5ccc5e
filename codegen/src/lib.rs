//! The VSS compiler.
//!
//! Two functions carry everything: [`compile`] turns sources (vspec, VSS JSON; files,
//! addresses, standard input) into a typed [`model::Catalog`] and a list of diagnostics;
//! [`generate`] turns a catalog into files. `vssc` is a thin shell around them.
//!
//! With no features the crate is [`model`] alone. It never knows the runtime.

pub mod model;
#[cfg(feature = "generate")]
pub mod output;
#[cfg(feature = "generate")]
mod render;
#[cfg(feature = "generate")]
pub mod target;

#[cfg(feature = "generate")]
pub use render::{TemplateError, Templates};
#[cfg(feature = "generate")]
pub use target::{GenerateError, GeneratedFile, Target, generate};
