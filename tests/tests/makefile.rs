//! What the Makefile does by itself, around the tools it calls.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use anyhow::{Result, ensure};
use vehicle_edge_tests::root;

/// Stands in for maturin: a wheel with nothing in it.
const MATURIN: &str = "#!/bin/sh\nmkdir -p target/wheels; : >target/wheels/sdk-0.2.0.whl\n";

fn wheels(folder: &Path) -> Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().display().to_string()));
    names.collect()
}

#[test]
fn the_wheel_of_another_version_does_not_stay_beside_the_new_one() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let at = |path: &str| folder.path().join(path);
    for path in ["sdk-python", ".venv/bin", "target/wheels", "target/debug/sdk"] {
        fs::create_dir_all(at(path))?;
    }
    fs::write(at("sdk-python/requirements-dev.txt"), "")?;
    fs::write(at(".venv/.ready"), "")?;
    fs::write(at(".venv/bin/maturin"), MATURIN)?;
    fs::set_permissions(at(".venv/bin/maturin"), Permissions::from_mode(0o755))?;
    fs::write(at("target/wheels/sdk-0.1.0.whl"), "")?;
    fs::write(at("target/debug/sdk/sdk-0.1.0.whl"), "")?;
    // Twice: what is there already is no obstacle.
    for _ in 0..2 {
        let mut make = Command::new("make");
        make.arg("-C").arg(folder.path()).arg("-f").arg(root().join("Makefile")).arg("host-wheel");
        // Of a `make test` around this one.
        for variable in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
            make.env_remove(variable);
        }
        let output = make.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for place in ["target/wheels", "target/debug/sdk", "target/release/sdk"] {
            ensure!(wheels(&at(place))? == ["sdk-0.2.0.whl"], "{place}: {:?}", wheels(&at(place))?);
        }
    }
    Ok(())
}
