//! Puts the runtime together, and takes it apart again.
//!
//! In: [`Options`], from the command line. Out: one `ready` line on standard output once
//! everything answers, logs on standard error, and an error that names the option to change
//! when something cannot be had.
//! Order matters: the state folder is taken before anything is touched, ports before the
//! slow work, and the API answers only when the supervisor is there. On the way down the
//! apps go first, while clients still see them stop.
//! Must not know: how any part does its work.

mod listen;
mod model;
mod shutdown;
mod state_dir;
mod tools;

use std::{io::Write, net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) use self::model::ModelSource;
use self::state_dir::StateDir;
use crate::{
    api::{self, Api, Health, wire},
    sandbox::{self, Sandbox},
    signals::{self, Broker},
    supervisor::{Config, Supervisor},
};

/// What `vehicle-edge serve` was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) state: Option<PathBuf>,
    pub(crate) model: ModelSource,
    pub(crate) sandbox: sandbox::Choice,
    pub(crate) python: Option<PathBuf>,
    pub(crate) sdk: Option<PathBuf>,
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    pub(crate) health: SocketAddr,
    pub(crate) keep_apps: bool,
    pub(crate) mock: bool,
}

struct Listeners {
    http: TcpListener,
    grpc: TcpListener,
    health: TcpListener,
}

/// Runs until asked to stop.
pub(crate) async fn run(options: Options) -> Result<()> {
    listen::check("--http-listen", options.http)?;
    listen::check("--grpc-listen", options.grpc)?;
    listen::check("--health-listen", options.health)?;
    let path = match &options.state {
        Some(path) => path.clone(),
        None => state_dir::default_path()?,
    };
    let state = StateDir::open(path)?;
    let listeners = Listeners {
        http: listen::bind("--http-listen", options.http).await?,
        grpc: listen::bind("--grpc-listen", options.grpc).await?,
        health: listen::bind("--health-listen", options.health).await?,
    };
    // Installed before anything runs, so that an early signal is not lost.
    let mut signals = shutdown::Signals::new()?;
    tokio::select! {
        outcome = serve(&options, &state, listeners) => outcome,
        // A signal before the daemon was ready: nothing runs that would have to be stopped.
        () = signals.asked() => Ok(()),
    }
}

async fn serve(
    options: &Options,
    state: &StateDir,
    listeners: Listeners,
) -> Result<()> {
    todo
}
