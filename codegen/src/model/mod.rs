//! The typed vehicle signal model: plain data that every other part reads.
//!
//! In: nothing of ours. The compiler builds a [`Catalog`] when no error is left;
//! the runtime reads a [`Manifest`], which is the flat, per-signal view of one.
//! Out: [`DataType`] and [`Value`] (the one table of VSS types and their bounds),
//! [`Literal`] (data as it was authored), the tree, the manifest.
//! Must not know: files, spans, diagnostics, templates, wire formats, the runtime.

mod attributes;
mod catalog;
mod datatype;
mod literal;
mod manifest;
mod path;
mod value;

#[cfg(feature = "compile")]
pub(crate) use attributes::attributes;
pub use catalog::{Branch, Catalog, Instance, Kind, Leaf, Node, Role, Unit};
pub use datatype::{DataType, Element, UnknownDataType};
pub use literal::{Literal, Sameness};
pub use manifest::{Access, Manifest, ModelInfo, SdkInfo, Signal, SignalKind};
pub use path::nearest;
pub use value::{Limits, Value, Violation};
