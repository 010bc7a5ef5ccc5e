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
mod providers;
mod reload;
mod shutdown;
mod state_dir;
mod tools;

use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, ensure};
use jiff::Timestamp;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub(crate) use self::providers::Provider;
use self::{reload::Reloaded, shutdown::Signals, state_dir::StateDir};
use crate::{
    api::{self, Api, Health, wire},
    app::Policy,
    models::{ModelSource, Shelf},
    python::PythonTools,
    sandbox::{self, Sandbox},
    signals::{
        self, Broker, Client, Gate, Sources, TlsFiles, TokenFiles,
        history::{self, History, Keep},
        mock::Script,
    },
    supervisor::{Config, Model, Supervisor},
    topics,
};

/// What `vehicle-edge serve` was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) state: Option<PathBuf>,
    /// `None`: the one that was chosen while the runtime ran, else the built-in one.
    pub(crate) model: Option<ModelSource>,
    pub(crate) sandbox: sandbox::Choice,
    pub(crate) python: Option<PathBuf>,
    pub(crate) sdk: Option<PathBuf>,
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) tokens: Option<TokenFiles>,
    pub(crate) health: SocketAddr,
    pub(crate) keep_apps: bool,
    /// What fills the signals; an earlier one goes first.
    pub(crate) providers: Vec<Provider>,
    /// What the mock plays; what is plausible without it.
    pub(crate) mock: Option<PathBuf>,
    /// The signals whose last values are kept.
    pub(crate) history: Vec<String>,
    pub(crate) mqtt: Option<topics::Address>,
    /// A subscription leaves out the paths that are not there.
    pub(crate) skip_unknown: bool,
    /// What apps are granted; all that they declare without.
    pub(crate) policy: Option<PathBuf>,
}

/// The tasks that answer on a port, and what ends them.
#[derive(Default)]
struct Servers {
    /// Ends every server, stream and wait.
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
}

/// What the servers may take to end after the apps have.
const DRAIN: Duration = Duration::from_secs(5);

/// Runs until asked to stop.
pub(crate) async fn run(options: Options) -> Result<()> {
    listen::check("--http-listen", options.http)?;
    listen::check_broker(options.grpc, options.tls.is_some(), options.tokens.is_some())?;
    listen::check("--health-listen", options.health)?;
    let policy = load_policy(options.policy.as_deref())?;
    let history = History::new(Keep::new(&options.history).context("--history")?);
    let gate = Gate::load(options.tls.clone(), options.tokens.clone())?;
    let path = match &options.state {
        Some(path) => path.clone(),
        None => state_dir::default_path()?,
    };
    // What is made below the state folder is read by the apps' own users, whatever the
    // person who starts us is used to; the folder itself lets nobody else in.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let state = StateDir::open(path)?;
    let http = listen::bind("--http-listen", options.http).await?;
    let grpc = listen::bind("--grpc-listen", options.grpc).await?;
    for provider in &options.providers {
        provider.check(grpc.local_addr()?).await?;
    }
    let health_listener = listen::bind("--health-listen", options.health).await?;
    let listen = wire::Listen {
        http: format!("http://{}", http.local_addr()?),
        grpc: grpc.local_addr()?.to_string(),
        health: format!("http://{}", health_listener.local_addr()?),
    };
    let mut signals = Signals::new()?;
    // Where nothing is read anew, a terminal that is closed ends the runtime.
    let reloads = !gate.is_open() || options.policy.is_some();
    let hangups = reloads.then(reload::hangups).transpose()?;
    let mut servers = Servers::default();
    let runtime_id = state.runtime_id()?;
    let health = Health::new(&runtime_id);
    servers.http(health_listener, api::health_router(health.clone()));

    let prepared = tokio::select! {
        prepared = prepare(&options, &state) => prepared?,
        // Nothing runs yet that would have to be stopped.
        () = signals.asked() => return Ok(()),
    };
    let broker = Broker::new(&prepared.model.manifest)?;
    broker.skip_unknown(options.skip_unknown);
    let script = script(&options)?;
    let (mut mocks, providers) = (Vec::new(), options.providers.iter());
    let parts = providers.map(|provider| provider.part(&broker, &script, &mut mocks));
    let parts = parts.collect::<Result<_>>()?;
    let sources = Sources::start(&broker, parts, &servers.shutdown);
    if !options.history.is_empty() {
        servers.tasks.spawn(keep_history(
            broker.clone(),
            history.clone(),
            servers.shutdown.clone(),
        ));
    }
    servers.tasks.spawn(serve_signals(
        broker.clone(),
        gate.clone(),
        grpc,
        servers.shutdown.clone(),
    ));
    let info = info(&state, &prepared, runtime_id, listen.clone());
    let supervisor =
        start_supervisor(&state, prepared, broker.clone(), options.mqtt, policy).await?;
    if let Some(hangups) = hangups {
        let files = Reloaded { gate, policy: options.policy, supervisor: supervisor.clone() };
        servers.tasks.spawn(reload::at(hangups, files, servers.shutdown.clone()));
    }
    let api = Api::new(api::Shared {
        supervisor: supervisor.clone(),
        broker,
        sources,
        mocks,
        history,
        info,
        staging: state.staging(),
        shutdown: servers.shutdown.clone(),
        sessions: Arc::new(Semaphore::new(api::MAX_SESSIONS)),
    });
    servers.http(http, api::router(api));

    announce(&listen)?;
    health.set_ready(true);
    signals.asked().await;
    health.set_ready(false);
    stop(&supervisor, servers, options.keep_apps, &mut signals).await;
    Ok(())
}

/// What is found and made before anything runs.
struct Prepared {
    model: Arc<Model>,
    python: PythonTools,
    sandbox: Arc<dyn Sandbox>,
}

/// Compiles the model and looks for the tools, beside each other.
async fn prepare(options: &Options, state: &StateDir) -> Result<Prepared> {
    let (source, shelf) = (options.model.clone(), Shelf::new(state.path()));
    let model = tokio::task::spawn_blocking(move || load_model(&shelf, source.as_ref()));
    let wanted = tools::Wanted { python: options.python.clone(), sdk: options.sdk.clone() };
    let python = tokio::task::spawn_blocking(move || tools::find(&wanted));
    let choice = options.sandbox;
    let sandbox = tokio::task::spawn_blocking(move || sandbox::select(choice));
    let (model, python, sandbox) = (model.await?, python.await?, sandbox.await?);
    Ok(Prepared { model: Arc::new(model?), python: python?, sandbox: sandbox? })
}

fn load_model(shelf: &Shelf, wanted: Option<&ModelSource>) -> Result<Model> {
    match (wanted, shelf.current()?) {
        (Some(source), _) => shelf.take(source),
        (None, Some(in_use)) => shelf.get(&in_use.current, in_use.source),
        (None, None) => shelf.take(&ModelSource::built_in()),
    }
}

async fn start_supervisor(
    state: &StateDir,
    prepared: Prepared,
    broker: Broker,
    mqtt: Option<topics::Address>,
    policy: Policy,
) -> Result<Supervisor> {
    for lack in &prepared.sandbox.capabilities().lacks {
        tracing::warn!("{}: {}", lack.what, lack.sentence);
    }
    let config = Config {
        state_dir: state.path().to_owned(),
        model: prepared.model,
        broker,
        sandbox: prepared.sandbox,
        python: prepared.python,
        mqtt,
        policy,
    };
    Ok(Supervisor::start(config).await?)
}

fn info(
    state: &StateDir,
    prepared: &Prepared,
    runtime_id: String,
    listen: wire::Listen,
) -> wire::Info {
    wire::Info {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        runtime_id,
        pid: std::process::id(),
        started_at: Timestamp::now(),
        state_dir: state.path().display().to_string(),
        listen,
        model: wire::InfoModel::of(&prepared.model),
        sandbox: prepared.sandbox.capabilities().clone(),
        providers: Vec::new(),
    }
}

impl Servers {
    fn http(&mut self, listener: TcpListener, router: axum::Router) {
        self.tasks.spawn(api::serve(listener, router, self.shutdown.clone()));
    }

    async fn end(mut self) {
        self.shutdown.cancel();
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN, drained).await;
    }
}

fn script(options: &Options) -> Result<Script> {
    let Some(file) = &options.mock else { return Ok(Script::default()) };
    ensure!(
        options.providers.iter().any(Provider::is_mock),
        "--mock {}: no provider is a mock, which would play it; add --provider mock",
        file.display()
    );
    Script::load(file).context("--mock")
}

fn load_policy(file: Option<&Path>) -> Result<Policy> {
    let Some(file) = file else { return Ok(Policy::default()) };
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("--policy {name}: cannot be read"))?;
    Policy::parse(&name, &text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("--policy {name}: the policy is not right\n{}", lines.join("\n"))
    })
}

async fn keep_history(broker: Broker, history: History, shutdown: CancellationToken) {
    let outcome = history::follow(&broker, &Client::runtime(), &history, &shutdown).await;
    if let Err(error) = outcome {
        tracing::error!(%error, "the history of the signals is not kept any more");
    }
}

async fn serve_signals(
    broker: Broker,
    gate: Gate,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    if let Err(error) = signals::serve_gate(broker, &gate, listener, shutdown).await {
        tracing::error!(%error, "the signal broker does not serve any more");
    }
}

/// For programs that start the runtime: what it listens on, whatever the ports.
fn announce(listen: &wire::Listen) -> Result<()> {
    let ready = format!("ready http={} grpc={} health={}", listen.http, listen.grpc, listen.health);
    tracing::info!("{ready}");
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ready}").and_then(|()| out.flush()).context("cannot write to standard output")
}

/// The apps first, while clients still see them stop.
async fn stop(supervisor: &Supervisor, servers: Servers, keep_apps: bool, signals: &mut Signals) {
    tracing::info!("stopping{}", if keep_apps { ", the apps go on" } else { " the apps" });
    tokio::select! {
        () = supervisor.shutdown(keep_apps) => {}
        // Asked twice: the apps' shims are left as they are, the next start finds them.
        () = signals.asked() => tracing::warn!("not waiting for the apps"),
    }
    servers.end().await;
    tracing::info!("stopped");
}
