//! A broker whose port asks for tokens, and for TLS if wanted; issuers and clients for it.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc};

use hyper_util::rt::TokioIo;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer as Authority, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsConnector;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint, Error},
};
use vehicle_edge_runtime::signals::{
    AUDIENCE, Broker, Gate, TlsFiles, TokenFiles,
    proto::{v1::val_client as v1_client, v2::val_client as v2_client},
    serve_gate,
};

use crate::bench::Bench;

pub(crate) type V2 = v2_client::ValClient<InterceptedService<Channel, Bearer>>;
pub(crate) type V1 = v1_client::ValClient<InterceptedService<Channel, Bearer>>;

/// Sends the header with each request.
#[derive(Clone)]
pub(crate) struct Bearer(Option<MetadataValue<tonic::metadata::Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(header) = &self.0 {
            request.metadata_mut().insert("authorization", header.clone());
        }
        Ok(request)
    }
}

fn bearer(authorization: Option<&str>) -> Bearer {
    Bearer(authorization.map(|header| header.parse().unwrap()))
}

pub(crate) fn v2(channel: Channel, authorization: Option<&str>) -> V2 {
    v2_client::ValClient::with_interceptor(channel, bearer(authorization))
}

/// Seconds since 1970.
pub(crate) fn in_seconds(seconds: i64) -> i64 {
    jiff::Timestamp::now().as_second() + seconds
}

pub(crate) fn claims(scope: &str) -> Value {
    json!({"sub": "bob", "aud": AUDIENCE, "exp": in_seconds(600), "scope": scope})
}

/// Somebody who signs tokens.
pub(crate) struct Issuer {
    header: Header,
    key: EncodingKey,
}

impl Issuer {
    /// With the second key of the broker.
    pub(crate) fn rsa() -> Issuer {
        let key = EncodingKey::from_rsa_pem(include_bytes!("keys/rsa.pem")).unwrap();
        Issuer { header: Header::new(Algorithm::RS256), key }
    }

    /// With the first.
    pub(crate) fn ec(guarded: &Guarded) -> Issuer {
        Issuer::of(&guarded.token_key)
    }

    /// With a key that the broker does not know.
    pub(crate) fn stranger() -> Issuer {
        let mut issuer = Issuer::of(&KeyPair::generate().unwrap());
        issuer.header.kid = Some("strange".to_owned());
        issuer
    }

    fn of(pair: &KeyPair) -> Issuer {
        let key = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
        Issuer { header: Header::new(Algorithm::ES256), key }
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        encode(&self.header, claims, &self.key).unwrap()
    }
}

/// An authority for certificates.
struct Ca {
    pem: String,
    issuer: Authority<'static, KeyPair>,
}

impl Ca {
    fn new() -> Ca {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Ca { pem, issuer: Authority::new(params, key) }
    }

    /// A certificate for `name` and its key.
    fn issue(&self, name: &str) -> (String, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key)
    }
}

pub(crate) struct Guarded {
    pub(crate) gate: Gate,
    pub(crate) address: SocketAddr,
    folder: TempDir,
    token_key: KeyPair,
    /// What the clients trust, if there is TLS.
    ca: Option<String>,
    former: String,
    clients: Ca,
    _server: JoinHandle<std::io::Result<()>>,
    _stop: DropGuard,
}

impl Guarded {
    pub(crate) async fn start(tls: bool) -> Guarded {
        Guarded::of(Bench::start().await.broker, tls, false).await
    }

    /// Clients have to bring a certificate as well.
    pub(crate) async fn start_mutual() -> Guarded {
        Guarded::of(Bench::start().await.broker, true, true).await
    }

    pub(crate) async fn of(broker: Broker, tls: bool, mutual: bool) -> Guarded {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (token_key, clients) = (KeyPair::generate().unwrap(), Ca::new());
        fs::write(at("ec.pub.pem"), token_key.public_key_pem()).unwrap();
        fs::write(at("clients.pem"), &clients.pem).unwrap();
        let ca = write_certificate(&folder);
        let files = TlsFiles {
            certificate: at("cert.pem"),
            key: at("key.pem"),
            client_authorities: mutual.then(|| at("clients.pem")),
        };
        let rsa = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/broker/keys/rsa.pub.pem");
        let tokens = TokenFiles { keys: vec![at("ec.pub.pem"), rsa], audience: AUDIENCE.into() };
        let gate = Gate::load(tls.then_some(files), Some(tokens)).unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let (served, shutdown) = (gate.clone(), stop.clone());
        let server =
            tokio::spawn(async move { serve_gate(broker, &served, listener, shutdown).await });
        Guarded {
            gate,
            address,
            folder,
            token_key,
            ca: tls.then_some(ca.clone()),
            former: ca,
            clients,
            _server: server,
            _stop: stop.drop_guard(),
        }
    }

    /// Puts others into the files of the certificate and of the first key, whose issuer is
    /// returned. Clients trust the new certificate.
    pub(crate) fn exchange_certificate_and_key(&mut self) -> Issuer {
        self.ca = Some(write_certificate(&self.folder));
        self.token_key = KeyPair::generate().unwrap();
        fs::write(self.folder.path().join("ec.pub.pem"), self.token_key.public_key_pem()).unwrap();
        Issuer::of(&self.token_key)
    }

    pub(crate) async fn v2(&self, token: &str) -> V2 {
        self.v2_with(Some(&format!("Bearer {token}"))).await
    }

    pub(crate) async fn v2_with(&self, authorization: Option<&str>) -> V2 {
        v2(self.connect().await, authorization)
    }

    pub(crate) async fn v1(&self, token: &str) -> V1 {
        self.v1_with(Some(&format!("Bearer {token}"))).await
    }

    pub(crate) async fn v1_with(&self, authorization: Option<&str>) -> V1 {
        v1_client::ValClient::with_interceptor(self.connect().await, bearer(authorization))
    }

    async fn connect(&self) -> Channel {
        match &self.ca {
            Some(_) => self.channel(self.without_certificate()).await.unwrap(),
            None => self.plain().await,
        }
    }

    /// For a broker without TLS.
    pub(crate) async fn plain(&self) -> Channel {
        let address = format!("http://{}", self.address);
        Endpoint::from_shared(address).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn channel(&self, config: ClientConfig) -> Result<Channel, Error> {
        let (connector, address) = (TlsConnector::from(Arc::new(config)), self.address);
        let connect = tower::service_fn(move |_| {
            let connector = connector.clone();
            async move {
                let stream = TcpStream::connect(address).await?;
                let name = ServerName::try_from("localhost").unwrap();
                connector.connect(name, stream).await.map(TokioIo::new)
            }
        });
        Endpoint::from_static("http://localhost").connect_with_connector(connect).await
    }

    pub(crate) fn without_certificate(&self) -> ClientConfig {
        config(self.ca.as_deref(), None)
    }

    pub(crate) fn with_certificate(&self) -> ClientConfig {
        config(self.ca.as_deref(), Some(self.clients.issue("bob")))
    }

    /// Of an authority that the broker does not know.
    pub(crate) fn with_strange_certificate(&self) -> ClientConfig {
        config(self.ca.as_deref(), Some(Ca::new().issue("bob")))
    }

    pub(crate) fn without_trust(&self) -> ClientConfig {
        config(None, Some(self.clients.issue("bob")))
    }

    /// Trusts the certificate that the broker had at its start.
    pub(crate) fn with_former_trust(&self) -> ClientConfig {
        config(Some(&self.former), None)
    }
}

/// Writes the server's files and returns the authority of its certificate.
fn write_certificate(folder: &TempDir) -> String {
    let ca = Ca::new();
    let (certificate, key) = ca.issue("localhost");
    fs::write(folder.path().join("cert.pem"), certificate).unwrap();
    fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    ca.pem
}

fn config(ca: Option<&str>, certificate: Option<(String, KeyPair)>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    if let Some(ca) = ca {
        roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}
