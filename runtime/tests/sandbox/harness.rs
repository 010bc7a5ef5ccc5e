//! A run folder, an app in it, and ways to wait for what it does.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::timeout;
use vehicle_edge_runtime::{
    app::{Exit, Limits, Stream},
    sandbox::{Choice, Launch, OutputLine, Running, Sandbox, ShimEvent, select_with},
};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Names a copy of the program for a user who cannot reach the build folder.
pub(crate) const PROGRAM: &str = "VEHICLE_EDGE_TEST_PROGRAM";

pub(crate) fn program() -> PathBuf {
    std::env::var_os(PROGRAM)
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_vehicle-edge")), PathBuf::from)
}

/// None, with the reason printed, where this host cannot do it.
pub(crate) fn sandbox(choice: Choice) -> Option<Arc<dyn Sandbox>> {
    static NATIVE: OnceLock<Option<Arc<dyn Sandbox>>> = OnceLock::new();
    static PROCESS: OnceLock<Option<Arc<dyn Sandbox>>> = OnceLock::new();
    let found = if choice == Choice::Process { &PROCESS } else { &NATIVE };
    found
        .get_or_init(|| match select_with(choice, &program()) {
            Ok(sandbox) => Some(sandbox),
            Err(error) => {
                println!("skipped: {error}");
                None
            }
        })
        .clone()
}

/// Both, where this host has both.
pub(crate) fn sandboxes() -> Vec<Arc<dyn Sandbox>> {
    [Choice::Native, Choice::Process].into_iter().filter_map(sandbox).collect()
}

pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) launch: Launch,
}

impl Place {
    /// `app` in its own run, code and data folders.
    pub(crate) fn new(app: &str, command: &[&str]) -> Place {
        static NEXT_USER: AtomicU32 = AtomicU32::new(1000);
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["run", "code", "data"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let data = folder.path().join("data");
        let launch = Launch {
            app: app.parse().unwrap(),
            run_dir: folder.path().join("run"),
            command: command.iter().map(|&part| part.to_owned()).collect(),
            env: BTreeMap::from([
                ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
                ("HOME".to_owned(), data.display().to_string()),
                ("PYTHONUNBUFFERED".to_owned(), "1".to_owned()),
                ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ]),
            workdir: folder.path().join("code"),
            readonly: vec![folder.path().join("code")],
            writable: vec![data],
            binds: vec![],
            limits: Limits::default(),
            grace: Duration::from_secs(5),
            uid: Some(Launch::uid_at(NEXT_USER.fetch_add(1, Ordering::Relaxed))),
            first_seq: 1,
        };
        Place { folder, launch }
    }

    pub(crate) fn shell(app: &str, script: &str) -> Place {
        Place::new(app, &["/bin/sh", "-c", script])
    }

    /// `None` where there is no Python to run.
    pub(crate) fn python(app: &str, script: &str) -> Option<Place> {
        let interpreter = interpreter()?;
        let mut place = Place::new(app, &[&interpreter.executable, "-c", script]);
        place.launch.readonly.push(PathBuf::from(&interpreter.prefix));
        Some(place)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) async fn start(&self, sandbox: &dyn Sandbox) -> Events {
        Events(sandbox.start(&self.launch).await.unwrap())
    }

    pub(crate) async fn remove(&self, sandbox: &dyn Sandbox) {
        sandbox.remove(&self.launch.run_dir).await.unwrap();
        assert!(!self.launch.run_dir.join("shim.sock").exists());
    }

    /// Starts, collects everything until the exit, removes.
    pub(crate) async fn run(&self, sandbox: &dyn Sandbox) -> (Vec<String>, Exit) {
        let mut events = self.start(sandbox).await;
        let (lines, exit) = events.rest().await;
        self.remove(sandbox).await;
        (lines.into_iter().map(|line| line.text).collect(), exit)
    }
}

/// A test that fails leaves no app behind.
impl Drop for Place {
    fn drop(&mut self) {
        if let Ok(mut shim) = UnixStream::connect(self.launch.run_dir.join("shim.sock")) {
            let _ = shim.write_all(b"{\"request\":\"leave\"}\n");
            let _ = shim.read(&mut [0; 64]);
        }
    }
}

pub(crate) struct Interpreter {
    pub(crate) executable: String,
    pub(crate) prefix: String,
}

/// The real one: a version manager's stand-in would not be there inside. Outside of its own
/// user's home, which this user may not be able to read, the system's must do.
pub(crate) fn interpreter() -> Option<&'static Interpreter> {
    static FOUND: OnceLock<Option<Interpreter>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let ask =
                "import os, sys; print(os.path.realpath(sys.executable)); print(sys.base_prefix)";
            ["python3", "/usr/bin/python3"].iter().find_map(|python| {
                let output = std::process::Command::new(python).args(["-c", ask]).output().ok()?;
                let text = String::from_utf8(output.stdout).ok()?;
                let (executable, prefix) = text.trim().split_once('\n')?;
                fs::metadata(executable).ok()?;
                Some(Interpreter { executable: executable.into(), prefix: prefix.into() })
            })
        })
        .as_ref()
        .or_else(|| {
            println!("skipped: no python3 to run");
            None
        })
}

pub(crate) struct Events(pub Running);

impl Events {
    pub(crate) async fn next(&mut self) -> ShimEvent {
        let next = timeout(PATIENCE, self.0.events.recv());
        next.await.expect("nothing happened").expect("the events ended")
    }

    pub(crate) async fn line(&mut self) -> OutputLine {
        match self.next().await {
            ShimEvent::Output(line) => line,
            other => panic!("a line was expected, not {other:?}"),
        }
    }

    pub(crate) async fn text(&mut self) -> String {
        self.line().await.text
    }

    pub(crate) async fn exit(&mut self) -> Exit {
        self.rest().await.1
    }

    pub(crate) async fn rest(&mut self) -> (Vec<OutputLine>, Exit) {
        let mut lines = Vec::new();
        loop {
            match self.next().await {
                ShimEvent::Output(line) => lines.push(line),
                ShimEvent::Exited(exit) => return (lines, exit),
                other => panic!("lines and an exit were expected, not {other:?}"),
            }
        }
    }

    /// Whatever comes within this time.
    pub(crate) async fn within(&mut self, time: Duration) -> Vec<ShimEvent> {
        let mut events = Vec::new();
        let end = tokio::time::Instant::now() + time;
        while let Ok(Some(event)) = tokio::time::timeout_at(end, self.0.events.recv()).await {
            events.push(event);
        }
        events
    }
}

pub(crate) fn out(lines: &[OutputLine], stream: Stream) -> Vec<&str> {
    lines.iter().filter(|line| line.stream == stream).map(|line| line.text.as_str()).collect()
}

pub(crate) fn code(code: i32) -> Exit {
    Exit { code: Some(code), ..Exit::default() }
}

pub(crate) fn signal(signal: i32) -> Exit {
    Exit { signal: Some(signal), ..Exit::default() }
}

/// Processes of the host whose command line or environment names this.
pub(crate) fn processes_with(text: &str) -> Vec<String> {
    let own = std::process::id().to_string();
    let names = fs::read_dir("/proc").unwrap().flatten();
    let pids = names.filter_map(|entry| entry.file_name().into_string().ok());
    pids.filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit()) && *pid != own)
        .filter(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(text)
        })
        .collect()
}

pub(crate) async fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + PATIENCE;
    while !check() {
        assert!(std::time::Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
