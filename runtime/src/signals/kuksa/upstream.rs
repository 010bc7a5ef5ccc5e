//! The way to the upstream: its address, a token, TLS.
//!
//! A [`Connection`] is one TCP connection and never opens another. So what was learned on
//! it, ids above all, holds as long as it does, and nothing is ever sent a second time.

use std::{
    fmt, io,
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, Mutex},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use tokio_util::either::Either;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint, Uri},
};

use crate::signals::{
    lock,
    proto::{v1::val_client::ValClient as V1Client, v2::val_client::ValClient},
};

/// What opening a connection may take.
const CONNECTING: Duration = Duration::from_secs(3);

/// An upstream that does not answer to a ping is lost after both together.
const PING_EVERY: Duration = Duration::from_secs(2);
const PING_WITHIN: Duration = Duration::from_secs(3);

/// Enough for the metadata of some hundred thousand signals.
const LARGEST_MESSAGE: usize = 64 << 20;

/// As the broker's own doors have it: many small messages may come while we do not run.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 8 << 20;

/// Where a broker is: `HOST:PORT`. The host is looked up at each connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    text: String,
    host: String,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Address, String> {
        let parsed = text.rsplit_once(':').and_then(|(host, port)| {
            port.parse::<u16>().ok().filter(|port| *port > 0)?;
            let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
            let host = bare.unwrap_or(host);
            let is_v6 = bare.is_some() && host.parse::<IpAddr>().is_ok();
            let is_name = !host.is_empty()
                && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
            (is_v6 || (bare.is_none() && is_name)).then(|| host.to_owned())
        });
        match parsed {
            Some(host) => Ok(Address { text: text.to_owned(), host }),
            None => Err(format!("'{text}' is no HOST:PORT, like localhost:55555")),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub address: Address,
    /// A file with the JWT that the upstream wants. Read anew for each connection, so that
    /// it can be renewed.
    pub token: Option<PathBuf>,
    /// Certificates (PEM) of who signed the upstream's; with it, TLS is spoken.
    pub ca: Option<PathBuf>,
}

pub(super) type Val = ValClient<InterceptedService<Channel, Token>>;

pub(super) struct Connection {
    pub(super) val: Val,
    pub(super) v1: V1Client<InterceptedService<Channel, Token>>,
}

/// Puts the token, if there is one, into each request.
#[derive(Clone)]
pub(super) struct Token(Option<MetadataValue<Ascii>>);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

impl Upstream {
    /// An error says what is wrong in a sentence for users.
    pub(super) async fn connect(&self) -> Result<Connection, String> {
        let token = Token(self.token.as_deref().map(read_token).transpose()?);
        let stream = match timeout(CONNECTING, self.transport()).await {
            Ok(stream) => stream?,
            Err(_) => return Err(format!("no connection within {} s", CONNECTING.as_secs())),
        };
        let once = Arc::new(Mutex::new(Some(TokioIo::new(stream))));
        let connector = tower::service_fn(move |_: Uri| {
            let stream = lock(&once).take();
            async move { stream.ok_or_else(|| io::Error::other("the upstream closed it")) }
        });
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address));
        let channel = endpoint
            .map_err(|error| error.to_string())?
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_WITHIN)
            .keep_alive_while_idle(true)
            .connect_with_connector(connector)
            .await
            .map_err(|error| format!("what answers there speaks no gRPC: {}", root(&error)))?;
        let val = ValClient::with_interceptor(channel.clone(), token.clone());
        let v1 = V1Client::with_interceptor(channel, token);
        Ok(Connection { val: val.max_decoding_message_size(LARGEST_MESSAGE), v1 })
    }

    async fn transport(
        &self,
    ) -> Result<Either<TcpStream, tokio_rustls::client::TlsStream<TcpStream>>, String> {
        let stream = TcpStream::connect(&self.address.text).await.map_err(|e| e.to_string())?;
        // Small messages must not wait for the answer to the one before.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let Some(ca) = &self.ca else { return Ok(Either::Left(stream)) };
        let name = ServerName::try_from(self.address.host.clone());
        let name = name.map_err(|error| format!("{}: {error}", self.address.host))?;
        let stream = TlsConnector::from(tls(ca)?).connect(name, stream).await;
        stream.map(Either::Right).map_err(|error| format!("no TLS with it: {error}"))
    }
}

fn read_token(path: &Path) -> Result<MetadataValue<Ascii>, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the token cannot be read from {}: {error}", path.display()))?;
    // The error of a value shows none of it.
    let mut value = MetadataValue::try_from(format!("Bearer {}", text.trim())).map_err(|_| {
        format!("{} holds no token: expected one line, as a JWT is", path.display())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn tls(ca: &Path) -> Result<Arc<ClientConfig>, String> {
    let wrong = |error: &dyn fmt::Display| {
        format!("{}: {error}; expected certificates as PEM", ca.display())
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).map_err(|error| wrong(&error))? {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    if roots.is_empty() {
        return Err(wrong(&"no certificate is in it"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// What stands at the bottom of a transport's error; the layers above say nothing.
pub(super) fn root(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for right in ["localhost:1", "car_1.lan:55555", "127.0.0.1:65535", "[::1]:55555"] {
            assert_eq!(right.parse::<Address>().unwrap().to_string(), right);
        }
        for wrong in
            ["", "localhost", ":1", "localhost:0", "localhost:65536", "::1:55555", "[a]:1", "a b:1"]
        {
            let error = wrong.parse::<Address>().unwrap_err();
            assert_eq!(error, format!("'{wrong}' is no HOST:PORT, like localhost:55555"));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_named_and_no_token_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let missing = read_token(&file).unwrap_err();
        assert!(missing.contains("token cannot be read from /"), "{missing}");
        std::fs::write(&file, "se\u{1}cret").unwrap();
        let wrong = read_token(&file).unwrap_err();
        assert!(wrong.ends_with("holds no token: expected one line, as a JWT is"), "{wrong}");
        std::fs::write(&file, " secret\n").unwrap();
        let token = read_token(&file).unwrap();
        assert_eq!(token, "Bearer secret");
        assert!(!format!("{token:?}").contains("secret"));

        let error = tls(&file).unwrap_err();
        assert!(
            error.ends_with("no certificate is in it; expected certificates as PEM"),
            "{error}"
        );
    }
}
