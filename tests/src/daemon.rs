//! A `vehicle-edge serve` of a test's own, with a state folder and free ports of its own.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{program, root};

/// A running daemon. Dropping it asks it to stop and waits.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    state: PathBuf,
    pub http: String,
    pub grpc: String,
    pub health: String,
}

impl Daemon {
    /// Starts `vehicle-edge serve` on the state folder and waits for its `ready` line.
    pub fn start(state: &Path, arguments: &[&str]) -> Result<Daemon> {
        let mut command = Command::new(program("vehicle-edge")?);
        command
            .arg("serve")
            .args(["--http-listen", "127.0.0.1:0", "--grpc-listen", "127.0.0.1:0"])
            .args(["--health-listen", "127.0.0.1:0"])
            .args(arguments)
            .env("VEHICLE_EDGE_STATE", state)
            .env("VEHICLE_EDGE_UV", root().join(".venv/bin/uv"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        Daemon::spawn(command, state)
    }

    /// Starts a prepared `serve` command, which may run as another user.
    pub fn spawn(mut command: Command, state: &Path) -> Result<Daemon> {
        let mut child = command.spawn().context("vehicle-edge serve")?;
        let stdout = child.stdout.take().context("no stdout")?;
        let lines = lines_of(stdout);
        let ready = match lines.recv_timeout(Duration::from_secs(60)) {
            Ok(line) => line,
            Err(_) => {
                let _ = child.kill();
                bail!("vehicle-edge serve did not get ready");
            }
        };
        let part = |name: &str| -> Result<String> {
            let part = ready.split(' ').find_map(|part| part.strip_prefix(name));
            Ok(part.with_context(|| format!("no {name} in {ready:?}"))?.to_owned())
        };
        Ok(Daemon {
            http: part("http=")?,
            grpc: part("grpc=")?,
            health: part("health=")?,
            child,
            state: state.to_owned(),
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The state folder, for looking at what an operation left behind.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// A `vehicle-edge` command that talks to this daemon.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(program("vehicle-edge")?);
        command.args(arguments).env("VEHICLE_EDGE_SERVER", &self.http);
        Ok(command)
    }

    /// Runs a command to its end; its output whatever the exit code.
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command(arguments)?.stdin(Stdio::null()).output()?)
    }

    /// Runs a command that must succeed; its standard output.
    pub fn ok(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments)?;
        ensure!(
            output.status.success(),
            "vehicle-edge {arguments:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a command that must fail; its standard error.
    pub fn fails(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments)?;
        ensure!(!output.status.success(), "vehicle-edge {arguments:?} succeeded");
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The status of an app, as the API gives it.
    pub fn status(&self, app: &str) -> Result<Value> {
        let apps: Value = serde_json::from_str(&self.ok(&["ps", "--output", "json"])?)?;
        let found = apps.as_array().and_then(|apps| apps.iter().find(|a| a["id"] == app));
        found.cloned().with_context(|| format!("no app {app} in {apps}"))
    }

    /// Waits until an app is in a state.
    pub fn wait_for(&self, app: &str, state: &str) -> Result<Value> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let status = self.status(app)?;
            if status["state"] == state {
                return Ok(status);
            }
            ensure!(Instant::now() < deadline, "{app} did not get {state}: {status}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Follows the console of an app from its first kept line on.
    pub fn console(&self, app: &str) -> Result<Console> {
        Console::of(self.command(&["logs", "--follow", app])?)
    }

    /// The same with the lines of its standard error among them.
    pub fn whole_console(&self, app: &str) -> Result<Console> {
        Console::whole(self.command(&["logs", "--follow", app])?)
    }

    /// Asks the daemon to stop and waits for its exit code.
    pub fn stop(mut self) -> Result<Option<i32>> {
        self.terminate();
        let status = self.child.wait()?;
        Ok(status.code())
    }

    /// `kill -9`: what a power cut or a crash leaves behind.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits until it was killed by something else.
    pub fn killed(mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait()?.is_none() {
            ensure!(Instant::now() < deadline, "vehicle-edge serve lives on");
            thread::sleep(Duration::from_millis(5));
        }
        let status = self.child.wait()?;
        ensure!(status.signal() == Some(9), "vehicle-edge serve: {status}");
        Ok(())
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
    }
}

/// Lines of a following `vehicle-edge` command.
#[derive(Debug)]
pub struct Console {
    child: Child,
    lines: Receiver<String>,
}

impl Console {
    pub fn of(mut command: Command) -> Result<Console> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("no stdout")?;
        Ok(Console { child, lines: lines_of(stdout) })
    }

    /// With the lines of its standard error; the order between the two is by chance.
    pub fn whole(mut command: Command) -> Result<Console> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (sender, lines) = mpsc::channel();
        forward(child.stdout.take().context("no stdout")?, sender.clone());
        forward(child.stderr.take().context("no stderr")?, sender);
        Ok(Console { child, lines })
    }

    /// The next line within `patience`; `None` when none came.
    pub fn next(&self, patience: Duration) -> Result<Option<String>> {
        match self.lines.recv_timeout(patience) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the console ended"),
        }
    }

    /// Reads on to the first line that holds `text`.
    pub fn until(&self, text: &str) -> Result<String> {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.next(left)? {
                Some(line) if line.contains(text) => return Ok(line),
                Some(line) => seen.push(line),
                None => bail!("no line with {text:?} among {seen:#?}"),
            }
        }
    }

    /// Everything that is there already, and what comes until it is silent for `silence`.
    pub fn drain(&self, silence: Duration) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        while let Some(line) = self.next(silence)? {
            lines.push(line);
        }
        Ok(lines)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(source: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    forward(source, sender);
    lines
}

fn forward(source: impl std::io::Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
}
