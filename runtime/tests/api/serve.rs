//! Starting, saying what runs, and being refused.

use std::process::Command;

use crate::daemon::{Daemon, serve};

/// Standard error of a daemon that must not start.
fn refused(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn health_and_info_name_the_same_runtime() {
    let daemon = Daemon::start();
    let health: serde_json::Value = serde_json::from_str(
        &reqwest::get(format!("{}/health", daemon.health)).await.unwrap().text().await.unwrap(),
    )
    .unwrap();
    let (status, info) = daemon.get("/api/info").await;
    assert_eq!(status, 200);
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["runtimeId"], info["runtime_id"]);
    assert_eq!(health["runtime"]["runtimeId"], info["runtime_id"]);
    assert_eq!(info["pid"], daemon.pid());
    assert_eq!(info["listen"]["grpc"], daemon.grpc.as_str());
    assert_eq!(info["sandbox"]["backend"], "process");
    assert!(info["model"]["signals"].as_u64().unwrap() > 50, "{info}");
    let ready = reqwest::get(format!("{}/ready", daemon.health)).await.unwrap();
    assert_eq!(ready.status(), 200);
    let table = daemon.ok(&["info"]);
    assert!(table.contains(info["runtime_id"].as_str().unwrap()), "{table}");
}

#[test]
fn a_second_daemon_on_the_same_state_is_refused() {
    let daemon = Daemon::start();
    let message = refused(serve(daemon.state.path()));
    let owner = format!("is in use by another vehicle-edge (pid {})", daemon.pid());
    assert!(message.contains(&owner), "{message}");
}

#[test]
fn addresses_that_cannot_be_had_are_named_with_their_flag() {
    let daemon = Daemon::start();
    let state = tempfile::tempdir().unwrap();
    let mut command = serve(state.path());
    command.args(["--http-listen", daemon.http.trim_start_matches("http://")]);
    let message = refused(command);
    assert!(message.contains("--http-listen 127.0.0.1:"), "{message}");
    assert!(message.contains("the port is in use"), "{message}");
    let mut command = serve(state.path());
    command.args(["--grpc-listen", "0.0.0.0:0"]);
    let message = refused(command);
    assert!(message.contains("--grpc-listen 0.0.0.0:0: other machines are served"), "{message}");
}

#[test]
fn a_model_with_errors_shows_them_and_stops() {
    let state = tempfile::tempdir().unwrap();
    let model = state.path().join("car.vspec");
    std::fs::write(&model, "Car:\n  type: brunch\n  description: A car.\n").unwrap();
    let mut command = serve(state.path());
    command.arg("--model").arg(&model);
    let message = refused(command);
    assert!(message.contains("car.vspec:2:"), "{message}");
    assert!(message.contains("the model has errors"), "{message}");
}

#[test]
fn a_stop_is_clean_and_leaves_the_folder_free() {
    let daemon = Daemon::start();
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn commands_say_how_to_start_a_runtime_that_is_not_there() {
    let daemon = Daemon::start();
    let (code, message) = daemon.fails(&["ps", "--server", "http://127.0.0.1:1"]);
    assert_eq!(code, 3);
    assert!(message.contains("start it with: vehicle-edge serve"), "{message}");
    assert_eq!(daemon.fails(&["start"]).0, 2);
    assert_eq!(daemon.fails(&["ps", "--server", "nonsense"]).0, 2);
}
