//! The vehicle edge runtime.
//!
//! `api` and `cli` parse what people and programs ask; the `supervisor` decides and is the
//! only one that changes an app's state; `sandbox`, `python`, `signals`, `store` and
//! `console` each do one kind of work for it and never import each other; `app` holds the
//! pure decisions and imports nothing of ours. `daemon` puts them together.
//!
//! ```text
//! cli ── HTTP ──▶ api ──▶ supervisor ──▶ {sandbox, python, signals, store, console} ──▶ app
//! ```

pub mod api;
pub mod app;
pub mod cli;
pub mod console;
pub mod daemon;
pub mod python;
pub mod sandbox;
pub mod signals;
pub mod socket;
pub mod store;
pub mod supervisor;
