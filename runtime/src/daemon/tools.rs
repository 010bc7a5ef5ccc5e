//! Finds the Python tools: uv, an interpreter, the SDK's wheel.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::python::PythonTools;

/// Prints the interpreter behind virtual environments and version managers, and its version.
const WHO: &str = "import os, sys
print(os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))
print(*sys.version_info[:2])";

/// What was named on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) python: Option<PathBuf>,
    pub(crate) sdk: Option<PathBuf>,
}

/// Runs the interpreter once: blocks.
pub(crate) fn find(wanted: &Wanted) -> Result<PythonTools> {
    let beside = env::current_exe()?.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(PythonTools {
        uv: uv(&beside)?,
        interpreter: interpreter(wanted.python.as_deref().unwrap_or(Path::new("python3")))?,
        sdk_wheel: sdk(wanted.sdk.as_deref(), &beside.join("sdk"))?,
    })
}

/// A missing uv is no reason not to start: apps that are installed do not need it.
fn uv(beside: &Path) -> Result<PathBuf> {
    if let Some(path) = env::var_os("VEHICLE_EDGE_UV").map(PathBuf::from) {
        ensure!(path.is_file(), "VEHICLE_EDGE_UV={}: there is no such file", path.display());
        return Ok(path);
    }
    let own = beside.join("uv");
    if own.is_file() {
        return Ok(own);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join("uv")).find(|p| p.is_file());
    Ok(found.unwrap_or_else(|| {
        tracing::warn!("uv is missing: no app can be installed; get it with `pip install uv`");
        PathBuf::from("uv")
    }))
}

fn interpreter(named: &Path) -> Result<PathBuf> {
    let hint = "name a Python 3.10 or newer with --python PATH";
    let output = Command::new(named)
        .args(["-I", "-c", WHO])
        .output()
        .with_context(|| format!("cannot run {}; {hint}", named.display()))?;
    ensure!(
        output.status.success(),
        "{} does not work ({}); {hint}",
        named.display(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let (path, version) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let version: Vec<u32> = version.split(' ').filter_map(|part| part.parse().ok()).collect();
    match version[..] {
        [major, minor] if (major, minor) >= (3, 10) => Ok(PathBuf::from(path)),
        [major, minor] => bail!("{} is Python {major}.{minor}; {hint}", named.display()),
        _ => bail!("{} does not say which Python it is; {hint}", named.display()),
    }
}

/// `--sdk` names a wheel or a folder with one; else `sdk/` beside the program.
fn sdk(named: Option<&Path>, default: &Path) -> Result<Option<PathBuf>> {
    match named {
        Some(path) if path.is_dir() => match newest_wheel(path)? {
            Some(wheel) => Ok(Some(wheel)),
            None => bail!("--sdk {}: there is no .whl file in that folder", path.display()),
        },
        Some(path) => {
            ensure!(path.is_file(), "--sdk {}: there is no such file", path.display());
            Ok(Some(fs::canonicalize(path)?))
        }
        None if default.is_dir() => newest_wheel(default),
        None => {
            tracing::warn!(
                "the Python SDK's wheel is missing: apps cannot import vehicle_signal_runtime; \
                 name it with --sdk PATH"
            );
            Ok(None)
        }
    }
}

fn newest_wheel(folder: &Path) -> Result<Option<PathBuf>> {
    let mut wheels = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            wheels.push((entry.metadata()?.modified()?, fs::canonicalize(path)?));
        }
    }
    Ok(wheels.into_iter().max().map(|(_, path)| path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_that_does_not_run_is_explained() {
        let error = interpreter(Path::new("/no/such/python")).unwrap_err().to_string();
        let hint = "name a Python 3.10 or newer with --python PATH";
        assert_eq!(error, format!("cannot run /no/such/python; {hint}"));
        let error = interpreter(Path::new("/bin/true")).unwrap_err().to_string();
        assert_eq!(error, format!("/bin/true does not say which Python it is; {hint}"));
    }

    #[test]
    fn the_sdk_is_a_wheel_or_a_folder_with_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(sdk(Some(folder.path()), folder.path()).is_err());
        assert_eq!(sdk(None, folder.path()).unwrap(), None);
        let wheel = folder.path().join("x-1-py3-none-any.whl");
        fs::write(&wheel, b"").unwrap();
        let wheel = Some(fs::canonicalize(wheel).unwrap());
        assert_eq!(sdk(Some(folder.path()), Path::new("/none")).unwrap(), wheel);
        assert_eq!(sdk(None, folder.path()).unwrap(), wheel);
    }
}
