//! Apps that exist already under the built `vehicle-edge`: a manifest beside them, and not a
//! line of them changed.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tempfile::TempDir;
use vehicle_edge_tests::{Console, Daemon, python, root};

/// The names that existing apps import their SDK by.
const NAMES: [&str; 2] = ["sdv", "velocitas_sdk"];

const DEADLINE: Duration = Duration::from_secs(30);

/// A copy of an app of tests/apps that imports its SDK by `name`, with more in its manifest.
fn copy_of(app: &str, name: &str, manifest: &str) -> Result<TempDir> {
    let (from, to) = (root().join("tests/apps").join(app), tempfile::tempdir()?);
    let source = fs::read_to_string(from.join("main.py"))?;
    fs::write(to.path().join("main.py"), source.replace("from sdv", &format!("from {name}")))?;
    let given = fs::read_to_string(from.join("vehicle-app.yaml"))?;
    fs::write(to.path().join("vehicle-app.yaml"), given + manifest)?;
    Ok(to)
}

/// Installs and starts it; its whole console from the first line on.
fn start(daemon: &Daemon, app: &str, folder: &Path) -> Result<Console> {
    daemon.ok(&["install", "--start", &folder.display().to_string()])?;
    daemon.wait_for(app, "running")?;
    daemon.whole_console(app)
}

#[test]
fn the_playground_app_reads_back_what_it_set_and_stops_as_asked() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &[])?;
    for name in NAMES {
        let folder = copy_of("playground", name, "")?;
        let console = start(&daemon, "playground", folder.path())?;
        for line in ["Light value True", "Light value False", "Light value True"] {
            console.until(line)?;
        }
        daemon.ok(&["stop", "playground"])?;
        let status = daemon.wait_for("playground", "stopped")?;
        // Its usual ending leaves with this code; it was asked to, so nothing is wrong.
        ensure!(status["exit_code"] == 1 && status["desired"] == "stopped", "{status}");
        ensure!(status["reason"] == "stopped as asked", "{status}");
        console.until("Event loop stopped before Future completed")?;
        daemon.ok(&["uninstall", "playground"])?;
    }
    Ok(())
}

#[test]
fn a_plugin_reads_in_a_loop_of_its_own() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &[])?;
    let folder = copy_of("plugin-reader", "sdv", "")?;
    let console = start(&daemon, "plugin-reader", folder.path())?;
    daemon.ok(&["signals", "set", "Vehicle.Speed", "33.5"])?;
    console.until("Vehicle.Speed = 33.5, door False, again False")?;
    daemon.ok(&["signals", "set", "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen", "true"])?;
    console.until("Vehicle.Speed = 33.5, door True, again True")?;
    Ok(())
}

#[test]
fn several_signals_are_followed_on_a_condition_and_set_at_once() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &[])?;
    for name in NAMES {
        let folder = copy_of("queries", name, "")?;
        let console = start(&daemon, "queries", folder.path())?;
        console.until("alarm True True")?;
        console.until("light True horn True")?;
        daemon.ok(&["uninstall", "queries"])?;
    }
    Ok(())
}

#[test]
fn the_template_app_runs_without_topics() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &[])?;
    for name in NAMES {
        let folder = copy_of("template", name, "")?;
        let console = start(&daemon, "template", folder.path())?;
        console.until("topics are off: SDV_MQTT_ADDRESS is not set")?;
        console.until("started")?;
        for speed in ["21.5", "22.5"] {
            daemon.ok(&["signals", "set", "Vehicle.Speed", speed])?;
            console.until(&format!("speed {speed}"))?;
        }
        daemon.ok(&["uninstall", "template"])?;
    }
    Ok(())
}

#[test]
fn the_template_app_answers_on_its_topics() -> Result<()> {
    let state = tempfile::tempdir()?;
    let topics = Topics::start()?;
    // In the sandbox, where it has no network.
    let daemon = Daemon::start(state.path(), &["--mqtt", &topics.place])?;
    let speeds = topics.follow("sampleapp/currentSpeed")?;
    let answers = topics.follow("sampleapp/getSpeed/response")?;
    for name in NAMES {
        let folder = copy_of("template", name, "mqtt: true\n")?;
        let console = start(&daemon, "template", folder.path())?;
        console.until("started")?;
        ensure!(socket_of(&daemon, "template").exists(), "its topics have a socket");
        let speed = repeated(&speeds, |number| {
            daemon.ok(&["signals", "set", "Vehicle.Speed", &number.to_string()]).map(drop)
        })?;
        ensure!(speed.contains(r#"{"speed": "#), "{speed}");
        let answer = repeated(&answers, |number| {
            daemon.ok(&["signals", "set", "Vehicle.Speed", "88.5"])?;
            topics.publish("sampleapp/getSpeed", &format!(r#"{{"requestId": {number}}}"#))
        })?;
        ensure!(answer.contains(r#"{"requestId": "#), "{answer}");
        ensure!(answer.contains(r#""message": "Current Speed = 88.5""#), "{answer}");
        daemon.ok(&["stop", "template"])?;
        daemon.wait_for("template", "stopped")?;
        ensure!(!socket_of(&daemon, "template").exists(), "it ends with its app");
        daemon.ok(&["uninstall", "template"])?;
        speeds.drain(Duration::from_millis(500))?;
        answers.drain(Duration::from_millis(500))?;
    }
    Ok(())
}

#[test]
fn an_apps_own_address_of_topics_is_kept() -> Result<()> {
    let state = tempfile::tempdir()?;
    let topics = Topics::start()?;
    let daemon = Daemon::start(state.path(), &["--sandbox", "process", "--mqtt", "127.0.0.1:1"])?;
    let speeds = topics.follow("sampleapp/currentSpeed")?;
    let manifest = format!("mqtt: true\nenv:\n  SDV_MQTT_ADDRESS: {}\n", topics.address());
    let folder = copy_of("template", "sdv", &manifest)?;
    start(&daemon, "template", folder.path())?.until("started")?;
    repeated(&speeds, |number| {
        daemon.ok(&["signals", "set", "Vehicle.Speed", &number.to_string()]).map(drop)
    })?;
    Ok(())
}

#[test]
fn topics_are_for_apps_that_ask_where_there_is_a_broker() -> Result<()> {
    let broker = ["--mqtt", "127.0.0.1:1"];
    for (manifest, arguments) in [("", &broker[..]), ("mqtt: true\n", &[])] {
        let state = tempfile::tempdir()?;
        let daemon = Daemon::start(state.path(), arguments)?;
        let folder = copy_of("template", "sdv", manifest)?;
        let console = start(&daemon, "template", folder.path())?;
        console.until("topics are off: SDV_MQTT_ADDRESS is not set")?;
        console.until("started")?;
        ensure!(!socket_of(&daemon, "template").exists(), "no socket was asked for and served");
    }
    Ok(())
}

/// Where the runtime offers an app its topics.
fn socket_of(daemon: &Daemon, app: &str) -> PathBuf {
    daemon.state().join("run").join(app).join("broker/mqtt.sock")
}

/// The first line that comes after an act, which is repeated until one does: a subscription
/// may not have arrived at its broker yet.
fn repeated(lines: &Console, act: impl Fn(u32) -> Result<()>) -> Result<String> {
    let deadline = Instant::now() + DEADLINE;
    for number in 1.. {
        act(number)?;
        if let Some(line) = lines.next(Duration::from_secs(1))? {
            return Ok(line);
        }
        ensure!(Instant::now() < deadline, "no message came");
    }
    unreachable!("the loop above ends by itself")
}

/// An MQTT broker in a process of its own.
struct Topics {
    broker: Child,
    /// `host:port`
    place: String,
    _configuration: TempDir,
}

impl Topics {
    fn start() -> Result<Topics> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("amqtt.yaml");
        fs::write(
            &file,
            format!(
                "listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{port}\nplugins:\n  \
                 amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
            ),
        )?;
        let broker = tool("amqtt")?.arg("-c").arg(&file).stderr(Stdio::null()).spawn()?;
        let place = format!("127.0.0.1:{port}");
        let topics = Topics { broker, place, _configuration: folder };
        let deadline = Instant::now() + DEADLINE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(Instant::now() < deadline, "the broker of topics did not start");
            sleep(Duration::from_millis(50));
        }
        Ok(topics)
    }

    fn address(&self) -> String {
        format!("mqtt://{}", self.place)
    }

    /// The messages of a topic, one a line.
    fn follow(&self, topic: &str) -> Result<Console> {
        let mut command = tool("amqtt_sub")?;
        command.args(["--url", &self.address(), "-t", topic]).env("PYTHONUNBUFFERED", "1");
        command.stderr(Stdio::null());
        Console::of(command)
    }

    fn publish(&self, topic: &str, message: &str) -> Result<()> {
        let mut command = tool("amqtt_pub")?;
        command.args(["--url", &self.address(), "-t", topic, "-m", message]);
        ensure!(command.output()?.status.success(), "amqtt_pub failed");
        Ok(())
    }
}

impl Drop for Topics {
    fn drop(&mut self) {
        let _ = self.broker.kill();
        let _ = self.broker.wait();
    }
}

fn tool(name: &str) -> Result<Command> {
    Ok(Command::new(python()?.with_file_name(name)))
}
