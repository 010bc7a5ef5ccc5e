//! Real apps under a real supervisor: real uv, real sandboxes, real databases.
//!
//! Says so and passes where there is no uv (`VEHICLE_EDGE_UV`, or on PATH).

// Helpers outside of test functions may fail a test like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "supervisor/bench.rs"]
mod bench;
#[path = "supervisor/install.rs"]
mod install;
#[path = "supervisor/life.rs"]
mod life;
#[path = "supervisor/random.rs"]
mod random;
#[path = "supervisor/recovery.rs"]
mod recovery;
