//! The signal broker.

pub mod proto;
pub mod v2;
