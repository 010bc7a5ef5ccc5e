//! What waits to be written to one client.

use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::{SinkExt, stream::SplitSink};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages in memory for one client. More wait where they come from.
const CAPACITY: usize = 256;
/// A client that takes nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(20);
/// Finds out about clients that vanished without a word.
const PING: Duration = Duration::from_secs(20);

/// The client is gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone;

#[derive(Clone, Debug)]
pub(super) struct Outbox(mpsc::Sender<Message>);

impl Outbox {
    /// Waits for a place.
    pub(super) async fn send(&self, text: String) -> Result<(), Gone> {
        self.0.send(Message::Text(Utf8Bytes::from(text))).await.map_err(|_| Gone)
    }
}

/// Starts the writer; `closed` is cancelled when it ends, and ends it.
pub(super) fn open(socket: SplitSink<WebSocket, Message>, closed: CancellationToken) -> Outbox {
    let (sender, messages) = mpsc::channel(CAPACITY);
    tokio::spawn(async move {
        let _gone_with_us = closed.clone().drop_guard();
        let mut socket = socket;
        let cause = write(&mut socket, messages, &closed).await;
        tracing::debug!(cause, "a WebSocket client left");
        let _ = tokio::time::timeout(Duration::from_secs(1), socket.close()).await;
    });
    Outbox(sender)
}

async fn write(
    socket: &mut SplitSink<WebSocket, Message>,
    mut messages: mpsc::Receiver<Message>,
    closed: &CancellationToken,
) -> &'static str {
    let mut batch = Vec::with_capacity(CAPACITY);
    loop {
        let received = tokio::select! {
            biased;
            () = closed.cancelled() => return "closed",
            received = tokio::time::timeout(PING, messages.recv_many(&mut batch, CAPACITY)) => received,
        };
        match received {
            Ok(0) => return "the session ended",
            Ok(_) => {}
            Err(_) => batch.push(Message::Ping(Default::default())),
        }
        match tokio::time::timeout(PATIENCE, write_batch(socket, &mut batch)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return "the connection broke",
            Err(_) => return "it took nothing for too long",
        }
    }
}

/// One flush for many messages: a burst costs few system calls, a single one no delay.
async fn write_batch(
    socket: &mut SplitSink<WebSocket, Message>,
    batch: &mut Vec<Message>,
) -> Result<(), axum::Error> {
    for message in batch.drain(..) {
        socket.feed(message).await?;
    }
    socket.flush().await
}
