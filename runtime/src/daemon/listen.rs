//! Addresses to listen on, with errors that name the flag to change: loopback, and for the
//! broker any other one once clients must bring both TLS and a token.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error(
        "{flag} {address}: only loopback addresses (127.0.0.1, [::1]) are served, as this port \
         asks nobody who they are: whoever reaches it controls the apps and the signals"
    )]
    NotLoopback { flag: &'static str, address: SocketAddr },
    #[error(
        "--grpc-listen {address}: other machines are served with TLS and tokens alone; add \
         {missing}, or listen on a loopback address (127.0.0.1, [::1])"
    )]
    Unguarded { address: SocketAddr, missing: String },
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

/// Whether the broker may be served at `address` to clients that bring these.
pub(crate) fn check_broker(
    address: SocketAddr,
    tls: bool,
    tokens: bool,
) -> Result<(), ListenError> {
    let missing = [(tls, "--tls-cert FILE --tls-key FILE"), (tokens, "--jwt-key FILE")];
    let missing: Vec<_> =
        missing.into_iter().filter(|(there, _)| !there).map(|(_, flags)| flags).collect();
    if address.ip().is_loopback() || missing.is_empty() {
        return Ok(());
    }
    Err(ListenError::Unguarded { address, missing: missing.join(" and ") })
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
             this port asks nobody who they are: whoever reaches it controls the apps and the \
             signals"
        );
    }

    #[test]
    fn the_broker_is_served_to_other_machines_with_tls_and_tokens_alone() {
        let check = |address: &str, tls, tokens| {
            let address = address.parse().unwrap();
            check_broker(address, tls, tokens).map_err(|error| error.to_string())
        };
        for (tls, tokens) in [(false, false), (false, true), (true, false), (true, true)] {
            assert_eq!(check("127.0.0.1:0", tls, tokens), Ok(()));
            assert_eq!(check("[::1]:0", tls, tokens), Ok(()));
        }
        assert_eq!(check("0.0.0.0:0", true, true), Ok(()));
        for (tls, tokens, missing) in [
            (false, false, "--tls-cert FILE --tls-key FILE and --jwt-key FILE"),
            (true, false, "--jwt-key FILE"),
            (false, true, "--tls-cert FILE --tls-key FILE"),
        ] {
            let expected = format!(
                "--grpc-listen 192.168.0.1:0: other machines are served with TLS and tokens \
                 alone; add {missing}, or listen on a loopback address (127.0.0.1, [::1])"
            );
            assert_eq!(check("192.168.0.1:0", tls, tokens), Err(expected));
        }
        assert!(check("[::ffff:10.0.0.1]:0", false, true).is_err());
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
