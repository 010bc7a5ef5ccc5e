//! Unix sockets at paths of any length.
//!
//! The kernel's address holds 107 bytes, a state folder deep in a home needs more. The
//! folder is opened, and the socket addressed below it through `/proc/self/fd`.

use std::{
    fs::File,
    io,
    os::{
        fd::AsRawFd,
        unix::{
            ffi::OsStrExt,
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
};

/// `sun_path` without the closing NUL.
const LONGEST: usize = 107;

/// Binds anew: a socket file left by a dead process is taken away first.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    addressed(path, |short| UnixListener::bind(short))
}

pub fn connect(path: &Path) -> io::Result<UnixStream> {
    addressed(path, |short| UnixStream::connect(short))
}

fn addressed<T>(path: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    if path.as_os_str().as_bytes().len() <= LONGEST {
        return act(path);
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a path of a socket"));
    };
    // Held open until the call is done: the short path leads through it.
    let folder = File::open(folder)?;
    act(&PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name))
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
