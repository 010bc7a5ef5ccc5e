//! A simulator written with the SDK, under the built `vehicle-edge`: it carries out what
//! others ask for, and what it refuses does not happen.

use anyhow::{Result, ensure};
use vehicle_edge_tests::{Daemon, root};

const HOOD: &str = "Vehicle.Body.Hood.IsOpen";

#[test]
fn an_app_plays_the_hood_of_the_vehicle() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &[])?;
    let folder = root().join("sdk-python/examples/hood-simulator");
    daemon.ok(&["signals", "set", "Vehicle.Speed", "0"])?;
    daemon.ok(&["install", "--start", &folder.display().to_string()])?;
    daemon.wait_for("hood-simulator", "running")?;
    let console = daemon.whole_console("hood-simulator")?;
    console.until("the hood is closed")?;

    daemon.ok(&["signals", "set", HOOD, "true"])?;
    console.until("the hood opens")?;
    console.until("the hood is open")?;
    let hood = daemon.ok(&["signals", "get", HOOD])?;
    ensure!(hood.contains("true"), "{hood}");

    daemon.ok(&["signals", "set", "Vehicle.Speed", "50"])?;
    daemon.ok(&["signals", "set", HOOD, "false"])?;
    console.until("refused: the vehicle moves at 50.0 km/h")?;
    let hood = daemon.ok(&["signals", "get", HOOD])?;
    ensure!(hood.contains("true"), "{hood}");

    daemon.ok(&["stop", "hood-simulator"])?;
    let status = daemon.wait_for("hood-simulator", "stopped")?;
    ensure!(status["exit_code"] == 0, "{status}");
    Ok(())
}

#[test]
fn an_app_without_the_access_provides_nothing() -> Result<()> {
    let state = tempfile::tempdir()?;
    let daemon = Daemon::start(state.path(), &[])?;
    let (from, folder) = (root().join("sdk-python/examples/hood-simulator"), tempfile::tempdir()?);
    std::fs::copy(from.join("main.py"), folder.path().join("main.py"))?;
    let manifest = std::fs::read_to_string(from.join("vehicle-app.yaml"))?;
    let manifest = manifest.replace("[provide]", "[read, write]");
    std::fs::write(folder.path().join("vehicle-app.yaml"), manifest)?;
    daemon.ok(&["install", "--start", &folder.path().display().to_string()])?;
    let console = daemon.whole_console("hood-simulator")?;
    let said = console.until("PermissionDenied")?;
    ensure!(said.contains("declare it with access 'provide'"), "{said}");
    Ok(())
}
