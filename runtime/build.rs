//! Compiles the broker's interfaces with protox, so that no protoc is needed.

use std::{io, path::Path};

fn main() -> io::Result<()> {
    let files = protox::compile(
        [
            "kuksa/val/v1/types.proto",
            "kuksa/val/v1/val.proto",
            "kuksa/val/v2/types.proto",
            "kuksa/val/v2/val.proto",
        ],
        ["proto"],
    )
    .map_err(io::Error::other)?;
    println!("cargo::rerun-if-changed=proto");

    // Messages and clients.
    tonic_prost_build::configure().build_server(false).compile_fds(files.clone())?;

    // Servers by themselves, with subscription messages of our own: they are put
    // together from entries that were encoded once for all subscribers.
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let servers = Path::new(&out).join("servers");
    std::fs::create_dir_all(&servers)?;
    tonic_prost_build::configure()
        .build_client(false)
        .extern_path(".kuksa.val.v1", "crate::signals::proto::v1")
        .extern_path(".kuksa.val.v2", "crate::signals::proto::v2")
        .extern_path(".kuksa.val.v2.SubscribeResponse", "crate::signals::v2::Entries")
        .extern_path(".kuksa.val.v2.SubscribeByIdResponse", "crate::signals::v2::Entries")
        .out_dir(servers)
        .compile_fds(files)?;

    // Not served yet: messages alone.
    let older =
        protox::compile(["sdv/databroker/v1/broker.proto"], ["proto"]).map_err(io::Error::other)?;
    tonic_prost_build::configure().build_client(false).build_server(false).compile_fds(older)
}
