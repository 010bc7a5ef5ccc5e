//! `vehicle-edge serve`: the daemon, in the foreground.

use std::{io, net::SocketAddr, path::PathBuf, thread::available_parallelism, time::Duration};

use anyhow::{Context, Result};
use clap::Args;
use tokio::runtime::Builder;
use tracing_subscriber::EnvFilter;
use vss_codegen::{Request, source::Input};

use crate::{
    daemon::{self, Options, Provider},
    models,
    sandbox::Choice,
    signals::{AUDIENCE, InvalidPattern, Pattern, TlsFiles, TokenFiles},
    topics,
};

#[derive(Debug, Args)]
// So that a wrapper can give defaults that its user overrides.
#[command(args_override_self = true)]
#[command(after_help = "\
Examples:
  vehicle-edge serve
  vehicle-edge serve --model ./MyCar.vspec --units ./units.yaml
  vehicle-edge serve --mock ./mock.yaml
  vehicle-edge serve --mqtt localhost:1883
  vehicle-edge serve --policy ./policy.yaml
  vehicle-edge serve --provider kuksa=car.local:55555,token=car.jwt,ca=car.pem
  vehicle-edge serve --provider kuksa=localhost:55556:Vehicle.Body.** --provider mock
  vehicle-edge serve --provider replay=drive.trace:Vehicle.Powertrain.**,loop --provider mock
  vehicle-edge serve --history Vehicle.Speed --history Vehicle.Powertrain.**
  vehicle-edge serve --state ./state --http-listen 127.0.0.1:0
  vehicle-edge serve --grpc-listen 0.0.0.0:55555 --tls-cert cert.pem --tls-key key.pem --jwt-key \
jwt.pub.pem

A policy file:
    grants: declared               # of what it declares an app gets all (declared), or nothing
                                   # until somebody grants it (ask), or nothing (explicit)
    apps:
      lights:                      # this and no more, whatever stands above
        read: Vehicle.Speed
        write: [Vehicle.Body.Lights.**]
    conflicts:                     # two provide or write one signal: the first that matches
      - signals: Vehicle.Body.Lights.**
        rule: priority             # first, priority, lease or last
        apps: [emergency, lights]
      - signals: Vehicle.Cabin.HVAC.**
        rule: lease
        for: 5s")]
pub(crate) struct Serve {
    /// Vehicle model: a vspec or JSON file, a folder or an archive (.zip, .tar.gz) with vspec
    /// files, an address of any of these, or a folder that vssc generated into; a model of the
    /// runtime's own without it
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Unit files; units.yaml beside the model without it
    #[arg(short, long, value_name = "FILE")]
    units: Vec<String>,
    /// Quantity files; quantities.yaml beside the model without it
    #[arg(short, long, value_name = "FILE")]
    quantities: Vec<String>,
    /// Models laid over the model, in this order
    #[arg(short = 'l', long = "overlay", visible_alias = "overlays", value_name = "FILE")]
    overlays: Vec<String>,
    /// Folders in which included files are looked for
    #[arg(short = 'I', long = "include-dir", visible_alias = "include-dirs", value_name = "DIR")]
    include_dirs: Vec<String>,
    /// Folder for everything that is kept: /var/lib/vehicle-edge for root,
    /// ~/.local/state/vehicle-edge for others
    #[arg(long, env = "VEHICLE_EDGE_STATE", value_name = "DIR", hide_env_values = true)]
    state: Option<PathBuf>,
    /// How apps are kept apart: native (namespaces and more), process (not at all), or auto:
    /// native, or an error that says what is missing
    #[arg(long, default_value = "auto", value_name = "SANDBOX")]
    sandbox: Choice,
    /// Python interpreter of the apps; python3 on the PATH without it
    #[arg(long, env = "VEHICLE_EDGE_PYTHON", value_name = "PATH", hide_env_values = true)]
    python: Option<PathBuf>,
    /// Wheel of the Python SDK, or a folder with it; sdk/ beside this program without it
    #[arg(long, env = "VEHICLE_EDGE_SDK", value_name = "PATH", hide_env_values = true)]
    sdk: Option<PathBuf>,
    /// Where HTTP and WebSocket are served; port 0 takes a free one
    #[arg(long, env = "VEHICLE_EDGE_HTTP_LISTEN", value_name = "ADDR:PORT")]
    #[arg(default_value = "127.0.0.1:3002", hide_env_values = true)]
    http_listen: SocketAddr,
    /// Where the signal broker is served; other than loopback with TLS and tokens alone
    #[arg(long, env = "VEHICLE_EDGE_GRPC_LISTEN", value_name = "ADDR:PORT")]
    #[arg(default_value = "127.0.0.1:55555", hide_env_values = true)]
    grpc_listen: SocketAddr,
    /// Where /health and /ready are served
    #[arg(long, env = "VEHICLE_EDGE_HEALTH_LISTEN", value_name = "ADDR:PORT")]
    #[arg(default_value = "127.0.0.1:3003", hide_env_values = true)]
    health_listen: SocketAddr,
    /// MQTT broker for the topics of the apps whose manifest has `mqtt: true`; no topics
    /// without it
    #[arg(long, env = "VEHICLE_EDGE_MQTT", value_name = "HOST:PORT", hide_env_values = true)]
    mqtt: Option<topics::Address>,
    /// What apps are granted of what they declare, and who gives way where two want one signal
    /// (see below); all, and who comes first, without it. Read anew at SIGHUP
    #[arg(long, env = "VEHICLE_EDGE_POLICY", value_name = "FILE", hide_env_values = true)]
    policy: Option<PathBuf>,
    /// Leave apps running when the runtime ends; its next start takes them over
    #[arg(long)]
    keep_apps: bool,
    /// What signals do, as a mock file (YAML) or a list of signals with values (JSON); what it
    /// does not name does what is plausible
    #[arg(long, value_name = "FILE")]
    mock: Option<PathBuf>,
    /// What fills the signals: `mock`, `kuksa=HOST:PORT`, a Kuksa databroker whose signals are
    /// mirrored, or `replay=FILE`, a recording (speed=N and loop may follow with commas); each
    /// with patterns of its signals where it should not have all. May be given more than once:
    /// the first that matches fills a signal. The mock alone without it
    #[arg(long = "provider", value_name = "PROVIDER[:PATTERN]")]
    providers: Vec<Provider>,
    /// Keep the last values of these signals, for `signals history` and charts: a path, a branch,
    /// or a pattern with * and **. May be given more than once
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    history: Vec<String>,
    /// Do not play signal values
    #[arg(long, conflicts_with_all = ["mock", "providers"])]
    no_mock: bool,
    /// Leave unknown paths out of a subscription instead of refusing it whole, for clients made
    /// for several models
    #[arg(long)]
    skip_unknown: bool,
    /// What to log, as in `debug` or `info,vehicle_edge_runtime::api=debug`
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", default_value = "info")]
    #[arg(hide_env_values = true)]
    log: String,
    // Last: its heading would stand above whatever follows.
    #[command(flatten)]
    gate: Gate,
}

/// What clients of the broker's port must bring.
#[derive(Debug, Args)]
#[command(next_help_heading = "Clients of the broker's port")]
struct Gate {
    /// Serve TLS with this certificate: a PEM file with those between it and its authority.
    /// Read anew, as the other files here, at SIGHUP
    #[arg(long, env = "VEHICLE_EDGE_TLS_CERT", value_name = "FILE", hide_env_values = true)]
    #[arg(requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, in PEM
    #[arg(long, env = "VEHICLE_EDGE_TLS_KEY", value_name = "FILE", hide_env_values = true)]
    #[arg(requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Let only clients in whose certificate is of one of the authorities in this PEM file
    #[arg(long, env = "VEHICLE_EDGE_TLS_CLIENT_CA", value_name = "FILE", hide_env_values = true)]
    #[arg(requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
    /// Ask each client for a JWT that this public key in PEM has signed (RS256 or ES256), with
    /// Kuksa's scopes (read:PATH, actuate:PATH, provide:PATH, create); can be given more
    /// than once
    #[arg(long, env = "VEHICLE_EDGE_JWT_KEY", value_name = "FILE", hide_env_values = true)]
    #[arg(value_delimiter = ',')]
    jwt_key: Vec<PathBuf>,
    /// What a token's audience (aud) must name
    #[arg(long, env = "VEHICLE_EDGE_JWT_AUDIENCE", value_name = "NAME", hide_env_values = true)]
    #[arg(default_value = AUDIENCE)]
    jwt_audience: String,
}

impl Gate {
    fn tls(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: self.tls_cert.clone()?,
            key: self.tls_key.clone()?,
            client_authorities: self.tls_client_ca.clone(),
        })
    }

    fn tokens(&self) -> Option<TokenFiles> {
        let (keys, audience) = (self.jwt_key.clone(), self.jwt_audience.clone());
        (!keys.is_empty()).then_some(TokenFiles { keys, audience })
    }
}

impl Serve {
    pub(crate) fn run(self) -> Result<()> {
        start_log(&self.log)?;
        let options = self.options()?;
        let runtime = Builder::new_multi_thread().worker_threads(workers()).enable_all().build()?;
        let outcome = runtime.block_on(daemon::run(options));
        // A model that is still being fetched must not hold up the end.
        runtime.shutdown_timeout(Duration::from_secs(1));
        outcome
    }

    fn options(self) -> Result<Options> {
        let inputs = |names: &[String]| names.iter().map(|name| Input::parse(name)).collect();
        let request = Request {
            model: self.model.as_deref().map(Input::parse),
            units: inputs(&self.units),
            quantities: inputs(&self.quantities),
            overlays: inputs(&self.overlays),
            include_dirs: inputs(&self.include_dirs),
            ..Request::default()
        };
        Ok(Options {
            state: self.state,
            model: (request != Request::default()).then(|| models::source(request)),
            sandbox: self.sandbox,
            python: self.python,
            sdk: self.sdk,
            http: self.http_listen,
            grpc: self.grpc_listen,
            tls: self.gate.tls(),
            tokens: self.gate.tokens(),
            health: self.health_listen,
            keep_apps: self.keep_apps,
            providers: match self.providers {
                none if none.is_empty() && self.no_mock => Vec::new(),
                none if none.is_empty() => vec![Provider::mock()],
                providers => providers,
            },
            mock: self.mock,
            history: self.history,
            mqtt: self.mqtt,
            skip_unknown: self.skip_unknown,
            policy: self.policy,
        })
    }
}

fn pattern(text: &str) -> Result<String, InvalidPattern> {
    Pattern::parse(text).map(|_| text.to_owned())
}

/// One where two are a loss: on two processors, a second worker serves no more clients beside
/// the apps that want the other one, and costs each signal update a wake-up.
fn workers() -> usize {
    match available_parallelism().map_or(1, usize::from) {
        ..=2 => 1,
        many => many,
    }
}

/// On standard error: standard output belongs to the `ready` line.
fn start_log(filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("--log {filter}"))?;
    let colour = io::IsTerminal::is_terminal(&io::stderr());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colour)
        .with_target(false)
        .init();
    Ok(())
}
