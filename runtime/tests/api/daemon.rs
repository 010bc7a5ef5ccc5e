//! A daemon of a test's own.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

/// Shown when its test fails.
const LOG: &str = "serve.log";
const PROGRAM: &str = env!("CARGO_BIN_EXE_vehicle-edge");

/// Dropping it stops it.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) state: TempDir,
    pub(crate) http: String,
    pub(crate) grpc: String,
    pub(crate) health: String,
    client: reqwest::Client,
}

/// `serve` on free ports, with plain processes as sandbox.
pub(crate) fn serve(state: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["serve", "--sandbox", "process"])
        .args(["--http-listen", "127.0.0.1:0", "--grpc-listen", "127.0.0.1:0"])
        .args(["--health-listen", "127.0.0.1:0"])
        .env("VEHICLE_EDGE_STATE", state)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if let Some(uv) = uv() {
        command.env("VEHICLE_EDGE_UV", uv);
    }
    command
}

/// Where uv is: in the development environment of this repository, or on the path.
pub(crate) fn uv() -> Option<std::path::PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/uv");
    let named = std::env::var_os("VEHICLE_EDGE_UV").map(Into::into);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path).map(|folder| folder.join("uv"));
    named.or(own.is_file().then_some(own)).or_else(|| found.find(|path| path.is_file()))
}

impl Daemon {
    pub(crate) fn start() -> Daemon {
        let state = tempfile::tempdir().unwrap();
        let command = serve(state.path());
        Daemon::spawn(command, state)
    }

    /// `kill -9`, and a new one on the same state and the same port.
    pub(crate) fn crash_and_return(mut self) -> Daemon {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let state = std::mem::replace(&mut self.state, tempfile::tempdir().unwrap());
        let mut command = serve(state.path());
        command.args(["--http-listen", self.http.trim_start_matches("http://")]);
        Daemon::spawn(command, state)
    }

    fn spawn(mut command: Command, state: TempDir) -> Daemon {
        let log = File::create(state.path().join(LOG)).unwrap();
        let mut child = command.stderr(log).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let part = |name: &str| {
            let mut parts = ready.split_whitespace();
            let found = parts.find_map(|part| part.strip_prefix(name));
            found.unwrap_or_else(|| panic!("no {name} in {ready:?}")).to_owned()
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        Daemon {
            http: part("http="),
            grpc: part("grpc="),
            health: part("health="),
            client: reqwest::Client::new(),
            child,
            state,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.http))
    }

    /// Status and body of an answer in JSON.
    pub(crate) async fn call(&self, request: RequestBuilder) -> (StatusCode, Value) {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str) -> (StatusCode, Value) {
        self.call(self.request(Method::POST, path)).await
    }

    /// A command that talks to this daemon.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env("VEHICLE_EDGE_SERVER", &self.http).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Standard output of a command that succeeds.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Exit code and standard error.
    pub(crate) fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Writes to the standard input of a command.
    pub(crate) fn pipe(&self, arguments: &[&str], input: &str) {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// Asks it to stop; its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.terminate();
        self.child.wait().unwrap().code()
    }

    fn terminate(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.terminate();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.state.path().join(LOG)).unwrap_or_default();
            eprintln!("{log}");
        }
    }
}
