//! Unix sockets at paths of any length, and those that an app finds in its folder.
//!
//! The kernel's address holds 107 bytes, a state folder deep in a home needs more. The
//! folder is opened, and the socket addressed below it through `/proc/self/fd`.

use std::{
    fs::{self, File},
    io,
    os::{
        fd::AsRawFd,
        unix::{
            ffi::OsStrExt,
            fs::{MetadataExt, PermissionsExt},
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
};

/// `sun_path` without the closing NUL.
const LONGEST: usize = 107;

/// Binds anew: a socket file left by a dead process is taken away first.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    addressed(path, |short| UnixListener::bind(short))
}

pub fn connect(path: &Path) -> io::Result<UnixStream> {
    addressed(path, |short| UnixStream::connect(short))
}

fn addressed<T>(path: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    act(ShortPath::to(path)?.as_path())
}

/// A path of a socket that the kernel's address can hold, for as long as this is kept.
#[derive(Debug)]
pub struct ShortPath {
    path: PathBuf,
    /// Held open: the short path leads through it.
    _folder: Option<File>,
}

impl ShortPath {
    pub fn to(path: &Path) -> io::Result<ShortPath> {
        if path.as_os_str().as_bytes().len() <= LONGEST {
            return Ok(ShortPath { path: path.to_owned(), _folder: None });
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a path of a socket"));
        };
        let folder = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
        Ok(ShortPath { path, _folder: Some(folder) })
    }

    pub fn as_path(&self) -> &Path {
        &self.path
    }
}

/// The file of a socket, removed when this is dropped.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode of the socket: another one may stand at the path by now.
    file: (u64, u64),
}

impl SocketFile {
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|file| file == self.file) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Binds a socket that does not block in the folder of an app, which is made where needed.
///
/// Everyone may connect: the folder is bound into the sandbox of one app, whose user has
/// nothing in common with ours, and no other app sees it.
pub fn open_for_app(folder: &Path, name: &str) -> io::Result<(UnixListener, SocketFile)> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    let path = folder.join(name);
    let listener = bind(&path)?;
    let file = SocketFile { file: identity(&path)?, path };
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o666))?;
    listener.set_nonblocking(true)?;
    Ok((listener, file))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    #[test]
    fn a_path_longer_than_the_kernels_address_works() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d".repeat(100)).join("e".repeat(100));
        std::fs::create_dir_all(&deep).unwrap();
        for path in [deep.join("s.sock"), folder.path().join("s.sock")] {
            // Twice: the second takes over the file of the first.
            drop(super::bind(&path).unwrap());
            let listener = super::bind(&path).unwrap();
            let mut client = super::connect(&path).unwrap();
            client.write_all(b"hi").unwrap();
            drop(client);
            let mut text = String::new();
            listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
            assert_eq!(text, "hi");
        }
    }

    #[test]
    fn a_path_that_is_no_file_is_refused() {
        let long = "/".repeat(200);
        assert!(super::bind(long.as_ref()).is_err());
    }
}
