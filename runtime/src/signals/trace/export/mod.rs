//! Traces for other programs: csv for people, parquet for their tools.
//!
//! In: a trace, and which signals. Out: a stream of text or bytes, and how many updates went
//! into it. Memory does not grow with the trace.

mod csv;
mod parquet;
#[cfg(test)]
mod tests;

use vss_codegen::model::Value;

pub use self::csv::{csv, csv_wide};
pub use self::parquet::parquet;

/// A scalar as it is, an array as JSON; nothing for no value.
fn text(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(value) if value.kind().is_array => serde_json::to_string(value).unwrap_or_default(),
        Some(value) => value.to_string(),
    }
}
