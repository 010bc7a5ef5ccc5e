//! Serves a router on a listener, with the limits that the framework's own server lacks:
//! a client must send its headers in time, and there may only be so many clients.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;

const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_CONNECTIONS: u32 = 512;
/// How long requests that run may take to end after a shutdown began.
const DRAIN: Duration = Duration::from_secs(3);

/// Serves until `shutdown`, then lets running requests end for a while.
pub(crate) async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS as usize));
    loop {
        // Waiting for a place before accepting leaves the rest in the kernel's queue.
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let (router, shutdown) = (router.clone(), shutdown.clone());
        tokio::spawn(async move {
            if let Err(error) = connection(stream, router, &shutdown).await {
                tracing::debug!(%error, "a connection ended with an error");
            }
            drop(place);
        });
    }
    // All places are free again when all connections have ended.
    if tokio::time::timeout(DRAIN, places.acquire_many(MAX_CONNECTIONS)).await.is_err() {
        tracing::debug!("some requests did not end in time");
    }
}

async fn connection(
    stream: TcpStream,
    router: Router,
    shutdown: &CancellationToken,
) -> hyper::Result<()> {
    let _ = stream.set_nodelay(true);
    // Not the kind that finds out the protocol first: that one waits for ever for a client
    // that says nothing.
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let service = TowerToHyperService::new(router);
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        outcome = connection.as_mut() => return outcome,
        () = shutdown.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            // Most likely out of file descriptors: spinning would not bring any back.
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(Duration::from_millis(200)).await;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_or_half_a_word_is_let_go() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let server = tokio::spawn(serve(listener, Router::new(), shutdown.clone()));
        for words in ["", "GET /ap", "PRI * HT"] {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(words.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            let end = tokio::time::timeout(2 * HEADER_TIMEOUT, client.read_to_end(&mut answer));
            let _ = end.await.unwrap_or_else(|_| panic!("'{words}' is waited for"));
        }
        shutdown.cancel();
        server.await.unwrap();
    }
}
