//! Addresses to listen on: loopback only, with errors that name the flag to change.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error(
        "{flag} {address}: only loopback addresses (127.0.0.1, [::1]) are served, as there is \
         no authentication yet: whoever reaches the port controls the apps and the signals"
    )]
    NotLoopback { flag: &'static str, address: SocketAddr },
    #[error(
        "{flag} {address}: the port is in use; stop what uses it (another vehicle-edge, \
         a Kuksa databroker?) or choose another one, as in {flag} {}:0", .address.ip()
    )]
    InUse { flag: &'static str, address: SocketAddr },
    #[error("{flag} {address}: cannot listen there: {source}")]
    Other { flag: &'static str, address: SocketAddr, source: io::Error },
}

/// Binds `address`, the value of `flag`.
pub(crate) async fn bind(
    flag: &'static str,
    address: SocketAddr,
) -> Result<TcpListener, ListenError> {
    if !address.ip().is_loopback() {
        return Err(ListenError::NotLoopback { flag, address });
    }
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse { flag, address },
        _ => ListenError::Other { flag, address, source },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn other_machines_are_not_served_and_the_message_says_why() {
        let error = bind("--http-listen", "0.0.0.0:0".parse().unwrap()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "--http-listen 0.0.0.0:0: only loopback addresses (127.0.0.1, [::1]) are served, as \
             there is no authentication yet: whoever reaches the port controls the apps and the \
             signals"
        );
    }

    #[tokio::test]
    async fn a_port_in_use_is_named_with_its_flag() {
        let first = bind("--http-listen", "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = first.local_addr().unwrap();
        let error = bind("--grpc-listen", address).await.unwrap_err();
        assert!(
            error.to_string().starts_with(&format!("--grpc-listen {address}: the port is in use")),
            "{error}"
        );
    }
}
