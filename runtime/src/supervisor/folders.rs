//! Where an app's files are, and how whole folders are taken in and removed.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use super::details::AppPaths;
use crate::app::AppId;

/// How often a removal is tried again while something that is just ending still writes.
const REMOVALS: u32 = 20;

pub(super) fn paths(state_dir: &Path, app: &AppId) -> AppPaths {
    let home = home(state_dir, app);
    AppPaths {
        code: home.join("code"),
        env: home.join("env"),
        data: home.join("data"),
        lock: home.join("vehicle-app.lock"),
        run: state_dir.join("run").join(app.as_str()),
    }
}

pub(super) fn home(state_dir: &Path, app: &AppId) -> PathBuf {
    state_dir.join("apps").join(app.as_str())
}

/// Holds the bundle until the environment is made, so that a crash leaves no code without.
pub(super) fn incoming(state_dir: &Path, app: &AppId) -> PathBuf {
    home(state_dir, app).join("incoming")
}

/// Moves the folder, or copies it where it is on another disk, and sets the modes: an app's
/// own user reads it all and writes none of it.
pub(super) fn take_in(bundle: &Path, target: &Path) -> io::Result<()> {
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::rename(bundle, target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            copy(bundle, target)?;
            fs::remove_dir_all(bundle)?;
        }
        other => other?,
    }
    set_modes(target)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), target)?;
        } else {
            return Err(unfit(&entry.path()));
        }
    }
    Ok(())
}

fn set_modes(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            set_modes(&entry.path())?;
        } else if kind.is_file() {
            let runs = entry.metadata()?.permissions().mode() & 0o111 != 0;
            let mode = if runs { 0o755 } else { 0o644 };
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode))?;
        } else {
            return Err(unfit(&entry.path()));
        }
    }
    Ok(())
}

fn unfit(path: &Path) -> io::Error {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    io::Error::other(format!("'{name}' is neither a file nor a folder: an app holds no links"))
}

/// Everything below and the folder itself; fine when there is nothing.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    let mut last = Ok(());
    for _ in 0..REMOVALS {
        last = match fs::remove_dir_all(folder) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.exists() => {
                return Ok(());
            }
            // An app may lock its own folders; they are ours all the same.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                unlock(folder);
                Err(error)
            }
            Err(error) => Err(error),
        };
        std::thread::sleep(Duration::from_millis(25));
    }
    last
}

fn unlock(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            unlock(&entry.path());
        }
    }
}

/// Names in a folder of folders; none where there is no such folder.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_becomes_readable_for_the_apps_user_and_keeps_its_programs() {
        let folder = tempfile::tempdir().unwrap();
        let (bundle, target) = (folder.path().join("in"), folder.path().join("apps/a/code"));
        fs::create_dir_all(bundle.join("sub")).unwrap();
        for (name, mode) in [("main.py", 0o600), ("sub/run", 0o700)] {
            fs::write(bundle.join(name), "x").unwrap();
            fs::set_permissions(bundle.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        take_in(&bundle, &target).unwrap();
        assert!(!bundle.exists());
        let mode =
            |name: &str| fs::metadata(target.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("main.py"), mode("sub/run"), mode("sub")), (0o644, 0o755, 0o755));
    }

    #[test]
    fn links_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("in");
        fs::create_dir(&bundle).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", bundle.join("x")).unwrap();
        let error = take_in(&bundle, &folder.path().join("out")).unwrap_err().to_string();
        assert_eq!(error, "'x' is neither a file nor a folder: an app holds no links");
    }

    #[test]
    fn removing_is_thorough_and_repeatable() {
        let folder = tempfile::tempdir().unwrap();
        let locked = folder.path().join("a/b/c");
        fs::create_dir_all(&locked).unwrap();
        fs::set_permissions(folder.path().join("a/b"), fs::Permissions::from_mode(0o000)).unwrap();
        remove(&folder.path().join("a")).unwrap();
        remove(&folder.path().join("a")).unwrap();
        assert!(names(folder.path()).is_empty());
    }
}
