//! What a client sends on a stream that is open for long.

use futures_util::{Stream, StreamExt, stream};
use tonic::{Status, Streaming};

use crate::signals::{Client, SignalError};

/// The requests of a stream for as long as the client may ask at all. The last item says why
/// it may not any more, also where nothing was sent for long.
pub(in crate::signals) fn requests<T: Send + 'static>(
    client: &Client,
    requests: Streaming<T>,
) -> impl Stream<Item = Result<T, Status>> + Send + Unpin + 'static {
    let client = client.clone();
    let ended = Box::pin(async move { client.ended().await });
    Box::pin(stream::unfold(Some((requests, ended)), async |open| {
        let (mut requests, mut ended) = open?;
        tokio::select! {
            biased;
            error = &mut ended => Some((Err(status(&error)), None)),
            request = requests.next() => request.map(|request| (request, Some((requests, ended)))),
        }
    }))
}

fn status(error: &SignalError) -> Status {
    match error {
        SignalError::Expired { .. } => Status::unauthenticated(error.to_string()),
        _ => Status::permission_denied(error.to_string()),
    }
}
