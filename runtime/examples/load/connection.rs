//! One HTTP/2 connection to the broker, and gRPC calls on it.
//!
//! Below tonic's client on purpose: bodies are bytes that were encoded beforehand and are
//! read as they come, so that the broker is what takes time.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use anyhow::{Context as _, Result, anyhow, bail};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, Request, Response},
};
use futures_util::stream::BoxStream;
use hyper::{
    body::{Body, Frame, Incoming},
    client::conn::http2,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::{net::TcpStream, task::JoinHandle};

use crate::frame::{PREFIX, frame, parse};

const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 8 << 20;

/// Where the broker is, and what it wants to see.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: String,
    pub(crate) token: Option<HeaderValue>,
}

/// Ends when dropped, with all its streams.
pub(crate) struct Connection {
    target: Target,
    sender: http2::SendRequest<Outgoing>,
    task: JoinHandle<()>,
}

impl Connection {
    pub(crate) async fn open(target: &Target) -> Result<Connection> {
        let name = || format!("the broker at {}", target.address);
        let stream = TcpStream::connect(&target.address).await.with_context(name)?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .handshake(TokioIo::new(stream))
            .await
            .with_context(name)?;
        let task = tokio::spawn(async move {
            // Each of its streams tells of the failure.
            let _ = connection.await;
        });
        Ok(Connection { target: target.clone(), sender, task })
    }

    /// A call with any bodies, as in `GetValue`.
    pub(crate) fn call(
        &self,
        method: &str,
        body: Outgoing,
    ) -> impl Future<Output = Result<Messages>> + use<> {
        let mut sender = self.sender.clone();
        let request = self.request(method, body);
        async move {
            sender.ready().await?;
            let response = sender.send_request(request?).await?;
            Messages::new(response)
        }
    }

    /// A call with one message each way.
    pub(crate) async fn unary<M: Message + Default>(
        &self,
        method: &str,
        message: &impl Message,
    ) -> Result<M> {
        let mut body = Vec::new();
        frame(message, &mut body);
        let answer = self.call(method, Outgoing::whole(body)).await?.whole().await;
        let answer = answer.with_context(|| method.to_owned())?;
        parse(&answer).map_err(|status| anyhow!("{method}: {status}"))
    }

    fn request(&self, method: &str, body: Outgoing) -> Result<Request<Outgoing>> {
        let uri = format!("http://{}/kuksa.val.v2.VAL/{method}", self.target.address);
        let mut request = Request::post(uri).body(body)?;
        let headers = request.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        headers.insert("te", HeaderValue::from_static("trailers"));
        if let Some(token) = &self.target.token {
            headers.insert("authorization", token.clone());
        }
        Ok(request)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A request's body: framed messages.
pub(crate) enum Outgoing {
    Whole(Option<Bytes>),
    Stream(BoxStream<'static, Bytes>),
}

impl Outgoing {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Outgoing {
        Outgoing::Whole(Some(bytes.into()))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Outgoing::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Outgoing::Stream(stream) => {
                let next = stream.as_mut().poll_next(context);
                next.map(|next| next.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Outgoing::Whole(None))
    }
}

/// A response's body.
pub(crate) struct Messages {
    body: Incoming,
    /// The beginning of a message whose end is still to come.
    rest: Vec<u8>,
}

impl Messages {
    fn new(response: Response<Incoming>) -> Result<Messages> {
        check(response.headers())?;
        Ok(Messages { body: response.into_body(), rest: Vec::new() })
    }

    /// What has come: whole messages, each handed to `take`. False at a good end.
    pub(crate) async fn read(&mut self, mut take: impl FnMut(&[u8])) -> Result<bool> {
        let Some(bytes) = self.chunk().await? else { return Ok(false) };
        let joined;
        let mut left: &[u8] = if self.rest.is_empty() {
            &bytes
        } else {
            self.rest.extend_from_slice(&bytes);
            joined = std::mem::take(&mut self.rest);
            &joined
        };
        while let Some((prefix, after)) = left.split_first_chunk::<PREFIX>() {
            let [_, length @ ..] = *prefix;
            let Some(message) = after.get(..u32::from_be_bytes(length) as usize) else { break };
            take(message);
            left = &after[message.len()..];
        }
        self.rest = left.to_vec();
        Ok(true)
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>> {
        loop {
            match poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await {
                None => return Ok(None),
                Some(next) => match next?.into_data() {
                    Ok(data) => return Ok(Some(data)),
                    Err(frame) => check(frame.trailers_ref().unwrap_or(&HeaderMap::new()))?,
                },
            }
        }
    }

    /// The whole body, until a good end.
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }
}

/// The status, where these headers or trailers have one.
fn check(headers: &HeaderMap) -> Result<()> {
    match headers.get("grpc-status") {
        None => Ok(()),
        Some(status) if status == "0" => Ok(()),
        Some(status) => {
            let message =
                headers.get("grpc-message").map_or("", |text| text.to_str().unwrap_or(""));
            bail!("the broker answers with status {}: {message}", status.to_str().unwrap_or("?"))
        }
    }
}
