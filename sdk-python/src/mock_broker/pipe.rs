//! The way to a mock broker: pipes in memory instead of a socket.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::io::DuplexStream;
use vehicle_edge_runtime::signals::{Broker, Client, PipeDoor};
use vehicle_signal_client::{Connection, channel_over};

use crate::link::Link;

/// As much as a socket would hold.
const CAPACITY: usize = 64 << 10;

#[derive(Debug)]
pub(crate) struct Pipe {
    broker: Broker,
    client: Client,
    /// None while an outage is played.
    door: Mutex<Option<Arc<PipeDoor>>>,
    /// A forked child has this record, but nobody at the other end.
    process: u32,
}

impl Pipe {
    pub(super) fn new(broker: Broker, client: Client) -> Pipe {
        Pipe { broker, client, door: Mutex::default(), process: std::process::id() }
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

    /// A link that connects at its first call, and again after each loss. Must be called
    /// within the runtime.
    pub(crate) fn link(self: &Arc<Pipe>, address: &str) -> Link {
        let connection = Connection::default();
        let connect = |pipe: Arc<Pipe>| async move { pipe.connect().await };
        Link::over(channel_over(&connection, self, connect), connection, address)
    }

    async fn connect(&self) -> io::Result<DuplexStream> {
        let refused = |why| Err(io::Error::new(io::ErrorKind::ConnectionRefused, why));
        if self.process != std::process::id() {
            return refused("it works only in the process that made it");
        }
        let door = self.door().clone();
        let Some(door) = door else { return refused("the mock broker is stopped") };
        let (near, far) = tokio::io::duplex(CAPACITY);
        door.serve(far).await?;
        Ok(near)
    }

    fn door(&self) -> MutexGuard<'_, Option<Arc<PipeDoor>>> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
