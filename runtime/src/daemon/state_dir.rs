//! The state folder: where it is, who owns it, and the name of this runtime.
//!
//! One daemon owns a state folder at a time, by an advisory lock on the file `lock`, which
//! the kernel gives up when the daemon dies in whatever way. The file's content, the
//! owner's pid, is for the message only.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    #[error(
        "no place for the state folder: neither XDG_STATE_HOME nor HOME is set; \
         name one with --state DIR"
    )]
    NoHome,
    #[error(
        "{path} is in use by another vehicle-edge (pid {pid}); \
         stop it, or name another folder with --state DIR"
    )]
    Taken { path: PathBuf, pid: String },
    #[error("state folder {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

/// A state folder that this process owns for as long as it holds this value.
#[derive(Debug)]
pub(crate) struct StateDir {
    path: PathBuf,
    lock: File,
}

impl Drop for StateDir {
    /// In so many words, because closing the file is not enough: a child that is being started
    /// has a copy of it until it executes its program, and the lock goes with the last copy.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl StateDir {
    /// Makes the folder where needed and takes it.
    pub(crate) fn open(path: PathBuf) -> Result<StateDir, StateError> {
        let io = |source| StateError::Io { path: path.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(io)?;
        let path = fs::canonicalize(&path).map_err(io)?;
        let io = |source| StateError::Io { path: path.clone(), source };
        let lock = lock(&path)?;
        // After the lock: the folder of a daemon that runs is not touched.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).map_err(io)?;
        // Uploads of a daemon that died half way.
        let state = StateDir { path, lock };
        let _ = fs::remove_dir_all(state.staging());
        Ok(state)
    }

    /// Where uploads are unpacked.
    pub(crate) fn staging(&self) -> PathBuf {
        self.path.join("staging")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The name of this runtime to the world, made once and kept.
    pub(crate) fn runtime_id(&self) -> Result<String, StateError> {
        let file = self.path.join("runtime-id");
        let io = |source| StateError::Io { path: file.clone(), source };
        match fs::read_to_string(&file) {
            Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(error)),
        }
        let id = new_id().map_err(io)?;
        let mut fresh = tempfile::NamedTempFile::new_in(&self.path).map_err(io)?;
        fresh.write_all(format!("{id}\n").as_bytes()).map_err(io)?;
        fresh.as_file().sync_all().map_err(io)?;
        fresh.persist(&file).map_err(|error| io(error.error))?;
        Ok(id)
    }
}

fn lock(folder: &Path) -> Result<File, StateError> {
    let path = folder.join("lock");
    let io = |source| StateError::Io { path: path.clone(), source };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let _ = file.read_to_string(&mut pid);
            let pid = if pid.trim().is_empty() { "unknown" } else { pid.trim() }.to_owned();
            return Err(StateError::Taken { path: folder.to_owned(), pid });
        }
        Err(TryLockError::Error(error)) => return Err(io(error)),
    }
    file.set_len(0).map_err(io)?;
    file.rewind().map_err(io)?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes()).map_err(io)?;
    Ok(file)
}

fn new_id() -> io::Result<String> {
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(bytes.iter().fold("ver-".to_owned(), |id, byte| format!("{id}{byte:02x}")))
}

/// Where the state is when nobody says: the system's place for root, the user's own else.
pub(crate) fn default_path() -> Result<PathBuf, StateError> {
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/vehicle-edge"));
    }
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .ok_or(StateError::NoHome)?;
    Ok(base.join("vehicle-edge"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_refused_with_the_pid_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let first = StateDir::open(path.clone()).unwrap();
        let error = StateDir::open(path.clone()).unwrap_err().to_string();
        let owner = format!("in use by another vehicle-edge (pid {})", std::process::id());
        assert!(error.contains(&owner), "{error}");
        // As a child holds it that has not executed its program yet.
        let _copy = first.lock.try_clone().unwrap();
        drop(first);
        StateDir::open(path).unwrap();
    }

    #[test]
    fn only_the_owner_reads_the_folder_and_its_id_is_stable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let id = StateDir::open(path.clone()).unwrap().runtime_id().unwrap();
        assert!(id.starts_with("ver-") && id.len() == 20, "{id}");
        let again = StateDir::open(path.clone()).unwrap();
        assert_eq!(again.runtime_id().unwrap(), id);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
