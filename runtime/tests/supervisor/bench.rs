//! A state folder with a supervisor, apps to install, and ways to wait.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use tokio::time::{sleep, timeout};
use vehicle_edge_runtime::{
    app::{AppId, AppStatus, Line, Operation, State, Stream},
    console::{ConsoleReader, Item},
    python::PythonTools,
    sandbox::{Choice, Sandbox, select_with},
    signals::Broker,
    supervisor::{Admission, Config, Error, Model, Supervisor},
};

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Counts, and answers what it is sent.
pub(crate) const COUNTER: &str = r#"
import sys, threading, time
def answer():
    for line in sys.stdin:
        print("you said:", line.strip())
threading.Thread(target=answer, daemon=True).start()
count = 0
while True:
    count += 1
    print("count", count)
    time.sleep(0.02)
"#;

pub(crate) struct Bench {
    folder: tempfile::TempDir,
    config: Config,
    pub(crate) supervisor: Supervisor,
}

impl Bench {
    /// One for each sandbox that works here.
    pub(crate) async fn all() -> Vec<Bench> {
        let mut benches = Vec::new();
        for choice in [Choice::Native, Choice::Process] {
            benches.extend(Bench::with(choice).await);
        }
        benches
    }

    /// In the strongest sandbox that works here.
    pub(crate) async fn new() -> Option<Bench> {
        match Bench::with(Choice::Native).await {
            Some(bench) => Some(bench),
            None => Bench::with(Choice::Process).await,
        }
    }

    async fn with(choice: Choice) -> Option<Bench> {
        let python = tools()?;
        let program = Path::new(env!("CARGO_BIN_EXE_vehicle-edge"));
        let sandbox = select_with(choice, program).map_err(|error| println!("skipped: {error}"));
        let folder = tempfile::tempdir().unwrap();
        let state_dir = folder.path().join("state");
        let python_dir = folder.path().join("model");
        for path in [&state_dir, &python_dir] {
            fs::create_dir(path).unwrap();
        }
        let manifest = serde_json::from_str(MODEL).unwrap();
        let broker = Broker::new(&manifest).unwrap();
        let model = Arc::new(Model { manifest, python_dir, source: "a test".to_owned() });
        let sandbox = sandbox.ok()?;
        let config = Config {
            state_dir,
            model,
            broker,
            sandbox,
            python,
            mqtt: None,
            policy: Default::default(),
        };
        let supervisor = Supervisor::start(config.clone()).await.unwrap();
        Some(Bench { folder, config, supervisor })
    }

    pub(crate) fn sandbox(&self) -> &dyn Sandbox {
        &*self.config.sandbox
    }

    /// A folder with a manifest (its id given) and a `main.py`.
    pub(crate) fn bundle(&self, id: &str, manifest: &str, code: &str) -> PathBuf {
        let bundle = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        let text = format!("id: {id}\nversion: 1.0.0\nentrypoint: main.py\n{manifest}");
        fs::write(bundle.join("vehicle-app.yaml"), text).unwrap();
        fs::write(bundle.join("main.py"), code).unwrap();
        bundle
    }

    /// Installs and starts; returns when it runs, or has run already.
    pub(crate) async fn run(&self, id: &str, manifest: &str, code: &str) -> AppId {
        let bundle = self.bundle(id, manifest, code);
        let status = self.supervisor.install(bundle, true).await.unwrap();
        assert_eq!(status.state, State::Installing);
        let begun =
            |status: &AppStatus| !matches!(status.state, State::Installing | State::Starting);
        self.until_that(&status.id, begun).await;
        status.id
    }

    pub(crate) fn status(&self, app: &AppId) -> AppStatus {
        self.supervisor.status(app).unwrap()
    }

    pub(crate) async fn ask(&self, app: &AppId, operation: Operation) -> Result<Admission, Error> {
        timeout(PATIENCE, self.supervisor.request(app, operation)).await.unwrap()
    }

    pub(crate) async fn until(&self, app: &AppId, state: State) -> AppStatus {
        self.until_that(app, |status| status.state == state).await
    }

    pub(crate) async fn until_that(
        &self,
        app: &AppId,
        right: impl Fn(&AppStatus) -> bool,
    ) -> AppStatus {
        for _ in 0..PATIENCE.as_millis() / 10 {
            if let Some(status) = self.supervisor.status(app).filter(|status| right(status)) {
                return status;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("{app} is {:?}", self.supervisor.status(app));
    }

    pub(crate) async fn until_gone(&self, app: &AppId) {
        for _ in 0..PATIENCE.as_millis() / 10 {
            if self.supervisor.status(app).is_none() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("{app} is {:?}", self.supervisor.status(app));
    }

    pub(crate) fn console(&self, app: &AppId, after: Option<u64>) -> Console {
        Console(self.supervisor.console(app, after, None).unwrap())
    }

    /// A new runtime on the same state.
    pub(crate) async fn restart(&mut self, keep_apps: bool) {
        timeout(PATIENCE, self.supervisor.shutdown(keep_apps)).await.unwrap();
        self.start().await;
    }

    pub(crate) async fn start(&mut self) {
        self.supervisor = Supervisor::start(self.config.clone()).await.unwrap();
    }

    /// Entries below a folder of the state, by name.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.config.state_dir.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    pub(crate) fn state(&self, path: &str) -> PathBuf {
        self.config.state_dir.join(path)
    }

    /// Nothing of any app: no folder, no row, no line.
    pub(crate) async fn assert_empty(&self) {
        assert_eq!(self.names("apps"), Vec::<String>::new());
        assert_eq!(self.names("run"), Vec::<String>::new());
        assert_eq!(self.supervisor.list(), []);
        for (file, table) in [
            ("state.db", "apps"),
            ("state.db", "app_runtime_state"),
            ("state.db", "app_dependencies"),
            ("logs.db", "app_logs"),
        ] {
            let connection = rusqlite::Connection::open(self.state(file)).unwrap();
            let count = format!("SELECT count(*) FROM {table}");
            let rows: i64 = connection.query_row(&count, [], |row| row.get(0)).unwrap();
            assert_eq!(rows, 0, "{table}");
        }
    }
}

pub(crate) struct Console(ConsoleReader);

impl Console {
    pub(crate) async fn next(&mut self) -> Line {
        match timeout(PATIENCE, self.0.next()).await.unwrap() {
            Some(Item::Line(line)) => line,
            other => panic!("{other:?}"),
        }
    }

    /// The next line of the app's own that `right` likes.
    pub(crate) async fn find(&mut self, right: impl Fn(&str) -> bool) -> Line {
        loop {
            let line = self.next().await;
            if line.stream != Stream::Status && right(&line.text) {
                return line;
            }
        }
    }

    /// The next number the counter says.
    pub(crate) async fn count(&mut self) -> u64 {
        let line = self.find(|text| text.starts_with("count ")).await;
        line.text.strip_prefix("count ").unwrap().parse().unwrap()
    }

    /// What is kept now.
    pub(crate) async fn drain(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some(item) = self.0.next_kept().await {
            match item {
                Item::Line(line) => lines.push(line),
                Item::Gap { from, to } => panic!("lines {from} to {to} are lost"),
            }
        }
        lines
    }
}

/// Whether the process is there and no zombie.
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

fn tools() -> Option<PythonTools> {
    let on_path = || {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).map(|folder| folder.join("uv")).find(|uv| uv.is_file())
    };
    let Some(uv) = env::var_os("VEHICLE_EDGE_UV").map(PathBuf::from).or_else(on_path) else {
        println!("skipped: no uv; set VEHICLE_EDGE_UV or put it on PATH");
        return None;
    };
    let who = "import os, sys; print(os.path.realpath(sys.executable))";
    let python = Command::new("python3").args(["-c", who]).output().unwrap();
    let interpreter = String::from_utf8(python.stdout).unwrap().trim().into();
    Some(PythonTools { uv, interpreter, sdk_wheel: None })
}

const MODEL: &str = r#"{
    "model": {"name": "Vehicle", "version": "1.0.0", "hash": "sha256:00"},
    "sdk": {"name": "vehicle_signal_model", "version": "1.0.0"},
    "signals": [
        {"path": "Vehicle.Speed", "type": "sensor", "datatype": "float",
         "access": ["read", "provide"]},
        {"path": "Vehicle.Body.Horn.IsActive", "type": "actuator", "datatype": "boolean",
         "access": ["read", "write", "provide"]}
    ]
}"#;
