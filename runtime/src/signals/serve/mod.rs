//! The broker's doors: a TCP port for outside clients, one unix socket for each app, and
//! pipes inside this process.
//!
//! Who a request comes from is decided by the [`Door`] it came through, which puts the
//! [`Client`] into the request; services take it from there. At the TCP port a [`Gate`]
//! tells what to bring: TLS, a token, or nothing, which is for loopback alone. Closing a
//! door cuts its connections at once, streams included, so nothing that was granted there
//! goes on afterwards.
//!
//! Health and reflection, which say nothing of the vehicle, ask for no token; everything
//! else does, `GetServerInfo` too: Kuksa's clients try their token with it.

#[cfg(feature = "daemon")]
mod about;
#[cfg(feature = "daemon")]
mod claims;
mod connection;
mod door;
#[cfg(feature = "daemon")]
mod gate;
#[cfg(feature = "daemon")]
mod key;
#[cfg(feature = "daemon")]
mod known;
#[cfg(feature = "daemon")]
mod refusal;
mod requests;
#[cfg(feature = "daemon")]
mod scope;
#[cfg(feature = "daemon")]
mod tls;
#[cfg(feature = "daemon")]
mod tokens;
#[cfg(feature = "daemon")]
mod turned;

use std::{io, path::Path, sync::Arc, time::Duration};

use futures_util::{Stream, future, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener},
    sync::Semaphore,
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{
    service::interceptor::InterceptedService,
    transport::{Server, server::Router},
};

use self::{
    connection::{Connection, Transport},
    door::Door,
};
pub(super) use self::{door::client_of, requests::requests};
#[cfg(feature = "daemon")]
pub use self::{
    gate::{Gate, GateError},
    tls::TlsFiles,
    tokens::{AUDIENCE, TokenFiles},
};
use super::{Broker, Client, sdv, v1, v2};
use crate::socket::{self, SocketFile};

/// The name of an app's socket in its folder.
pub const SOCKET_NAME: &str = "broker.sock";

/// An app needs one; some clients open one for each stream.
const APP_CONNECTIONS: usize = 64;
const TCP_CONNECTIONS: usize = 1024;

/// More than h2's 200: each subscription is a stream of its own.
const STREAMS: u32 = 1024;

/// h2 closes a connection on which too many small frames lie unread: each counts as up to
/// 256 bytes of half the connection's window. The default window of 64 KiB is full after
/// some hundred messages that came while this task was not scheduled.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 8 << 20;

/// Serves everyone who can connect to `listener`, until `shutdown`.
pub async fn serve_tcp(
    broker: Broker,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> io::Result<()> {
    serve_plain(broker, Door::Of(Client::outside()), listener, shutdown).await
}

/// Serves those who bring to `listener` what the gate asks for, until `shutdown`.
#[cfg(feature = "daemon")]
pub async fn serve_gate(
    broker: Broker,
    gate: &Gate,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let door = gate.door(&broker);
    let Some(tls) = &gate.tls else {
        return serve_plain(broker, door, listener, shutdown).await;
    };
    let done = Arc::new(tokio::sync::Mutex::new(tls::accept(listener, tls.clone())));
    let accept = move || {
        let done = done.clone();
        async move { done.lock().await.recv().await.ok_or_else(|| io::ErrorKind::BrokenPipe.into()) }
    };
    serve_accepted(broker, door, accept, shutdown).await
}

async fn serve_plain(
    broker: Broker,
    door: Door,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let listener = Arc::new(listener);
    let accept = move || {
        let listener = listener.clone();
        async move { accept_tcp(&listener).await }
    };
    serve_accepted(broker, door, accept, shutdown).await
}

async fn serve_accepted<T, F>(
    broker: Broker,
    door: Door,
    accept: impl Fn() -> F + Send + 'static,
    shutdown: CancellationToken,
) -> io::Result<()>
where
    T: Transport,
    F: Future<Output = io::Result<T>> + Send,
{
    let incoming = connections(accept, TCP_CONNECTIONS, shutdown.clone());
    router(broker, door)
        .await
        .serve_with_incoming_shutdown(incoming, shutdown.cancelled_owned())
        .await
        .map_err(io::Error::other)
}

async fn accept_tcp(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    // Small messages must not wait for the answer to the one before.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// An app's door. Dropping it closes the door, cuts its connections, removes the socket.
#[derive(Debug)]
pub struct AppSocket {
    file: SocketFile,
    _shutdown: DropGuard,
}

/// Serves `client` at `<folder>/broker.sock`, making the folder where needed. Must be
/// called within a tokio runtime.
pub fn serve_app(broker: Broker, client: Client, folder: &Path) -> io::Result<AppSocket> {
    let (listener, file) = socket::open_for_app(folder, SOCKET_NAME)?;
    let listener = Arc::new(UnixListener::from_std(listener)?);

    let shutdown = CancellationToken::new();
    let accept = move || {
        let listener = listener.clone();
        async move { Ok(listener.accept().await?.0) }
    };
    let incoming = connections(accept, APP_CONNECTIONS, shutdown.clone());
    let ended = shutdown.clone().cancelled_owned();
    tokio::spawn(async move {
        let name = format!("{client:?}");
        let router = router(broker, Door::Of(client)).await;
        let served = router.serve_with_incoming_shutdown(incoming, ended).await;
        if let Err(error) = served {
            tracing::error!(%error, client = name, "an app's broker socket failed");
        }
    });
    Ok(AppSocket { file, _shutdown: shutdown.drop_guard() })
}

impl AppSocket {
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}

/// A door without a socket: who holds the other end of a pipe is the client. Dropping it
/// closes the door and cuts its connections.
#[derive(Debug)]
pub struct PipeDoor {
    broker: Broker,
    client: Client,
    places: Arc<Semaphore>,
    shutdown: CancellationToken,
    _close: DropGuard,
}

impl PipeDoor {
    pub fn new(broker: Broker, client: Client) -> PipeDoor {
        let shutdown = CancellationToken::new();
        let (places, close) = (Semaphore::new(APP_CONNECTIONS), shutdown.clone().drop_guard());
        PipeDoor { broker, client, places: Arc::new(places), shutdown, _close: close }
    }

    /// Serves one connection in a task of its own, as soon as there is a place for it. Must
    /// be called within a tokio runtime.
    pub async fn serve(
        &self,
        transport: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> io::Result<()> {
        let place = self.places.clone().acquire_owned().await.map_err(io::Error::other)?;
        let connection = Connection::new(transport, self.shutdown.clone(), place);
        router(self.broker.clone(), Door::Of(self.client.clone()))
            .await
            .serve_with_incoming(stream::once(future::ready(io::Result::Ok(connection))))
            .await
            .map_err(io::Error::other)
    }
}

async fn router(broker: Broker, door: Door) -> Router {
    #[cfg(feature = "daemon")]
    let routes = about::routes().await;
    #[cfg(not(feature = "daemon"))]
    let routes = tonic::service::Routes::default();
    Server::builder()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(STREAMS)
        .add_routes(routes)
        .add_service(InterceptedService::new(v2::server(broker.clone()), door.clone()))
        .add_service(InterceptedService::new(v1::server(broker.clone()), door.clone()))
        .add_service(InterceptedService::new(sdv::broker(broker.clone()), door.clone()))
        .add_service(InterceptedService::new(sdv::collector(broker), door))
}

/// Accepted connections, at most `most` at a time, all cut at `shutdown`. Never ends by
/// itself: when accepting fails (too many open files), it is tried again.
fn connections<T, F>(
    accept: impl Fn() -> F,
    most: usize,
    shutdown: CancellationToken,
) -> impl Stream<Item = io::Result<Connection<T>>>
where
    T: Transport,
    F: Future<Output = io::Result<T>>,
{
    let places = Arc::new(Semaphore::new(most));
    stream::unfold((accept, places, shutdown), |(accept, places, shutdown)| async move {
        // Never closed, so there is always a place in the end.
        let place = places.clone().acquire_owned().await.ok()?;
        let transport = loop {
            match accept().await {
                Ok(transport) => break transport,
                Err(error) => {
                    tracing::warn!(%error, "a connection to the broker could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        };
        let connection = Connection::new(transport, shutdown.clone(), place);
        Some((Ok(connection), (accept, places, shutdown)))
    })
}
