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

use std::{io::Write, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use jiff::Timestamp;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub(crate) use self::model::{ModelSource, source as model_source};
use self::{shutdown::Signals, state_dir::StateDir};
use crate::{
    api::{self, Api, Health, wire},
    python::PythonTools,
    sandbox::{self, Sandbox},
    signals::{self, Broker},
    supervisor::{Config, Model, Supervisor},
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

/// Bound before the slow work begins.
struct Listeners {
    http: TcpListener,
    grpc: TcpListener,
    health: TcpListener,
}

/// What runs, and what it takes to end it.
struct Running {
    supervisor: Supervisor,
    health: Health,
    /// Ends every server, stream and wait.
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
    /// The `ready` line.
    ready: String,
}

/// What the servers may take to end after the apps have.
const DRAIN: Duration = Duration::from_secs(5);

/// Runs until asked to stop.
pub(crate) async fn run(options: Options) -> Result<()> {
    listen::check("--http-listen", options.http)?;
    listen::check("--grpc-listen", options.grpc)?;
    listen::check("--health-listen", options.health)?;
    let path = match &options.state {
        Some(path) => path.clone(),
        None => state_dir::default_path()?,
    };
    // What is made below the state folder is read by the apps' own users, whatever the
    // person who starts us is used to; the folder itself lets nobody else in.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let state = StateDir::open(path)?;
    let listeners = Listeners {
        http: listen::bind("--http-listen", options.http).await?,
        grpc: listen::bind("--grpc-listen", options.grpc).await?,
        health: listen::bind("--health-listen", options.health).await?,
    };
    let mut signals = Signals::new()?;
    let prepared = tokio::select! {
        prepared = prepare(&options, &state) => prepared?,
        // Nothing runs yet that would have to be stopped.
        () = signals.asked() => return Ok(()),
    };
    let running = start(&options, &state, listeners, prepared).await?;
    announce(&running.ready)?;
    running.health.set_ready(true);
    signals.asked().await;
    stop(running, options.keep_apps, &mut signals).await
}

/// What is found and made before anything runs.
struct Prepared {
    model: Arc<Model>,
    python: PythonTools,
    sandbox: Arc<dyn Sandbox>,
}

/// Compiles the model and looks for the tools, beside each other.
async fn prepare(options: &Options, state: &StateDir) -> Result<Prepared> {
    let (source, folder) = (options.model.clone(), state.path().to_owned());
    let model = tokio::task::spawn_blocking(move || model::load(&source, &folder));
    let wanted = tools::Wanted { python: options.python.clone(), sdk: options.sdk.clone() };
    let python = tokio::task::spawn_blocking(move || tools::find(&wanted));
    let choice = options.sandbox;
    let sandbox = tokio::task::spawn_blocking(move || sandbox::select(choice));
    let (model, python, sandbox) = (model.await?, python.await?, sandbox.await?);
    Ok(Prepared { model: Arc::new(model?), python: python?, sandbox: sandbox? })
}

async fn start(
    options: &Options,
    state: &StateDir,
    listeners: Listeners,
    Prepared { model, python, sandbox }: Prepared,
) -> Result<Running> {
    let (http, grpc, health_at) = (
        listeners.http.local_addr()?,
        listeners.grpc.local_addr()?,
        listeners.health.local_addr()?,
    );
    let runtime_id = state.runtime_id()?;
    let shutdown = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let health = Health::new(&runtime_id);
    let router = api::health_router(health.clone());
    tasks.spawn(api::serve(listeners.health, router, shutdown.clone()));

    let broker = Broker::new(&model.manifest)?;
    if options.mock {
        signals::mock::start(broker.clone(), shutdown.clone());
    }
    tasks.spawn(serve_signals(broker.clone(), listeners.grpc, shutdown.clone()));

    let capabilities = sandbox.capabilities().clone();
    for lack in &capabilities.lacks {
        tracing::warn!("{}: {}", lack.what, lack.sentence);
    }
    let supervisor = Supervisor::start(Config {
        state_dir: state.path().to_owned(),
        model: Arc::clone(&model),
        broker: broker.clone(),
        sandbox,
        python,
    })
    .await?;

    let listen = wire::Listen {
        http: format!("http://{http}"),
        grpc: grpc.to_string(),
        health: format!("http://{health_at}"),
    };
    let ready = format!("ready http={} grpc={} health={}", listen.http, listen.grpc, listen.health);
    let api = Api::new(api::Shared {
        supervisor: supervisor.clone(),
        broker,
        info: wire::Info {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            runtime_id,
            pid: std::process::id(),
            started_at: Timestamp::now(),
            state_dir: state.path().display().to_string(),
            listen,
            model: wire::InfoModel {
                signals: model.manifest.signals.len(),
                model: model.manifest.model.clone(),
                source: options.model.name(),
            },
            sandbox: capabilities,
            provider: if options.mock { "mock" } else { "none" }.to_owned(),
        },
        staging: state.staging(),
        shutdown: shutdown.clone(),
    });
    tasks.spawn(api::serve(listeners.http, api::router(api), shutdown.clone()));
    Ok(Running { supervisor, health, shutdown, tasks, ready })
}

async fn serve_signals(broker: Broker, listener: TcpListener, shutdown: CancellationToken) {
    if let Err(error) = signals::serve_tcp(broker, listener, shutdown).await {
        tracing::error!(%error, "the signal broker does not serve any more");
    }
}

/// For programs that start the runtime: what it listens on, whatever the ports.
fn announce(ready: &str) -> Result<()> {
    tracing::info!("{ready}");
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ready}").and_then(|()| out.flush()).context("cannot write to standard output")
}

async fn stop(mut running: Running, keep_apps: bool, signals: &mut Signals) -> Result<()> {
    tracing::info!("stopping{}", if keep_apps { ", the apps go on" } else { " the apps" });
    running.health.set_ready(false);
    tokio::select! {
        () = running.supervisor.shutdown(keep_apps) => {}
        // Asked twice: the apps' shims are left as they are, the next start finds them.
        () = signals.asked() => tracing::warn!("not waiting for the apps"),
    }
    running.shutdown.cancel();
    let drained = async { while running.tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(DRAIN, drained).await;
    tracing::info!("stopped");
    Ok(())
}
