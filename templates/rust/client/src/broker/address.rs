//! Where the broker is, and how to reach it.

use std::{
    fs::File,
    io,
    os::{fd::AsRawFd, unix::ffi::OsStrExt},
    path::PathBuf,
    time::Duration,
};

use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tonic::transport::{Channel, Endpoint};
use tower::Service;

use super::connection::{Connection, Guarded};

/// The kernel's limit for the path of a socket, without the closing zero byte.
const LONGEST_SOCKET_PATH: usize = 107;

/// How often the broker is pinged, and how long its answer may take.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// The address of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Address {
    /// The socket of an app.
    Unix(PathBuf),
    /// `host:port`
    Tcp(String),
}

impl Address {
    /// `unix:///path`, `http://host:port`, `grpc://host:port` or `host:port`.
    pub fn parse(text: &str) -> Result<Address, String> {
        let wrong = |why: &str| {
            format!("the broker address {text:?} {why}: write unix:///path or host:port")
        };
        if let Some(rest) = text.strip_prefix("unix:") {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            if !path.starts_with('/') {
                return Err(wrong("needs an absolute path"));
            }
            return Ok(Address::Unix(path.into()));
        }
        let place = ["http://", "grpc://", "tcp://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .unwrap_or(text)
            .trim_end_matches('/');
        if place.contains("://") {
            return Err(wrong("has an unknown scheme"));
        }
        let port = place.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        match port {
            Some(Ok(_)) => Ok(Address::Tcp(place.to_owned())),
            _ => Err(wrong("has no port")),
        }
    }

    /// A channel that connects at its first call, and again after each loss.
    pub fn channel(&self) -> Result<Channel, String> {
        self.watched_channel(&Connection::default())
    }

    /// The same, with `connection` telling when the broker is lost.
    pub fn watched_channel(&self, connection: &Connection) -> Result<Channel, String> {
        let target = match self {
            Address::Tcp(place) => format!("http://{place}"),
            // Any valid name: the connector never looks at it.
            Address::Unix(_) => "http://localhost".to_owned(),
        };
        let endpoint = Endpoint::from_shared(target)
            .map_err(|error| format!("the broker address {self:?}: {error}"))?;
        let endpoint = configured(endpoint);
        Ok(match self {
            Address::Tcp(place) => {
                endpoint.connect_with_connector_lazy(watched(connection, place, connect_tcp))
            }
            Address::Unix(path) => {
                endpoint.connect_with_connector_lazy(watched(connection, path, connect_unix))
            }
        })
    }
}

/// A channel over what `connect` opens, for a place that has no address.
#[doc(hidden)]
pub fn channel_over<P, T, F>(connection: &Connection, place: &P, connect: fn(P) -> F) -> Channel
where
    P: Clone + Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Any valid name: the connector never looks at it.
    let endpoint = configured(Endpoint::from_static("http://localhost"));
    endpoint.connect_with_connector_lazy(watched(connection, place, connect))
}

fn configured(endpoint: Endpoint) -> Endpoint {
    endpoint
        .connect_timeout(Duration::from_secs(5))
        // A broker that hangs closes nothing: only its silence tells.
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .keep_alive_while_idle(true)
        // Room for a flood of small messages while this thread waits for the interpreter.
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(1 << 23)
}

/// What opens a connection to a place each time the channel needs one.
fn watched<P, T, F>(
    connection: &Connection,
    place: &P,
    connect: fn(P) -> F,
) -> impl Service<http::Uri, Response = TokioIo<Guarded<T>>, Error = io::Error, Future: Send>
+ Send
+ 'static
where
    P: Clone + Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
    T: Send + 'static,
{
    let (connection, place) = (connection.clone(), place.clone());
    tower::service_fn(move |_: http::Uri| {
        let (connection, connecting) = (connection.clone(), connect(place.clone()));
        async move { connecting.await.map(|transport| TokioIo::new(connection.guard(transport))) }
    })
}

async fn connect_tcp(place: String) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(place).await?;
    // Where nobody listens, the kernel may choose that very port for our own end.
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn connect_unix(path: PathBuf) -> io::Result<UnixStream> {
    if path.as_os_str().as_bytes().len() <= LONGEST_SOCKET_PATH {
        return UnixStream::connect(path).await;
    }
    // A longer path is reached through its open folder, whose name in /proc is short.
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    let folder = File::open(folder)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
    UnixStream::connect(short).await
}
