//! The signal broker by itself, with the mock: something for Kuksa clients to talk to.
//!
//! ```text
//! cargo run --example broker -- [--listen ADDR:PORT] [--socket DIR] [MANIFEST.json]
//! ```
//!
//! `vssc generate manifest MODEL -o DIR` writes a manifest; without one, the embedded
//! model is played. Prints `ready grpc=ADDR:PORT` once clients can connect.

use std::{fs::File, io::BufReader, net::SocketAddr, path::PathBuf};

use anyhow::{Context, bail};
use clap::Parser;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vehicle_edge_runtime::signals::{Broker, Client, mock, serve_app, serve_tcp};
use vss_codegen::{Request, compile, model::Manifest, source::HostLoader};

#[derive(Debug, Parser)]
struct Args {
    #[arg(long, default_value = "127.0.0.1:55555")]
    listen: SocketAddr,
    /// Also at `broker.sock` in this folder, as an app in its sandbox finds it.
    #[arg(long, value_name = "DIR")]
    socket: Option<PathBuf>,
    /// Without the mock: signals have no value until a client publishes one.
    #[arg(long)]
    no_mock: bool,
    manifest: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if !args.listen.ip().is_loopback() {
        bail!("{} is not on loopback: there is no access control on this port", args.listen);
    }
    let broker = Broker::new(&manifest(args.manifest)?)?;
    let listener = TcpListener::bind(args.listen).await.with_context(|| args.listen.to_string())?;
    // It is closed when dropped.
    let _door = match &args.socket {
        Some(folder) => Some(serve_app(broker.clone(), Client::outside(), folder)?),
        None => None,
    };
    println!("ready grpc={}", listener.local_addr()?);

    let shutdown = CancellationToken::new();
    if !args.no_mock {
        mock::start(&broker, mock::Script::default(), shutdown.clone())?;
    }
    let stop = shutdown.clone();
    tokio::spawn(async move {
        // Without a handler for the signal the process simply ends at it.
        let _ = tokio::signal::ctrl_c().await;
        stop.cancel();
    });
    serve_tcp(broker, listener, shutdown).await?;
    Ok(())
}

fn manifest(path: Option<PathBuf>) -> anyhow::Result<Manifest> {
    let Some(path) = path else { return embedded() };
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    serde_json::from_reader(BufReader::new(file))
        .with_context(|| format!("{} is not a manifest", path.display()))
}

fn embedded() -> anyhow::Result<Manifest> {
    let (catalog, diagnostics) = compile(&Request::default(), &HostLoader::default());
    match catalog {
        Some(catalog) => Ok(vss_codegen::target::manifest::manifest(&catalog)),
        None => bail!("{}", diagnostics.iter().map(|d| d.render(false)).collect::<String>()),
    }
}
