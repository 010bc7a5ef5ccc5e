//! What the app's file system consists of.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::user::User;
use crate::sandbox::{Launch, cell::Failure};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// Inside.
    pub(super) at: PathBuf,
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The host's file or folder.
    Bind {
        from: PathBuf,
        writable: bool,
        device: bool,
    },
    /// `mode` as in `chmod`, `size` in bytes.
    Memory {
        mode: u32,
        size: u64,
    },
    Proc,
    Link(PathBuf),
    File(String),
}

/// Shown as they are on the host, where the host has them.
const SYSTEM: [&str; 8] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"];
/// Of `/etc` only what programs need to load, to know the time and to check certificates.
const ETC: [&str; 17] = [
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "localtime",
    "mime.types",
    "os-release",
    "pki/ca-trust",
    "pki/tls",
    "protocols",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
    "timezone",
];
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// Each of `/tmp` and `/dev/shm`. With a memory limit it counts as the app's memory too.
const MEMORY_FILES: u64 = 64 << 20;

/// In the order in which they are to be made: a folder before what is inside it.
pub(super) fn mounts(launch: &Launch, user: &User) -> Result<Vec<Mount>, Failure> {
    let mut all = BTreeMap::new();
    for path in SYSTEM {
        show(&mut all, Path::new(path), false)?;
    }
    for name in ETC {
        show(&mut all, &Path::new("/etc").join(name), false)?;
    }
    for (name, text) in own_files(launch, user) {
        all.insert(Path::new("/etc").join(name), What::File(text));
    }
    for name in DEVICES {
        let from = Path::new("/dev").join(name);
        all.insert(from.clone(), What::Bind { from, writable: true, device: true });
    }
    for (name, to) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
        let to = PathBuf::from(format!("/proc/self/fd{to}"));
        all.insert(Path::new("/dev").join(name), What::Link(to));
    }
    for path in ["/tmp", "/dev/shm"] {
        all.insert(path.into(), What::Memory { mode: 0o1777, size: MEMORY_FILES });
    }
    all.insert("/var/tmp".into(), What::Link("/tmp".into()));
    all.insert("/proc".into(), What::Proc);

    for path in &launch.readonly {
        let path = checked(path)?;
        present(path)?;
        if !shown_already(&all, path) {
            bind(&mut all, path, path, false);
        }
    }
    for path in &launch.writable {
        let path = checked(path)?;
        present(path)?;
        bind(&mut all, path, path, true);
    }
    for (from, at) in &launch.binds {
        present(from)?;
        bind(&mut all, checked(at)?, from, false);
    }
    Ok(all.into_iter().map(|(at, what)| Mount { at, what }).collect())
}

fn bind(all: &mut BTreeMap<PathBuf, What>, at: &Path, from: &Path, writable: bool) {
    all.insert(at.into(), What::Bind { from: from.into(), writable, device: false });
}

/// A link stays a link (`/bin` to `usr/bin`, `localtime` into `/usr`): what it leads to is
/// shown, or not, on its own.
fn show(all: &mut BTreeMap<PathBuf, What>, path: &Path, writable: bool) -> Result<(), Failure> {
    let step = || format!("look at {}", path.display());
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(Failure::new(step(), error)),
        Ok(data) if data.is_symlink() => {
            let to = fs::read_link(path).map_err(Failure::at(step()))?;
            all.insert(path.into(), What::Link(to));
        }
        Ok(_) => bind(all, path, path, writable),
    }
    Ok(())
}

fn own_files(launch: &Launch, user: &User) -> [(&'static str, String); 5] {
    let (uid, gid) = user.ids();
    let home = launch.env.get("HOME").map_or("/", String::as_str);
    [
        (
            "passwd",
            format!(
                "root:x:0:0:root:/:/bin/false\n\
                 app:x:{uid}:{gid}:app:{home}:/bin/sh\n\
                 nobody:x:65534:65534:nobody:/:/bin/false\n"
            ),
        ),
        ("group", format!("root:x:0:\napp:x:{gid}:\nnogroup:x:65534:\n")),
        ("hosts", "127.0.0.1 localhost\n::1 localhost\n".to_owned()),
        ("hostname", format!("{}\n", launch.app)),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n".to_owned()),
    ]
}

/// Below something that is shown read-only under the same path.
fn shown_already(all: &BTreeMap<PathBuf, What>, path: &Path) -> bool {
    path.ancestors().any(|ancestor| match all.get(ancestor) {
        Some(What::Bind { from, writable: false, device: false }) => from == ancestor,
        _ => false,
    })
}

fn checked(path: &Path) -> Result<&Path, Failure> {
    let plain = path.components().skip(1).all(|part| matches!(part, Component::Normal(_)));
    let system = ["/proc", "/dev", "/sys"].iter().any(|folder| path.starts_with(folder));
    if path.is_absolute() && plain && path.parent().is_some() && !system {
        return Ok(path);
    }
    Err(Failure::new(
        format!("show {} to the app", path.display()),
        "not an absolute path of a file or folder that may be shown",
    ))
}

fn present(path: &Path) -> Result<(), Failure> {
    fs::metadata(path)
        .map(|_| ())
        .map_err(Failure::at(format!("show {} to the app", path.display())))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::Limits;

    fn launch() -> Launch {
        Launch {
            app: "a".parse().unwrap(),
            run_dir: "/tmp".into(),
            command: vec!["true".into()],
            env: BTreeMap::new(),
            workdir: "/".into(),
            readonly: vec![],
            writable: vec![],
            binds: vec![],
            limits: Limits::default(),
            grace: Duration::ZERO,
            uid: None,
            first_seq: 1,
        }
    }

    fn laid(launch: &Launch) -> Result<Vec<Mount>, Failure> {
        mounts(launch, &User::Own(200_000))
    }

    #[test]
    fn a_folder_comes_before_what_is_inside_it() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("data");
        fs::create_dir(&inner).unwrap();
        let launch = Launch {
            readonly: vec![folder.path().into()],
            writable: vec![inner.clone()],
            ..launch()
        };
        let mounts = laid(&launch).unwrap();
        let place = |path: &Path| mounts.iter().position(|mount| mount.at == path).unwrap();
        assert!(place(Path::new("/tmp")) < place(folder.path()));
        assert!(place(folder.path()) < place(&inner));
    }

    #[test]
    fn what_the_system_shows_is_not_shown_twice() {
        let launch = Launch { readonly: vec!["/usr/lib".into()], ..launch() };
        let mounts = laid(&launch).unwrap();
        assert!(!mounts.iter().any(|mount| mount.at == Path::new("/usr/lib")));
    }

    #[test]
    fn neither_the_whole_host_nor_its_devices_can_be_shown() {
        for bad in ["/", "/proc/1", "/dev", "/sys/kernel", "relative", "/usr/../etc"] {
            let launch = Launch { readonly: vec![bad.into()], ..launch() };
            assert!(laid(&launch).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_missing_folder_is_named() {
        let launch = Launch { readonly: vec!["/no/such".into()], ..launch() };
        let failure = laid(&launch).unwrap_err();
        assert!(failure.to_string().starts_with("show /no/such to the app: No such file"));
    }
}
