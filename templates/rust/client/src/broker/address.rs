//! Where the broker is, and how to reach it.

use std::{
    fs::File,
    io,
    os::{fd::AsRawFd, unix::ffi::OsStrExt},
    path::{Path, PathBuf},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};

/// The kernel's limit for the path of a socket, without the closing zero byte.
const LONGEST_SOCKET_PATH: usize = 107;

/// The address of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        let target = match self {
            Address::Tcp(place) => format!("http://{place}"),
            // Any valid name: the connector below never looks at it.
            Address::Unix(_) => "http://localhost".to_owned(),
        };
        let endpoint = Endpoint::from_shared(target)
            .map_err(|error| format!("the broker address {self:?}: {error}"))?
            .connect_timeout(Duration::from_secs(5))
            .tcp_nodelay(true)
            // Room for a flood of small messages while this thread waits for the interpreter.
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(1 << 23);
        Ok(match self {
            Address::Tcp(_) => endpoint.connect_lazy(),
            Address::Unix(path) => {
                let path = path.clone();
                endpoint.connect_with_connector_lazy(tower::service_fn(move |_: http::Uri| {
                    let path = path.clone();
                    async move { connect(&path).await.map(TokioIo::new) }
                }))
            }
        })
    }
}

async fn connect(path: &Path) -> io::Result<UnixStream> {
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
