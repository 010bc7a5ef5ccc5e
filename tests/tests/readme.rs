//! The README's way to a first app, run as it is printed.

use std::{fs, os::unix::fs::symlink, process::Command};

use anyhow::{Context, Result, ensure};
use vehicle_edge_tests::{program, python, root};

/// What a person does with hands and eyes in between, as commands.
const BY_HAND: [(&str, &str); 3] = [
    // The test runs on what is built.
    ("make build host-wheel", "true"),
    (
        "vehicle-edge serve",
        "vehicle-edge serve >ready 2>log & daemon=$!; trap 'kill $daemon; wait' EXIT\n\
         for _ in $(seq 300); do grep -q ready ready && break; sleep 0.1; done\n\
         export VEHICLE_EDGE_SERVER=$(grep -o 'http://[^ ]*' ready | head -1)",
    ),
    (
        "vehicle-edge logs --follow first-app",
        "timeout --signal=INT 4 vehicle-edge logs --follow first-app || [ $? = 124 ]",
    ),
];

#[test]
fn the_first_app_works_as_printed() -> Result<()> {
    let readme = fs::read_to_string(root().join("README.md"))?;
    let (_, section) = readme.split_once("\n## Your first app").context("no first app")?;
    let section = section.split("\n## ").next().context("no section")?;

    let folder = tempfile::tempdir()?;
    let programs = program("vssc")?;
    let programs = programs.parent().context("no folder")?;
    fs::create_dir(folder.path().join("target"))?;
    symlink(programs, folder.path().join("target/debug"))?;
    symlink(root().join("target/wheels"), folder.path().join("target/wheels"))?;
    fs::create_dir(folder.path().join(".venv"))?;
    symlink(python()?.with_file_name(""), folder.path().join(".venv/bin"))?;
    // The editor's environment of the last step, so that the developer's own stays as it is.
    let editor = folder.path().join("editor");
    let made =
        Command::new(python()?).args(["-m", "uv", "venv", "--quiet"]).arg(&editor).status()?;
    ensure!(made.success(), "no environment for the editor");

    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script(section)])
        .current_dir(folder.path())
        .env("VIRTUAL_ENV", &editor)
        .env("VEHICLE_EDGE_STATE", folder.path().join("state"))
        .env("VEHICLE_EDGE_HTTP_LISTEN", "127.0.0.1:0")
        .env("VEHICLE_EDGE_GRPC_LISTEN", "127.0.0.1:0")
        .env("VEHICLE_EDGE_HEALTH_LISTEN", "127.0.0.1:0")
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    ensure!(text.matches(" km/h").count() > 3, "the app shows the speed:\n{text}\n{errors}");

    let editor_python = editor.join("bin/python");
    let import = "from vehicle_signal_runtime.model import vehicle; print(vehicle.Speed.unit)";
    let seen = Command::new(editor_python).args(["-c", import]).output()?;
    ensure!(seen.stdout == b"km/h\n", "{}", String::from_utf8_lossy(&seen.stderr));
    Ok(())
}

/// The commands of the `console` blocks, with here-documents as they stand.
fn script(section: &str) -> String {
    let mut lines = Vec::new();
    for block in section.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        for line in block.lines() {
            let Some(command) = line.strip_prefix("$ ") else {
                lines.push(line);
                continue;
            };
            let by_hand = BY_HAND.iter().find(|(printed, _)| *printed == command);
            lines.push(by_hand.map_or(command, |(_, done)| done));
        }
    }
    lines.join("\n")
}
