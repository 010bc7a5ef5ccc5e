//! Upstreams that a broker of ours is not: with tokens, behind TLS, of another age, frozen.

use std::{path::Path, sync::Arc, time::Duration};

use rcgen::generate_simple_self_signed;
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{
    Request,
    service::interceptor::InterceptedService,
    transport::{Server, server::Router},
};
use vss_codegen::model::{Access, Value};

use super::*;
use crate::signals::{
    Broker, Client, Grants, Part, PipeDoor, SourceStatus, Sources, testing::broker,
    v1 as v1_service, v2 as v2_service,
};

const SPEED: &str = "Vehicle.Speed";
const MODE: &str = "Vehicle.Mode";
const ERRORS: &str = "Vehicle.Errors";

/// A broker of ours, and the upstream that it mirrors.
struct Mirrored {
    broker: Broker,
    sources: Sources,
    _stop: DropGuard,
}

impl Mirrored {
    fn start(upstream: Upstream) -> Mirrored {
        let (broker, stop) = (broker(), CancellationToken::new());
        let part = Part::new(Kuksa::new(upstream), Vec::new()).unwrap();
        let sources = Sources::start(&broker, vec![part], &stop);
        Mirrored { broker, sources, _stop: stop.drop_guard() }
    }

    fn status(&self) -> SourceStatus {
        self.sources.list().remove(0)
    }

    fn value(&self, path: &str) -> Option<Value> {
        self.broker.get(&Client::runtime(), path).unwrap().value
    }

    async fn until(&self, what: impl Fn(&Mirrored) -> bool) {
        let wait = async {
            while !what(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
        assert!(waited.is_ok(), "{:?}", self.status());
    }

    async fn away(&self, why: &str) {
        let is_why = |m: &Mirrored| m.status().detail.is_some_and(|detail| detail.contains(why));
        self.until(|m| m.status().state == SourceState::Away && is_why(m)).await;
    }
}

fn upstream(address: String) -> Upstream {
    Upstream { address: address.parse().unwrap(), token: None, ca: None }
}

/// Who sends this token is an app with these grants.
fn guard(
    grants: &[(&str, Access)],
) -> impl FnMut(Request<()>) -> Result<Request<()>, Status> + Clone + Send + Sync + 'static {
    let grants = grants.iter().map(|(path, access)| ((*path).to_owned(), *access));
    let client = Client::app("mirror", Grants::new(grants).unwrap());
    move |mut request: Request<()>| {
        let token = request.metadata().get("authorization");
        if token.is_none_or(|token| token != "Bearer secret") {
            return Err(Status::unauthenticated("who is there?"));
        }
        request.extensions_mut().insert(client.clone());
        Ok(request)
    }
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

fn token_in(folder: &Path, token: &str) -> std::path::PathBuf {
    let file = folder.join("token");
    std::fs::write(&file, token).unwrap();
    file
}

#[tokio::test]
async fn a_token_is_sent_and_read_anew_and_what_it_may_not_read_is_left_out() {
    let there = broker();
    let grants = [(SPEED, Access::Read), (MODE, Access::Provide), (ERRORS, Access::Read)];
    let service = InterceptedService::new(v2_service::server(there.clone()), guard(&grants));
    let mut upstream = upstream(serve(Server::builder().add_service(service)).await);
    let folder = tempfile::tempdir().unwrap();
    upstream.token = Some(token_in(folder.path(), "wrong"));
    let mirrored = Mirrored::start(upstream);
    mirrored.away("it wants another token (token=FILE): who is there?").await;

    there.publish(&Client::runtime(), SPEED, Value::Float(2.0)).unwrap();
    there.publish(&Client::runtime(), MODE, Value::String("PARK".into())).unwrap();
    token_in(folder.path(), "secret\n");
    mirrored.until(|m| m.value(SPEED) == Some(Value::Float(2.0))).await;
    // Listed, but not to be read.
    assert_eq!(mirrored.value(MODE), None);
    let detail = mirrored.status().detail.unwrap();
    assert!(detail.ends_with("2 of 7 signals"), "{detail}");
}

#[tokio::test]
async fn a_token_that_may_read_nothing_is_named() {
    let grants = [(SPEED, Access::Provide)];
    let service = InterceptedService::new(v2_service::server(broker()), guard(&grants));
    let mut upstream = upstream(serve(Server::builder().add_service(service)).await);
    let folder = tempfile::tempdir().unwrap();
    upstream.token = Some(token_in(folder.path(), "secret"));
    let mirrored = Mirrored::start(upstream);
    mirrored.away("its token may read none of our signals").await;
}

#[tokio::test]
async fn an_upstream_that_speaks_v1_alone_is_away_and_says_what_is_needed() {
    let outside = |mut request: Request<()>| {
        request.extensions_mut().insert(Client::outside());
        Ok(request)
    };
    let service = InterceptedService::new(v1_service::server(broker()), outside);
    let mirrored = Mirrored::start(upstream(serve(Server::builder().add_service(service)).await));
    let version = env!("CARGO_PKG_VERSION");
    let why = format!(
        ": vehicle-edge {version} speaks kuksa.val.v1 only: kuksa.val.v2 is needed, which \
         databroker has since 0.5"
    );
    mirrored.away(&why).await;
}

#[tokio::test]
async fn what_is_no_broker_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        // Accepts and hangs up.
        while listener.accept().await.is_ok() {}
    });
    let mirrored = Mirrored::start(upstream(address.clone()));
    mirrored.away(&format!("{address}: ")).await;
}

#[tokio::test]
async fn an_upstream_is_reached_by_tls_if_its_certificate_is_known() {
    let certified = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let there = broker();
    there.publish(&Client::runtime(), SPEED, Value::Float(3.0)).unwrap();
    let door = Arc::new(PipeDoor::new(there, Client::outside()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, door) = (acceptor.clone(), door.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let _ = door.serve(stream).await;
            });
        }
    });

    let folder = tempfile::tempdir().unwrap();
    let (ca, other) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    std::fs::write(&ca, certified.cert.pem()).unwrap();
    let stranger = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&other, stranger.cert.pem()).unwrap();
    let mut upstream = upstream(format!("localhost:{port}"));
    upstream.ca = Some(other);
    Mirrored::start(upstream.clone()).away("no TLS with it: invalid peer certificate").await;
    upstream.ca = Some(ca);
    Mirrored::start(upstream).until(|m| m.value(SPEED) == Some(Value::Float(3.0))).await;
}

#[tokio::test]
async fn a_frozen_upstream_is_away_though_its_connection_is_open() {
    let there = broker();
    let door = Arc::new(PipeDoor::new(there.clone(), Client::outside()));
    let (freeze, frozen) = watch::channel(false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pipe(stream, door.clone(), frozen.clone()));
        }
    });
    there.publish(&Client::runtime(), SPEED, Value::Float(4.0)).unwrap();
    let mirrored = Mirrored::start(upstream(address));
    mirrored.until(|m| m.value(SPEED) == Some(Value::Float(4.0))).await;
    freeze.send_replace(true);
    mirrored.away("the connection is lost").await;
    assert_eq!(mirrored.value(SPEED), None);
    freeze.send_replace(false);
    mirrored.until(|m| m.value(SPEED) == Some(Value::Float(4.0))).await;
}

/// Carries bytes until it is frozen, and keeps the connection open all the same.
async fn pipe(mut outer: TcpStream, door: Arc<PipeDoor>, mut frozen: watch::Receiver<bool>) {
    let (mut inner, served) = tokio::io::duplex(64 << 10);
    door.serve(served).await.unwrap();
    tokio::select! {
        _ = copy_bidirectional(&mut outer, &mut inner) => return,
        _ = frozen.wait_for(|frozen| *frozen) => {}
    }
    let _ = frozen.wait_for(|frozen| !*frozen).await;
}

#[tokio::test]
async fn a_value_that_does_not_fit_our_model_takes_the_one_before_it_away() {
    let mut wider = crate::signals::testing::manifest();
    for signal in &mut wider.signals {
        signal.max = None;
    }
    let there = Broker::new(&wider).unwrap();
    let outside = |mut request: Request<()>| {
        request.extensions_mut().insert(Client::outside());
        Ok(request)
    };
    let service = InterceptedService::new(v2_service::server(there.clone()), outside);
    let mirrored = Mirrored::start(upstream(serve(Server::builder().add_service(service)).await));
    there.publish(&Client::runtime(), SPEED, Value::Float(5.0)).unwrap();
    mirrored.until(|m| m.value(SPEED) == Some(Value::Float(5.0))).await;
    there.publish(&Client::runtime(), SPEED, Value::Float(1000.0)).unwrap();
    mirrored.until(|m| m.value(SPEED).is_none()).await;
    there.publish(&Client::runtime(), SPEED, Value::Float(6.0)).unwrap();
    mirrored.until(|m| m.value(SPEED) == Some(Value::Float(6.0))).await;
}
