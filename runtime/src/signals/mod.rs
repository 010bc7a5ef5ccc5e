//! The signal broker: values, metadata, subscriptions and actuations of one model.
//!
//! In: a [`Manifest`](vss_codegen::model::Manifest) that becomes the [`Registry`]; clients,
//! each with a fixed identity ([`Client`]): whoever may connect to the TCP port, the runtime
//! itself, or one app behind its own socket.
//! Out: the [`Broker`] for use in this process, [`serve_tcp`] and [`serve_app`] for everyone
//! else (`kuksa.val.v2`, `v1` and `sdv.databroker.v1`), [`PipeDoor`] for clients in this
//! process that speak these too, and [`Sources`] that fill signals: [`mock`], which plays a
//! car, and others.
//!
//! Every way in goes through [`Broker`], which checks access first, then type and bounds:
//! the protocol modules (`v1`, `v2`, `sdv`) only translate. A signal has a slot of its own
//! with its value, its claims and a list of its subscribers; a publisher visits that list and
//! nothing else. Each subscriber has a bounded queue, so that a slow one costs others nothing:
//!
//! ```text
//! v1, v2, sdv ─▶ Broker ─▶ Slot ─▶ Queue ─▶ Subscription ─▶ v1, v2, sdv
//!                            └───▶ Provider (actuations)
//! ```
//!
//! No lock is held over an await, and none while a task is woken.
//! Must not know: apps' states, processes, HTTP, the database.

mod access;
mod broker;
mod budget;
pub mod condition;
mod error;
#[cfg(feature = "daemon")]
mod following;
#[cfg(feature = "daemon")]
pub mod history;
#[cfg(feature = "daemon")]
pub mod kuksa;
pub mod mock;
mod pattern;
pub mod proto;
mod provider;
pub mod query;
mod queue;
mod registry;
mod rules;
mod sdv;
mod serve;
mod slot;
mod source;
mod subscription;
#[cfg(test)]
mod testing;
#[cfg(feature = "daemon")]
pub mod trace;
mod update;
mod v1;
pub mod v2;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use access::{Client, Grants, Who};
pub use broker::{Audit, Broker, Denial, Holders, SignalRef};
pub use error::SignalError;
pub use pattern::{InvalidPattern, Pattern};
pub use provider::{Actuation, ActuationStream, Provider};
pub use registry::{Entry, Registry, RegistryError, Succession};
pub use rules::{Rule, Rules};
#[cfg(feature = "daemon")]
pub use serve::{AUDIENCE, Gate, GateError, TlsFiles, TokenFiles, serve_gate};
pub use serve::{AppSocket, PipeDoor, SOCKET_NAME, serve_app, serve_tcp};
pub use source::{Part, Share, Source, SourceState, SourceStatus, Sources, Stage};
pub use subscription::Subscription;
pub use update::{Datapoint, Update};

/// What `GetServerInfo` answers.
const SERVER_NAME: &str = "vehicle-edge";

/// A poisoned lock is taken all the same: no invariant spans two steps under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
