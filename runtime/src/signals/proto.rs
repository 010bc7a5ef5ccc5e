//! Generated from `runtime/proto` by `build.rs`.
#![allow(missing_debug_implementations, unreachable_pub, clippy::all, reason = "generated")]

pub mod v1 {
    tonic::include_proto!("kuksa.val.v1");
}

pub mod v2 {
    tonic::include_proto!("kuksa.val.v2");
}
