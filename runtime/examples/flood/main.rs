//! A broker that does nothing but send, to measure clients with: the updates are encoded
//! once, so that the client is what takes time.
//!
//! ```text
//! cargo run --release --example flood -- [--listen ADDR:PORT] [--rate N] [--updates N]
//! ```
//!
//! It knows every signal: each is a float sensor. A subscription, of `kuksa.val.v2`,
//! `kuksa.val.v1` or `sdv.databroker.v1`, gets a message with all its signals, then messages
//! with one signal each, one after the other. Prints `ready grpc=ADDR:PORT`.

mod answers;
mod body;
mod frame;
mod ring;

use std::net::SocketAddr;

use anyhow::{Context, bail};
use axum::{
    Router,
    extract::{Request, State},
    response::Response,
};
use clap::Parser;
use tokio::net::TcpListener;
use tonic::transport::{Server, server::TcpIncoming};

use self::ring::Pace;

/// Of a request: some thousand paths.
const LARGEST_REQUEST: usize = 1 << 20;

#[derive(Debug, Parser)]
struct Args {
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Updates a second on each subscription; without it as fast as the client takes them.
    #[arg(long)]
    rate: Option<f64>,
    /// After so many updates a subscription falls silent; it stays open, because clients
    /// would subscribe again.
    #[arg(long)]
    updates: Option<u64>,
}

// One thread: the other processors are the client's.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.rate.is_some_and(|rate| !(rate > 0.0 && rate.is_finite())) {
        bail!("--rate is a number of updates a second above 0");
    }
    let listener = TcpListener::bind(args.listen).await.with_context(|| args.listen.to_string())?;
    println!("ready grpc={}", listener.local_addr()?);

    let pace = Pace { rate: args.rate, updates: args.updates };
    let router = Router::new().fallback(answer).with_state(pace);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder().add_routes(router.into()).serve_with_incoming(incoming).await?;
    Ok(())
}

async fn answer(State(pace): State<Pace>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let answered = match axum::body::to_bytes(request.into_body(), LARGEST_REQUEST).await {
        Ok(body) => answers::of(&path, &body, pace),
        Err(error) => Err(tonic::Status::invalid_argument(error.to_string())),
    };
    body::response(answered)
}
