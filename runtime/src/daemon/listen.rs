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

/// Whether `address`, the value of `flag`, may be listened on.
pub(crate) fn check(flag: &'static str, address: SocketAddr) -> Result<(), ListenError> {
    match address.ip().is_loopback() {
        true => Ok(()),
        false => Err(ListenError::NotLoopback { flag, address }),
    }
}

/// Binds an address that was checked.
pub(crate) async fn bind(
    flag: &'static str,
    address: SocketAddr,
) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse { flag, address },
        _ => ListenError::Other { flag, address, source },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_not_served_and_the_message_says_why() {
        assert!(check("--http-listen", "[::1]:0".parse().unwrap()).is_ok());
        let error = check("--http-listen", "0.0.0.0:0".parse().unwrap()).unwrap_err();
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
