//! Vehicle signals over `kuksa.val.v2`: what generated models and other clients are made of.
//!
//! A generated model gives handles, [`Sensor`], [`Actuator`] and [`Attribute`], each with
//! its path and the type of its values. With a [`Client`] they are read, set, followed and
//! published:
//!
//! ```ignore
//! let client = Client::from_env()?;
//! let speed = vehicle().speed().get(&client).await?;
//! println!("{:?} {:?}", speed.value, speed.reason);
//!
//! vehicle().cabin().seat().row1().driver_side().position().set(&client, 120).await?;
//!
//! let mut speeds = vehicle().speed().subscribe(&client, Options::newest());
//! while let Some(speed) = speeds.next().await {
//!     println!("{:?}", speed?.value);
//! }
//! ```
//!
//! [`Client::get`] and [`Client::subscribe`] take several signals, [`Client::batch`] sets
//! several. [`Client::provider`] is the other side: it carries out actuations.
//!
//! - A signal without a value reads as `None` with a reason; nothing is invented.
//! - What the model does not allow is refused before it is sent; what it cannot be, the
//!   compiler refuses. Only an actuator has `set`, only what changes has `subscribe`, and
//!   signals of a struct type have none of these, since `kuksa.val.v2` has no message for
//!   structs.
//! - A lost connection is made again by the next call; subscriptions and providers are
//!   restored. What cannot heal is an [`Error`] at once.
//!
//! Without the feature `grpc` there are the handles alone, and nothing to talk with.

#![cfg_attr(not(feature = "grpc"), allow(rustdoc::broken_intra_doc_links))]

mod branch;
#[cfg(feature = "grpc")]
mod broker;
mod signal;
mod value;

pub use branch::{Branch, Instances};
pub use signal::{About, Actuator, Attribute, Sensor, Signal};
pub use value::{Choice, Value};

#[cfg(feature = "grpc")]
pub use broker::*;
