//! gRPC over HTTP: messages, and the status in the trailers.

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
use tonic::Status;

/// Encoded messages, any number in each item.
pub(crate) type Messages = BoxStream<'static, Bytes>;

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
