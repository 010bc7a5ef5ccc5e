//! What an app is, and what may happen to it: pure data and decisions.
//!
//! In: a manifest's text, a state, an event. Out: typed values, the next state and the
//! actions it asks for, or a denial with its reason.
//! Must not know: processes, files, sockets, the database, the clock.

mod id;

pub use id::{AppId, InvalidAppId};
