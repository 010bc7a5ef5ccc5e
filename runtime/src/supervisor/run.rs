//! One run of an app: how it is launched, and what it tells.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{sync::mpsc, task::JoinHandle};

use super::core::{App, Core, Handle, Message};
use crate::{
    app::{AppId, Input},
    console::Console,
    sandbox::{Launch, Running, SandboxError, ShimEvent},
    signals::{self, AppSocket, Client, serve_app},
    store::LogStore,
    topics::{self, TopicsSocket},
};

/// Where the folder of an app's sockets is, seen from inside a sandbox.
const SOCKETS_INSIDE: &str = "/run/vehicle-edge";

/// Dropping it lets go of the app, which goes on.
#[derive(Debug)]
pub(super) struct Run {
    /// Close when the run is over.
    _doors: Doors,
    pump: JoinHandle<()>,
}

/// What an app reaches of the world, a socket each.
#[derive(Debug)]
pub(super) struct Doors {
    _signals: AppSocket,
    _topics: Option<TopicsSocket>,
    /// As whom the app is let in. Closed with the doors: what it claimed is free, and a
    /// stream that outlives its process has no rights.
    client: Client,
}

impl Drop for Doors {
    fn drop(&mut self) {
        self.client.close();
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

/// Where a run's lines go.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    pub(super) app: AppId,
    pub(super) console: Console,
    pub(super) logs: LogStore,
    /// The shim's number of the last line that came.
    pub(super) shim_seq: Arc<AtomicU64>,
    pub(super) mailbox: mpsc::Sender<Message>,
}

/// Starts the app's program; the reason is for a person.
pub(super) async fn launch(core: &Core, app: &App, first_seq: u64) -> Result<Running, String> {
    let launch = plan(core, app, first_seq);
    tokio::fs::create_dir_all(&launch.run_dir)
        .await
        .map_err(|error| format!("{}: {error}", launch.run_dir.display()))?;
    core.sandbox.start(&launch).await.map_err(|error| match error {
        SandboxError::Start { step, reason, .. } => format!("{step}: {reason}"),
        other => other.to_string(),
    })
}

/// The doors that the app's manifest asks for.
pub(super) fn open_doors(core: &Core, handle: &Handle) -> Result<Doors, String> {
    let app = &handle.app;
    let folder = sockets(app);
    let client = handle.access.open(core, &app.manifest);
    let client = client.map_err(|error| error.to_string())?;
    let signals = serve_app(core.broker.clone(), client.clone(), &folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let topics = open_topics(core, app, &folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(Doors { _signals: signals, _topics: topics, client })
}

/// The app's door to the topics, where it asks for one and there is a broker of them.
fn open_topics(core: &Core, app: &App, folder: &Path) -> io::Result<Option<TopicsSocket>> {
    if !app.manifest.mqtt {
        return Ok(None);
    }
    let Some(broker) = &core.mqtt else {
        tracing::warn!("'{}' asks for topics, and has none: --mqtt names no broker", app.id());
        return Ok(None);
    };
    topics::serve(broker.clone(), app.id().as_str(), folder).map(Some)
}

/// The folder of the app's sockets.
fn sockets(app: &App) -> PathBuf {
    app.paths.run.join("broker")
}

/// Holds on to a run: its lines go to the console, its end to the app's task.
pub(super) fn hold(running: Running, doors: Doors, sink: Sink) -> Run {
    Run { _doors: doors, pump: tokio::spawn(pump(running.events, sink)) }
}

async fn pump(mut events: mpsc::Receiver<ShimEvent>, sink: Sink) {
    let mut end = Input::Lost("its shim went silent".to_owned());
    while let Some(event) = events.recv().await {
        match event {
            ShimEvent::Output(line) => {
                let kept = sink.console.push(line.stream, line.at, &line.text, line.partial);
                sink.shim_seq.store(line.seq, Ordering::Relaxed);
                // Waits where the disk is behind: then the shim buffers, and no other app
                // notices.
                sink.logs.append(&sink.app, kept, Some(line.seq)).await;
            }
            ShimEvent::Gap { from, to } => {
                sink.console.skip(to.saturating_sub(from).saturating_add(1));
                sink.shim_seq.store(to, Ordering::Relaxed);
            }
            ShimEvent::Exited(exit) => {
                end = Input::Ended(exit);
                break;
            }
            ShimEvent::Lost(reason) => {
                end = Input::Lost(reason);
                break;
            }
        }
    }
    let _ = sink.mailbox.send(Message::Input(end)).await;
}

fn plan(core: &Core, app: &App, first_seq: u64) -> Launch {
    let paths = &app.paths;
    let isolated = core.sandbox.capabilities().isolated;
    let sockets = sockets(app);
    let seen = if isolated { Path::new(SOCKETS_INSIDE) } else { &sockets };
    let mut command = vec![
        paths.env.join("bin/python").to_string_lossy().into_owned(),
        paths.code.join(&app.manifest.entrypoint).to_string_lossy().into_owned(),
    ];
    command.extend(app.manifest.args.iter().cloned());
    let model = core.models.python_dir(app);
    let mut readonly = vec![paths.code.clone(), paths.env.clone(), model.clone()];
    // The system's folders are in every sandbox.
    let own = core.interpreter.folders.iter().filter(|folder| !folder.starts_with("/usr"));
    readonly.extend(own.cloned());
    Launch {
        app: app.id().clone(),
        run_dir: paths.run.clone(),
        command,
        env: environment(core, app, seen, &model),
        workdir: paths.code.clone(),
        readonly,
        writable: vec![paths.data.clone()],
        binds: vec![(sockets, SOCKETS_INSIDE.into())],
        limits: app.manifest.limits.clone(),
        grace: app.manifest.stop_grace_period,
        uid: core.is_root.then(|| Launch::uid_at(app.uid_index)),
        first_seq,
    }
}

/// `sockets` is the folder of the app's sockets as it sees it.
fn environment(core: &Core, app: &App, sockets: &Path, model: &Path) -> BTreeMap<String, String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let address = |name: &str| format!("unix://{}", text(&sockets.join(name)));
    let (data, bin) = (text(&app.paths.data), text(&app.paths.env.join("bin")));
    let mut env = app.manifest.env.clone();
    let mut default = |name: &str, value: &str| {
        env.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    };
    default("LANG", "C.UTF-8");
    default("PATH", &format!("{bin}:/usr/local/bin:/usr/bin:/bin"));
    default("PYTHONUNBUFFERED", "1");
    default("TMPDIR", "/tmp");
    if !app.manifest.config.is_null() {
        default("VEHICLE_APP_CONFIG", &app.manifest.config.to_string());
    }
    if app.manifest.mqtt && core.mqtt.is_some() {
        default("SDV_MQTT_ADDRESS", &address(topics::SOCKET_NAME));
    }
    let grace = app.manifest.stop_grace_period.as_secs_f64().to_string();
    // These cannot be the app's own choice; manifests that set them were refused.
    env.extend([
        ("HOME".to_owned(), data.clone()),
        ("PYTHONPATH".to_owned(), text(model)),
        ("VEHICLE_APP_DATA".to_owned(), data),
        ("VEHICLE_APP_ID".to_owned(), app.id().to_string()),
        ("VEHICLE_APP_STOP_GRACE".to_owned(), grace),
        ("VEHICLE_EDGE_BROKER".to_owned(), address(signals::SOCKET_NAME)),
    ]);
    env
}
