//! The built `vehicle-edge serve`, driven over HTTP, over the WebSocket and by its own
//! commands, on free ports with a state folder of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "api/access.rs"]
mod access;
#[path = "api/apps.rs"]
mod apps;
#[path = "api/daemon.rs"]
mod daemon;
#[path = "api/flood.rs"]
mod flood;
#[path = "api/guard.rs"]
mod guard;
#[path = "api/serve.rs"]
mod serve;
#[path = "api/signals.rs"]
mod signals;
#[path = "api/socket.rs"]
mod socket;
#[path = "api/upload.rs"]
mod upload;
