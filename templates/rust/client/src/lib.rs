//! Vehicle signals over `kuksa.val.v2`: what generated models and other clients are made of.
//!
//! In: an address, signals with their types. Out: readings, streams of them, actuations.
//! Must not know: any model, Python, the runtime.

mod address;
mod backoff;
pub mod proto;

pub use address::Address;
pub use backoff::Backoff;
