//! Real apps in real sandboxes, as root and as an ordinary user.
//!
//! Each test runs as whoever runs the tests. Run by root, `users` then starts this very
//! program again as another user and repeats all of them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends by it")]

#[path = "sandbox/console.rs"]
mod console;
#[path = "sandbox/harness.rs"]
mod harness;
#[path = "sandbox/isolation.rs"]
mod isolation;
#[path = "sandbox/life.rs"]
mod life;
#[path = "sandbox/limits.rs"]
mod limits;
#[path = "sandbox/users.rs"]
mod users;
