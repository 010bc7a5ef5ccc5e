//! Messages, clients and servers, generated from `runtime/proto` by `build.rs`.
#![allow(missing_debug_implementations, unreachable_pub, clippy::all, reason = "generated")]

pub mod v1 {
    tonic::include_proto!("kuksa.val.v1");
}

pub mod v2 {
    tonic::include_proto!("kuksa.val.v2");
}

/// The older interface, `sdv.databroker.v1`.
pub mod databroker {
    tonic::include_proto!("sdv.databroker.v1");
}

pub(super) mod servers {
    pub(crate) mod v1 {
        include!(concat!(env!("OUT_DIR"), "/servers/kuksa.val.v1.rs"));
    }

    pub(crate) mod v2 {
        include!(concat!(env!("OUT_DIR"), "/servers/kuksa.val.v2.rs"));
    }
}
