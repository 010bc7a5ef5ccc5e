//! The sandboxes that consist of a shim: how the daemon starts, finds and removes one.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    process::Command,
    sync::mpsc,
    time::timeout,
};

use super::{
    Capabilities, Control, Launch, Running, Sandbox, SandboxError, ShimEvent,
    cgroup::Layout,
    control::{ANSWER_TIMEOUT, connect},
    protocol::{Ask, Launched, Message, Request},
    shim::{self, LOG, Record, SOCKET, SPEC, Spec},
};

/// A cold disk, a slow machine, a large folder to be given to the app's user.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Read ahead of the supervisor; the shim keeps the rest.
const EVENTS: usize = 256;

#[derive(Debug)]
pub(super) struct ShimSandbox {
    pub(super) capabilities: Capabilities,
    pub(super) layout: Layout,
    /// This program, or another build of it.
    pub(super) program: PathBuf,
}

impl Sandbox for ShimSandbox {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn start<'a>(&'a self, launch: &'a Launch) -> BoxFuture<'a, Result<Running, SandboxError>> {
        Box::pin(async move {
            let socket = launch.run_dir.join(SOCKET);
            if connect(&socket).await?.is_some() {
                return Err(failed(launch, "make its shim", "it has one already"));
            }
            match self.launch(launch).await? {
                Launched::Running { .. } => {}
                Launched::Failed { step, reason } => return Err(failed(launch, step, reason)),
            }
            let before = launch.first_seq.saturating_sub(1);
            match attach(&launch.run_dir, before).await? {
                Some(running) => Ok(running),
                None => Err(failed(launch, "reach its shim", lost(&launch.run_dir))),
            }
        })
    }

    fn attach<'a>(
        &'a self,
        run_dir: &'a Path,
        after: u64,
    ) -> BoxFuture<'a, Result<Option<Running>, SandboxError>> {
        Box::pin(attach(run_dir, after))
    }

    fn remove<'a>(&'a self, run_dir: &'a Path) -> BoxFuture<'a, Result<(), SandboxError>> {
        Box::pin(async move {
            let leaving = Control::new(run_dir.join(SOCKET), None);
            match leaving.leave().await {
                Ok(()) => return Ok(()),
                Err(SandboxError::Gone) => {}
                // It hangs, or could not do it: without it, then.
                Err(_) => kill_shim(run_dir),
            }
            let run_dir = run_dir.to_owned();
            let clearing = tokio::task::spawn_blocking(move || {
                if let Some(record) = Record::read(&run_dir) {
                    record.group.remove().map_err(SandboxError::io(&run_dir))?;
                }
                shim::clear(&run_dir).map_err(SandboxError::io(&run_dir))
            });
            clearing.await.map_err(|error| SandboxError::Refused(error.to_string()))?
        })
    }
}

impl ShimSandbox {
    async fn launch(&self, launch: &Launch) -> Result<Launched, SandboxError> {
        let (spec, log) = self.write_spec(launch)?;
        let mut child = Command::new(&self.program)
            .arg0("vehicle-edge")
            .arg(super::SHIM)
            .arg(&spec)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(SandboxError::io(&self.program))?;
        let stdout = child.stdout.take();
        // It outlives us; while we live, nobody else reaps it.
        tokio::spawn(async move { child.wait().await });

        let mut line = String::new();
        if let Some(stdout) = stdout {
            let reading = timeout(START_TIMEOUT, BufReader::new(stdout).read_line(&mut line)).await;
            reading
                .map_err(|_| failed(launch, "start its shim", "it does not answer"))?
                .map_err(SandboxError::io(&spec))?;
        }
        serde_json::from_str(&line)
            .map_err(|_| failed(launch, "start its shim", lost(&launch.run_dir)))
    }

    fn write_spec(&self, launch: &Launch) -> Result<(PathBuf, File), SandboxError> {
        let spec = Spec {
            launch: launch.clone(),
            backend: self.capabilities.backend,
            layout: self.layout.clone(),
        };
        let path = launch.run_dir.join(SPEC);
        // The environment may hold secrets.
        let private = |path: &Path| {
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
        };
        serde_json::to_vec(&spec)
            .map_err(std::io::Error::from)
            .and_then(|text| private(&path)?.write_all(&text))
            .map_err(SandboxError::io(&path))?;
        let log = launch.run_dir.join(LOG);
        let file = private(&log).map_err(SandboxError::io(&log))?;
        Ok((path, file))
    }
}

async fn attach(run_dir: &Path, after: u64) -> Result<Option<Running>, SandboxError> {
    let socket = run_dir.join(SOCKET);
    let Some(mut stream) = connect(&socket).await? else { return Ok(None) };
    let greeting = async {
        let mut request = serde_json::to_vec(&Request { shim: None, ask: Ask::Attach { after } })?;
        request.push(b'\n');
        stream.write_all(&request).await?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        std::io::Result::Ok((line, reader))
    };
    let (line, reader) = match timeout(ANSWER_TIMEOUT, greeting).await {
        Ok(Ok((line, reader))) if !line.is_empty() => (line, reader),
        // It ended in this moment.
        Ok(_) => return Ok(None),
        Err(_) => return Err(SandboxError::Silent),
    };
    match serde_json::from_str(&line) {
        Ok(Message::Attached { shim, pid, frozen, .. }) => {
            let (sender, events) = mpsc::channel(EVENTS);
            tokio::spawn(forward(reader, sender, run_dir.to_owned()));
            let control = Control::new(socket, Some(shim));
            Ok(Some(Running { pid, frozen, control, events }))
        }
        _ => Err(SandboxError::Refused(format!("its shim said: {}", line.trim()))),
    }
}

/// Until the exit, the end, or until nobody wants to know any more.
async fn forward(
    mut reader: BufReader<UnixStream>,
    events: mpsc::Sender<ShimEvent>,
    run_dir: PathBuf,
) {
    let mut line = String::new();
    loop {
        line.clear();
        let event = match reader.read_line(&mut line).await {
            Ok(0) | Err(_) => Some(ShimEvent::Lost(lost(&run_dir))),
            // A kind of message that a newer shim has: not for us.
            Ok(_) => serde_json::from_str(&line).ok().and_then(Message::into_event),
        };
        let Some(event) = event else { continue };
        let last = matches!(event, ShimEvent::Exited(_) | ShimEvent::Lost(_));
        // The supervisor may let go of the app without a word.
        let gone = tokio::select! {
            sent = events.send(event) => sent.is_err(),
            () = events.closed() => true,
        };
        if gone || last {
            return;
        }
    }
}

fn failed(launch: &Launch, step: impl Into<String>, reason: impl Into<String>) -> SandboxError {
    SandboxError::Start { app: launch.app.to_string(), step: step.into(), reason: reason.into() }
}

/// What the shim said last, if anything.
fn lost(run_dir: &Path) -> String {
    let log = run_dir.join(LOG);
    let text = fs::read_to_string(&log).unwrap_or_default();
    match text.trim().lines().last() {
        Some(last) => format!("its shim has ended: {last}"),
        None => format!("its shim has ended without a word (see {})", log.display()),
    }
}

/// Only if that process still is the shim: its number may belong to another by now.
fn kill_shim(run_dir: &Path) {
    let Some(record) = Record::read(run_dir) else { return };
    let spec = run_dir.join(SPEC);
    let line = fs::read(format!("/proc/{}/cmdline", record.shim)).unwrap_or_default();
    let ours =
        line.split(|byte| *byte == 0).any(|part| part == spec.as_os_str().as_encoded_bytes());
    let pid = i32::try_from(record.shim).ok().and_then(rustix::process::Pid::from_raw);
    if let (true, Some(pid)) = (ours, pid) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}
