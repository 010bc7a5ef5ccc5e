//! Messages, clients and servers, generated from `runtime/proto` by `build.rs`.
#![allow(missing_debug_implementations, unreachable_pub, clippy::all, reason = "generated")]

pub mod v1 {
    tonic::include_proto!("kuksa.val.v1");
}

pub mod v2 {
    tonic::include_proto!("kuksa.val.v2");
}

/// The older interface, `sdv.databroker.v1`.
pub mod sdv {
    tonic::include_proto!("sdv.databroker.v1");
}

/// All of these, as an encoded `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");

pub(super) mod servers {
    pub(crate) mod v1 {
        include!(concat!(env!("OUT_DIR"), "/servers/kuksa.val.v1.rs"));
    }

    pub(crate) mod v2 {
        include!(concat!(env!("OUT_DIR"), "/servers/kuksa.val.v2.rs"));
    }

    pub(crate) mod sdv {
        include!(concat!(env!("OUT_DIR"), "/servers/sdv.databroker.v1.rs"));
    }
}
