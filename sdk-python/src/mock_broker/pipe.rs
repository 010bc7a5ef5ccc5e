//! The way to a mock broker: pipes in memory instead of a socket.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::io::DuplexStream;
use tonic::transport::Channel;
use vehicle_edge_runtime::signals::{Broker, Client, PipeDoor};
use vehicle_signal_client::{Connection, channel_over};

/// Stands where the address of another broker would.
pub(super) const ADDRESS: &str = "mock";

/// As much as a socket would hold.
const CAPACITY: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Pipe {
    broker: Broker,
    client: Client,
    /// None while an outage is played.
    door: Mutex<Option<Arc<PipeDoor>>>,
}

impl Pipe {
    pub(super) fn new(broker: Broker, client: Client) -> Pipe {
        Pipe { broker, client, door: Mutex::default() }
    }

    pub(super) fn open(&self) {
        let new = || Arc::new(PipeDoor::new(self.broker.clone(), self.client.clone()));
        self.door().get_or_insert_with(new);
    }

    pub(super) fn close(&self) {
        let door = self.door().take();
        drop(door);
    }

    pub(super) fn is_open(&self) -> bool {
        self.door().is_some()
    }

    /// A channel that connects at its first call, and again after each loss. Must be called
    /// within the runtime.
    pub(super) fn channel(self: &Arc<Pipe>, connection: &Connection) -> Channel {
        channel_over(connection, self, |pipe: Arc<Pipe>| async move { pipe.connect().await })
    }

    async fn connect(&self) -> io::Result<DuplexStream> {
        let door = self.door().clone();
        let Some(door) = door else {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionRefused,
                "the mock broker is stopped",
            ));
        };
        let (near, far) = tokio::io::duplex(CAPACITY);
        door.serve(far).await?;
        Ok(near)
    }

    fn door(&self) -> MutexGuard<'_, Option<Arc<PipeDoor>>> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
