//! gRPC over HTTP: messages behind a length, and the status in the trailers.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, header::CONTENT_TYPE},
    response::Response,
};
use futures_util::{Stream, StreamExt, stream::BoxStream};
use hyper::body::Frame;
use prost::Message;
use tonic::Status;

/// Of a message: whether it is compressed, then its length.
const PREFIX: usize = 5;

/// Encoded messages, any number in each item.
pub(crate) type Messages = BoxStream<'static, Bytes>;

/// Appends a message as it goes out.
pub(crate) fn frame(message: &impl Message, out: &mut Vec<u8>) {
    let length = u32::try_from(message.encoded_len()).unwrap_or(u32::MAX);
    out.push(0);
    out.extend(length.to_be_bytes());
    // A Vec grows as needed: this never fails.
    let _ = message.encode(out);
}

/// The only message of a request's body.
pub(crate) fn parse<M: Message + Default>(body: &[u8]) -> Result<M, Status> {
    let message = body.get(PREFIX..).unwrap_or_default();
    M::decode(message).map_err(|error| Status::invalid_argument(error.to_string()))
}

pub(crate) fn response(answered: Result<Messages, Status>) -> Response {
    let mut response = match answered {
        Ok(messages) => {
            Response::new(Body::new(Answer { messages: messages.fuse(), ended: false }))
        }
        Err(status) => status.into_http(),
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

struct Answer {
    messages: futures_util::stream::Fuse<Messages>,
    ended: bool,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = match ready!(Pin::new(&mut self.messages).poll_next(context)) {
            Some(messages) => Frame::data(messages),
            None => {
                self.ended = true;
                let ok = HeaderValue::from_static("0");
                Frame::trailers(HeaderMap::from_iter([(Status::GRPC_STATUS, ok)]))
            }
        };
        Poll::Ready(Some(Ok(frame)))
    }
}
