//! Compiles the broker's protocol; the definitions are the runtime's, so there is one copy.

use std::{error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let protocol = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/proto");
    println!("cargo::rerun-if-changed={}", protocol.display());
    let files = protox::compile(["kuksa/val/v2/val.proto"], [&protocol])?;
    tonic_prost_build::configure().build_server(false).compile_fds(files)?;
    Ok(())
}
