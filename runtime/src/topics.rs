//! An app's way to the topics of an MQTT broker, which it could not reach by itself: an app
//! has no network.
//!
//! In: the broker's address and the folder of an app. Out: a unix socket there, whose
//! connections are each piped to one of the broker. The bytes are not looked at: which
//! topics an app may use is for the broker to say.

use std::{fmt, io, path::Path, str::FromStr, sync::Arc, time::Duration};

use tokio::{
    io::copy_bidirectional,
    net::{TcpStream, UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

use crate::socket::{self, SocketFile};

/// The name of an app's socket in its folder.
pub const SOCKET_NAME: &str = "mqtt.sock";

/// An app needs one; more wait until one of these ends.
const CONNECTIONS: usize = 8;

/// What a connection to the broker may take.
const CONNECTING: Duration = Duration::from_secs(5);

/// Of an MQTT broker: `HOST:PORT`. The host is looked up at each connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Address, String> {
        let is_right = text.rsplit_once(':').is_some_and(|(host, port)| {
            let is_one_host = !host.contains(['/', '@'])
                && (!host.contains(':') || (host.starts_with('[') && host.ends_with(']')));
            !host.is_empty() && is_one_host && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        match is_right {
            true => Ok(Address(text.to_owned())),
            false => Err("write the broker's HOST:PORT, like localhost:1883".to_owned()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An app's door to the topics. Dropping it cuts its connections and removes the socket.
#[derive(Debug)]
pub struct TopicsSocket {
    _file: SocketFile,
    /// Owns the connections.
    task: JoinHandle<()>,
}

impl Drop for TopicsSocket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Pipes what connects to `<folder>/mqtt.sock` to the broker; `app` names it in the log. Must
/// be called within a tokio runtime.
pub fn serve(broker: Address, app: &str, folder: &Path) -> io::Result<TopicsSocket> {
    let (listener, file) = socket::open_for_app(folder, SOCKET_NAME)?;
    let listener = UnixListener::from_std(listener)?;
    let task = tokio::spawn(accept(listener, broker, app.to_owned()));
    Ok(TopicsSocket { _file: file, task })
}

/// Never ends by itself: when accepting fails (too many open files), it is tried again.
async fn accept(listener: UnixListener, broker: Address, app: String) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut pipes = JoinSet::new();
    // So that a broker that is down is logged once, not at each attempt of the app.
    let mut was_reached = true;
    // Never closed, so there is always a place in the end.
    while let Ok(place) = places.clone().acquire_owned().await {
        let client = match listener.accept().await {
            Ok((client, _)) => client,
            Err(error) => {
                tracing::warn!(%error, "a connection of '{app}' to its topics was not accepted");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        while pipes.try_join_next().is_some() {}
        let reached = connect(&broker).await;
        if let (Err(error), true) = (&reached, was_reached) {
            tracing::warn!("'{app}' has no topics: no connection to the broker {broker}: {error}");
        }
        was_reached = reached.is_ok();
        // Where there is no broker, the app's connection ends here, and the app tries again.
        if let Ok(server) = reached {
            pipes.spawn(pipe(client, server, place));
        }
    }
}

async fn connect(broker: &Address) -> io::Result<TcpStream> {
    let stream = timeout(CONNECTING, TcpStream::connect(&broker.0)).await??;
    // Small messages must not wait for the answer to the one before.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Until both sides have ended, or one has failed: the other then sees an end as well.
async fn pipe(mut client: UnixStream, mut server: TcpStream, _place: OwnedSemaphorePermit) {
    if let Err(error) = copy_bidirectional(&mut client, &mut server).await {
        tracing::debug!(%error, "a connection to the topics broke");
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// The longest that anything here may take.
    const DEADLINE: Duration = Duration::from_secs(20);

    /// A door in a folder of its own, and the broker behind it.
    async fn door() -> (tempfile::TempDir, TopicsSocket, TcpListener) {
        let broker = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = broker.local_addr().unwrap().to_string().parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let door = serve(address, "a", folder.path()).unwrap();
        (folder, door, broker)
    }

    async fn client(folder: &tempfile::TempDir) -> UnixStream {
        UnixStream::connect(folder.path().join(SOCKET_NAME)).await.unwrap()
    }

    /// The broker's end of the next connection.
    async fn accepted(broker: &TcpListener) -> TcpStream {
        timeout(DEADLINE, broker.accept()).await.unwrap().unwrap().0
    }

    /// What comes from a side until its end.
    async fn rest(side: &mut (impl AsyncReadExt + Unpin)) -> String {
        let mut text = String::new();
        timeout(DEADLINE, side.read_to_string(&mut text)).await.unwrap().unwrap();
        text
    }

    #[tokio::test]
    async fn bytes_and_ends_go_both_ways() {
        let (folder, _door, broker) = door().await;
        let mut app = client(&folder).await;
        let mut other = accepted(&broker).await;
        app.write_all(b"connect").await.unwrap();
        app.shutdown().await.unwrap();
        assert_eq!(rest(&mut other).await, "connect");
        other.write_all(b"welcome").await.unwrap();
        drop(other);
        assert_eq!(rest(&mut app).await, "welcome");
    }

    #[tokio::test]
    async fn closing_the_door_cuts_its_connections_and_removes_the_socket() {
        let (folder, door, broker) = door().await;
        let mut app = client(&folder).await;
        let mut other = accepted(&broker).await;
        drop(door);
        assert_eq!((rest(&mut app).await, rest(&mut other).await), (String::new(), String::new()));
        assert!(!folder.path().join(SOCKET_NAME).exists());
    }

    #[tokio::test]
    async fn one_more_than_an_app_may_have_waits_until_one_ends() {
        let (folder, _door, broker) = door().await;
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS {
            held.push((client(&folder).await, accepted(&broker).await));
        }
        let mut app = client(&folder).await;
        app.write_all(b"late").await.unwrap();
        app.shutdown().await.unwrap();
        let early = timeout(Duration::from_millis(100), broker.accept()).await;
        assert!(early.is_err(), "it came through");
        held.pop();
        assert_eq!(rest(&mut accepted(&broker).await).await, "late");
    }

    #[tokio::test]
    async fn an_app_whose_broker_is_away_sees_an_end_and_may_try_again() {
        let (folder, _door, broker) = door().await;
        let address = broker.local_addr().unwrap();
        drop(broker);
        assert_eq!(rest(&mut client(&folder).await).await, "");
        let broker = TcpListener::bind(address).await.unwrap();
        let mut app = client(&folder).await;
        app.write_all(b"again").await.unwrap();
        app.shutdown().await.unwrap();
        assert_eq!(rest(&mut accepted(&broker).await).await, "again");
    }

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for right in ["localhost:1883", "10.0.0.1:1", "[::1]:1883", "broker.local:65535"] {
            assert_eq!(right.parse::<Address>().unwrap().to_string(), right);
        }
        for wrong in ["", "localhost", ":1883", "a:0", "a:65536", "::1:1883", "mqtt://a:1883"] {
            assert_eq!(
                wrong.parse::<Address>().unwrap_err(),
                "write the broker's HOST:PORT, like localhost:1883",
                "{wrong}"
            );
        }
    }
}
