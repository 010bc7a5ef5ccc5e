//! Whether there is a connection: told by a guard around its transport, so that a loss is
//! noticed when it happens, and not by the next call.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::watch,
};

/// The connections of one channel, one after the other, numbered from 1.
#[derive(Clone, Debug, Default)]
#[doc(hidden)]
pub struct Connection {
    state: Arc<watch::Sender<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The newest one that was opened.
    opened: u64,
    /// The newest one that is gone.
    gone: u64,
    /// Why that is gone.
    reason: String,
}

impl Connection {
    /// The number of the newest connection; 0 before the first.
    pub fn number(&self) -> u64 {
        self.state.borrow().opened
    }

    /// Waits until that connection is gone, and says why.
    pub async fn lost(&self, number: u64) -> String {
        let mut state = self.state.subscribe();
        // It fails when the sender is gone, which lives as long as this.
        let _ = state.wait_for(|state| state.gone >= number).await;
        state.borrow().reason.clone()
    }

    pub(crate) fn guard<T>(&self, transport: T) -> Guarded<T> {
        let mut number = 0;
        self.state.send_modify(|state| {
            state.opened += 1;
            number = state.opened;
        });
        // What is dropped without an end or an error did not answer a ping in time.
        let reason = "the broker does not answer".to_owned();
        Guarded { transport, reason, number, connection: self.clone() }
    }
}

/// A transport that tells its connection when it is dropped.
#[derive(Debug)]
pub(crate) struct Guarded<T> {
    transport: T,
    reason: String,
    number: u64,
    connection: Connection,
}

impl<T> Guarded<T> {
    fn seen<R>(&mut self, result: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if let Poll::Ready(Err(error)) = &result {
            self.reason = error.to_string();
        }
        result
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        let reason = std::mem::take(&mut self.reason);
        self.connection.state.send_modify(|state| {
            if state.gone < self.number {
                state.gone = self.number;
                state.reason = reason;
            }
        });
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let has_room = buffer.remaining() > 0;
        let result = Pin::new(&mut self.transport).poll_read(context, buffer);
        if matches!(result, Poll::Ready(Ok(()))) && has_room && buffer.filled().len() == before {
            self.reason = "the broker closed the connection".to_owned();
        }
        self.seen(result)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.transport).poll_write(context, bytes);
        self.seen(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.transport).poll_write_vectored(context, slices);
        self.seen(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.transport).poll_flush(context);
        self.seen(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::UnixStream;

    use super::*;

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    async fn read(transport: &mut Guarded<UnixStream>) -> io::Result<()> {
        let mut bytes = [0; 8];
        let mut buffer = ReadBuf::new(&mut bytes);
        std::future::poll_fn(|context| Pin::new(&mut *transport).poll_read(context, &mut buffer))
            .await
    }

    #[test]
    fn each_connection_tells_its_own_end() {
        block_on(async {
            let connection = Connection::default();
            assert_eq!(connection.number(), 0);
            let (client, broker) = UnixStream::pair().unwrap();
            let mut first = connection.guard(client);
            let second = connection.guard(());
            assert_eq!(connection.number(), 2);

            drop(broker);
            read(&mut first).await.unwrap();
            drop(first);
            assert_eq!(connection.lost(1).await, "the broker closed the connection");

            drop(second);
            assert_eq!(connection.lost(2).await, "the broker does not answer");
        });
    }

    #[test]
    fn an_older_connection_that_goes_late_says_nothing_of_the_newer() {
        block_on(async {
            let connection = Connection::default();
            let (first, second) = (connection.guard(()), connection.guard(()));
            drop(first);
            let lost = tokio::time::timeout(Duration::ZERO, connection.lost(2)).await;
            assert!(lost.is_err(), "{lost:?}");
            drop(second);
            connection.lost(2).await;
        });
    }
}
