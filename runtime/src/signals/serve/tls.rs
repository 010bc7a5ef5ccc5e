//! TLS of the TCP port: certificates from files, and handshakes that hold up nobody.

use std::{
    collections::VecDeque,
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    server::WebPkiClientVerifier,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// What a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many handshakes run at a time. One more, and the oldest is given up: who stalls
/// then costs those who stall longest, and nobody who has just come.
const HANDSHAKES: usize = 512;

/// PEM files of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, and those between it and its authority.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Only clients with a certificate of one of these authorities are let in, if given.
    pub client_authorities: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read the {what} {}: {source}", path.display())]
    Unreadable { what: &'static str, path: PathBuf, source: pem::Error },
    #[error("the {what} {} has none in PEM (-----BEGIN {label}-----)", path.display())]
    Empty { what: &'static str, path: PathBuf, label: &'static str },
    #[error(
        "the TLS certificate {} and the TLS key {} cannot be used together: {source}",
        certificate.display(), key.display()
    )]
    Pair { certificate: PathBuf, key: PathBuf, source: rustls::Error },
    #[error("the certificates of clients' authorities {} cannot be used: {reason}", path.display())]
    Authorities { path: PathBuf, reason: String },
    #[error("TLS cannot be had: {0}")]
    Other(rustls::Error),
}

pub(super) struct Tls {
    files: TlsFiles,
    config: ArcSwap<ServerConfig>,
}

impl Tls {
    pub(super) fn load(files: TlsFiles) -> Result<Tls, TlsError> {
        let config = ArcSwap::from_pointee(read(&files)?);
        Ok(Tls { files, config })
    }

    /// Reads the files anew, for connections that come from now on.
    pub(super) fn reload(&self) -> Result<(), TlsError> {
        self.config.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    async fn shake_hands(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.config.load_full());
        timeout(PATIENCE, acceptor.accept(stream)).await?
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

fn read(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let certificates = certificates("TLS certificate", &files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|source| {
        let (what, path) = ("TLS key", files.key.clone());
        match source {
            pem::Error::NoItemsFound => TlsError::Empty { what, path, label: "PRIVATE KEY" },
            source => TlsError::Unreadable { what, path, source },
        }
    })?;
    // Named, as the process may have no provider of its own or another one.
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Other)?;
    let builder = match &files.client_authorities {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let unusable = |reason| TlsError::Authorities { path: path.clone(), reason };
            let roots = Arc::new(authorities(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider)
                .build()
                .map_err(|error| unusable(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(certificates, key).map_err(|source| {
        let (certificate, key) = (files.certificate.clone(), files.key.clone());
        TlsError::Pair { certificate, key, source }
    })?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn authorities(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("certificates of clients' authorities", path)? {
        roots.add(certificate).map_err(|error| TlsError::Authorities {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
    }
    Ok(roots)
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |source| TlsError::Unreadable { what, path: path.to_owned(), source };
    let all: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect();
    let all = all.map_err(unreadable)?;
    if all.is_empty() {
        return Err(TlsError::Empty { what, path: path.to_owned(), label: "CERTIFICATE" });
    }
    Ok(all)
}

/// Connections of `listener` whose handshake is done. Ends when the receiver is dropped.
pub(super) fn accept(listener: TcpListener, tls: Arc<Tls>) -> mpsc::Receiver<TlsStream<TcpStream>> {
    let (sender, done) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut handshakes =
            Handshakes { tls, sender, tasks: JoinSet::new(), ages: VecDeque::new() };
        loop {
            tokio::select! {
                accepted = super::accept_tcp(&listener) => match accepted {
                    Ok(stream) => handshakes.begin(stream),
                    Err(error) => {
                        tracing::warn!(%error, "a connection to the broker could not be accepted");
                        sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(_) = handshakes.tasks.join_next() => handshakes.forget_done(),
                () = handshakes.sender.closed() => return,
            }
        }
    });
    done
}

struct Handshakes {
    tls: Arc<Tls>,
    sender: mpsc::Sender<TlsStream<TcpStream>>,
    tasks: JoinSet<()>,
    /// Oldest first.
    ages: VecDeque<AbortHandle>,
}

impl Handshakes {
    fn begin(&mut self, stream: TcpStream) {
        if self.ages.len() >= HANDSHAKES
            && let Some(oldest) = self.ages.pop_front()
        {
            oldest.abort();
        }
        let (tls, sender) = (self.tls.clone(), self.sender.clone());
        self.ages.push_back(self.tasks.spawn(async move {
            match tls.shake_hands(stream).await {
                // Fails only when nobody is served any more.
                Ok(stream) => drop(sender.send(stream).await),
                Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
            }
        }));
    }

    fn forget_done(&mut self) {
        self.ages.retain(|task| !task.is_finished());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};

    use super::*;

    #[test]
    fn each_file_that_is_of_no_use_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(at("cert"), cert.pem()).unwrap();
        fs::write(at("key"), signing_key.serialize_pem()).unwrap();
        fs::write(at("other"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
        fs::write(at("empty"), "").unwrap();

        let load = |certificate: &str, key: &str, authorities: Option<&str>| {
            Tls::load(TlsFiles {
                certificate: at(certificate),
                key: at(key),
                client_authorities: authorities.map(at),
            })
        };
        assert!(load("cert", "key", None).is_ok());
        assert!(load("cert", "key", Some("cert")).is_ok());
        for (certificate, key, authorities, start) in [
            ("none", "key", None, "cannot read the TLS certificate DIR/none: "),
            ("cert", "none", None, "cannot read the TLS key DIR/none: "),
            ("empty", "key", None, "the TLS certificate DIR/empty has none in PEM (-----BEGIN C"),
            ("key", "key", None, "the TLS certificate DIR/key has none in PEM"),
            ("cert", "cert", None, "the TLS key DIR/cert has none in PEM (-----BEGIN PRIVATE KEY"),
            (
                "cert",
                "other",
                None,
                "the TLS certificate DIR/cert and the TLS key DIR/other cannot be used together: ",
            ),
            (
                "cert",
                "key",
                Some("key"),
                "the certificates of clients' authorities DIR/key has none in PEM",
            ),
        ] {
            let error = load(certificate, key, authorities).unwrap_err().to_string();
            let start = start.replace("DIR", &folder.path().display().to_string());
            assert!(error.starts_with(&start), "{error}");
        }
    }
}
