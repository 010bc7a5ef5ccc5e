//! A program with the generated crate against the broker of a running daemon.
//!
//! The program is `tests/cases/rust/app.rs`; each test runs one of its scenarios.

use std::{
    fs::{self, File},
    io,
    net::{TcpListener, TcpStream},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use vehicle_edge_tests::{Console, Daemon, RustWorkspace, program, root};

/// The program, built once for all tests.
fn app(scenario: &str, broker: &str) -> Result<Command> {
    static APP: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = APP.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    let built = built.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut command = Command::new(built);
    command.arg(scenario).env("VEHICLE_EDGE_BROKER", broker);
    Ok(command)
}

fn build() -> Result<PathBuf> {
    let workspace = RustWorkspace::new("client")?;
    workspace.generate(&[])?;
    workspace.add_app(&root().join("tests/cases/rust/app.rs"))?;
    workspace.succeeds(&["build", "-p", "app"])?;
    Ok(workspace.app())
}

/// A daemon whose signals have no value until somebody publishes one, and its log.
struct Broker {
    daemon: Daemon,
    folder: TempDir,
}

impl Broker {
    fn start() -> Result<Broker> {
        let folder = tempfile::tempdir()?;
        Ok(Broker { daemon: serve(&folder, "127.0.0.1:0")?, folder })
    }

    /// Ended as by a crash, and started again at the same place.
    fn restart(self, ended: impl FnOnce() -> Result<()>) -> Result<Broker> {
        let address = self.daemon.grpc.clone();
        self.daemon.kill()?;
        ended()?;
        Ok(Broker { daemon: serve(&self.folder, &address)?, folder: self.folder })
    }

    fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.folder.path().join("log"))?)
    }
}

fn serve(folder: &TempDir, listen: &str) -> Result<Daemon> {
    let state = folder.path().join("state");
    let log = File::options().create(true).append(true).open(folder.path().join("log"))?;
    let mut command = Command::new(program("vehicle-edge")?);
    command
        .args(["serve", "--no-mock", "--sandbox", "process", "--grpc-listen", listen])
        .args(["--http-listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"])
        .env("VEHICLE_EDGE_STATE", &state)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log);
    Daemon::spawn(command, &state)
}

fn succeeds(scenario: &str, broker: &str) -> Result<()> {
    let output = app(scenario, broker)?.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{scenario}: {}\n{said}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n");
    Ok(())
}

#[test]
fn values_are_read_and_published() -> Result<()> {
    let broker = Broker::start()?;
    succeeds("values", &broker.daemon.grpc)
}

#[test]
fn what_the_model_or_the_broker_refuses_is_an_error() -> Result<()> {
    let broker = Broker::start()?;
    succeeds("refusals", &broker.daemon.grpc)
}

#[test]
fn several_signals_are_read_and_followed_together() -> Result<()> {
    let broker = Broker::start()?;
    succeeds("several", &broker.daemon.grpc)
}

#[test]
fn a_provider_carries_out_rejects_and_publishes() -> Result<()> {
    let broker = Broker::start()?;
    succeeds("provider", &broker.daemon.grpc)?;
    let log = broker.log()?;
    ensure!(log.contains("the wiper is stuck, no SLOW"), "{log}");
    Ok(())
}

#[test]
fn a_batch_is_carried_out_as_a_whole_or_not_at_all() -> Result<()> {
    let broker = Broker::start()?;
    succeeds("batch", &broker.daemon.grpc)
}

#[test]
fn a_slow_subscriber_gets_the_newest_or_a_queue() -> Result<()> {
    let broker = Broker::start()?;
    succeeds("queues", &broker.daemon.grpc)
}

#[test]
fn subscriptions_and_providers_outlive_the_broker() -> Result<()> {
    let broker = Broker::start()?;
    let app = Console::of(app("restart", &broker.daemon.grpc)?)?;
    app.until("up")?;
    let _broker = broker.restart(|| app.until("lost").map(drop))?;
    app.until("done")?;
    Ok(())
}

#[test]
fn a_missing_broker_is_an_error_that_names_its_place() -> Result<()> {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    succeeds("nobody", &free.to_string())
}

#[test]
fn the_socket_of_an_app_serves_as_well() -> Result<()> {
    let broker = Broker::start()?;
    let socket = broker.folder.path().join("broker.sock");
    forward(UnixListener::bind(&socket)?, broker.daemon.grpc.clone());
    let address = format!("unix://{}", socket.to_str().context("an odd temporary folder")?);
    succeeds("several", &address)?;
    succeeds("provider", &address)
}

/// Connects each client of the socket to the TCP port, until the test ends.
fn forward(listener: UnixListener, to: String) {
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let _ = join(&client, &to);
        }
    });
}

fn join(client: &UnixStream, to: &str) -> io::Result<()> {
    let server = TcpStream::connect(to)?;
    let (mut from_client, mut to_client) = (client.try_clone()?, client.try_clone()?);
    let (mut from_server, mut to_server) = (server.try_clone()?, server);
    thread::spawn(move || io::copy(&mut from_client, &mut to_server));
    thread::spawn(move || io::copy(&mut from_server, &mut to_client));
    Ok(())
}
