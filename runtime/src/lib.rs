//! The vehicle edge runtime.
//!
//! `api` and `cli` parse what people and programs ask; the `supervisor` decides and is the
//! only one that changes an app's state; `sandbox`, `python`, `models`, `signals`, `topics`,
//! `store` and `console` each do one kind of work for it and never import each other; `app` holds the
//! pure decisions and imports nothing of ours. `daemon` puts them together.
//!
//! ```text
//! cli ── HTTP ──▶ api ──▶ supervisor ──▶ {sandbox, python, models, signals, topics, store, console} ──▶ app
//! ```

#[cfg(feature = "daemon")]
pub mod api;
#[cfg(feature = "daemon")]
pub mod app;
#[cfg(feature = "daemon")]
pub mod cli;
#[cfg(feature = "daemon")]
pub mod console;
#[cfg(feature = "daemon")]
pub mod daemon;
#[cfg(feature = "daemon")]
pub mod models;
#[cfg(feature = "daemon")]
pub mod python;
#[cfg(feature = "daemon")]
pub mod sandbox;
pub mod signals;
pub mod socket;
#[cfg(feature = "daemon")]
pub mod store;
#[cfg(feature = "daemon")]
pub mod supervisor;
#[cfg(feature = "daemon")]
pub mod topics;
