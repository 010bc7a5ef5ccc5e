//! The API's WebSocket, as the commands use it.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::Value as Json;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message},
};

use super::{client::Client, failure::Failure};
use crate::api::wire::{Envelope, ErrorBody, ErrorReply};

#[derive(Debug)]
pub(crate) struct Stream {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Stream {
    pub(crate) async fn open(client: &Client) -> Result<Stream> {
        let address = client.url("/api/ws", &[]);
        let address = format!("ws{}", address.as_str().trim_start_matches("http"));
        let unreachable =
            |cause: String| Failure::Unreachable { server: client.server().to_owned(), cause };
        match connect_async(address).await {
            Ok((socket, _)) => Ok(Stream { socket }),
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                match serde_json::from_slice::<ErrorReply>(body) {
                    Ok(reply) => Err(Failure::Refused(reply.error).into()),
                    Err(_) => Err(unreachable(format!("it answers {}", response.status())).into()),
                }
            }
            Err(error) => Err(unreachable(error.to_string()).into()),
        }
    }

    pub(crate) async fn ask(&mut self, event: &str, data: impl Serialize) -> Result<()> {
        let data = serde_json::to_value(data)?;
        let envelope = Envelope { event: event.to_owned(), id: Json::Null, data };
        self.socket.send(Message::text(serde_json::to_string(&envelope)?)).await?;
        Ok(())
    }

    /// The next message; `None` when the connection has ended. An `error` message is an error.
    pub(crate) async fn next(&mut self) -> Result<Option<Envelope>> {
        loop {
            let text = match self.socket.next().await {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(None),
                Some(Ok(_)) => continue,
            };
            let envelope: Envelope = serde_json::from_str(&text).context("an odd message")?;
            if envelope.event == "error" {
                let body: ErrorBody = serde_json::from_value(envelope.data)?;
                return Err(Failure::Refused(body).into());
            }
            return Ok(Some(envelope));
        }
    }
}
