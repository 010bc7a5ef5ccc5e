//! Compiles the broker's interfaces with protox, so that no protoc is needed.

use std::{fs, io, path::Path};

const FILES: [&str; 7] = [
    "kuksa/val/v1/types.proto",
    "kuksa/val/v1/val.proto",
    "kuksa/val/v2/types.proto",
    "kuksa/val/v2/val.proto",
    "sdv/databroker/v1/types.proto",
    "sdv/databroker/v1/broker.proto",
    "sdv/databroker/v1/collector.proto",
];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=proto");
    let mut compiler = protox::Compiler::new(["proto"]).map_err(io::Error::other)?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(FILES).map_err(io::Error::other)?;
    let files = compiler.file_descriptor_set();

    // Messages and clients.
    tonic_prost_build::configure().build_server(false).compile_fds(files.clone())?;

    // Servers by themselves, with subscription messages of our own: they are put
    // together from entries that were encoded once for all subscribers.
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let servers = Path::new(&out).join("servers");
    fs::create_dir_all(&servers)?;
    tonic_prost_build::configure()
        .build_client(false)
        .extern_path(".kuksa.val.v1", "crate::signals::proto::v1")
        .extern_path(".kuksa.val.v2", "crate::signals::proto::v2")
        .extern_path(".kuksa.val.v2.SubscribeResponse", "crate::signals::v2::Entries")
        .extern_path(".kuksa.val.v2.SubscribeByIdResponse", "crate::signals::v2::Entries")
        .extern_path(".sdv.databroker.v1", "crate::signals::proto::sdv")
        .out_dir(servers)
        .compile_fds(files)?;

    // For clients that ask what is served, without the comments.
    compiler.include_source_info(false);
    fs::write(Path::new(&out).join("descriptors.bin"), compiler.encode_file_descriptor_set())
}
