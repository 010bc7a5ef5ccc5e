//! Stands in for the crate of this name, which compiles protoc from C++: gives the protoc that
//! the Python package grpcio-tools has inside.

use std::path::{Path, PathBuf};

pub fn protoc() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("protoc")
}
