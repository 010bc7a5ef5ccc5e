//! All that talks to a broker.
//!
//! In: handles, and values of their types. Out: readings, streams of them, actuations.
//! `wire` alone knows how values travel, `check` what a signal may have, `error` what the
//! broker's refusals mean.

mod address;
mod backoff;
mod batch;
mod calls;
mod check;
mod client;
mod connection;
mod error;
#[doc(hidden)]
pub mod proto;
mod provider;
mod queue;
mod reading;
mod session;
mod signals;
mod subscription;
#[cfg(test)]
mod testing;
mod wire;

pub use batch::Batch;
pub use client::{BROKER_VARIABLE, Client, DEFAULT_BROKER};
pub use error::Error;
pub use provider::{Provider, ProviderBuilder, Publication, Reject};
pub use reading::Reading;
pub use signals::{Changing, Signals};
pub use subscription::{Options, Subscription};
pub use tokio_stream::Stream;
pub use wire::{Carried, Element};

// How to connect, for those who speak `proto` themselves.
#[doc(hidden)]
pub use self::{
    address::{Address, channel_over},
    backoff::Backoff,
    connection::Connection,
};
