//! Puts the app's file system together and moves into it.
//!
//! All of the host's files are taken hold of first, by descriptor; then the root changes,
//! and only then are the places for them made. So no link in any of them can lead a path of
//! ours back to the host.

use std::{
    fs, io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::fs::{PermissionsExt, symlink},
    },
    path::Path,
};

use rustix::{
    fs::{CWD, Mode},
    mount::{
        MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount,
        mount_change, move_mount, open_tree, unmount,
    },
    process::{chdir, pivot_root, umask},
};

use super::layout::{Mount, What};
use crate::sandbox::cell::Failure;

const OLD_ROOT: &str = "/.host";

pub(super) fn build(stage: &Path, mounts: &[Mount]) -> Result<(), Failure> {
    // The daemon's may be narrower than the app's user can live with.
    umask(Mode::from_raw_mode(0o022));
    // Nothing that happens here may show on the host.
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(Failure::at("separate the mounts from the host's"))?;
    let held: Vec<Option<OwnedFd>> = mounts.iter().map(hold).collect::<Result<_, _>>()?;

    enter(stage).map_err(Failure::at("enter the new root"))?;
    for (mount, held) in mounts.iter().zip(held) {
        place(mount, held).map_err(Failure::at(format!("make {}", mount.at.display())))?;
    }
    unmount(OLD_ROOT, UnmountFlags::DETACH).map_err(Failure::at("leave the host's root"))?;
    fs::remove_dir(OLD_ROOT).map_err(Failure::at("leave the host's root"))?;
    set_attributes(CWD, c"/", READ_ONLY | NO_SUID | NO_DEVICES, false)
        .map_err(Failure::at("make the new root read-only"))
}

fn hold(mount: &Mount) -> Result<Option<OwnedFd>, Failure> {
    let What::Bind { from, writable, device } = &mount.what else { return Ok(None) };
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE;
    let tree = open_tree(CWD, from, flags)
        .map_err(Failure::at(format!("take hold of {}", from.display())))?;
    let mut attributes = NO_SUID;
    if !writable {
        attributes |= READ_ONLY;
    }
    if !device {
        attributes |= NO_DEVICES;
    }
    set_attributes(tree.as_fd(), c"", attributes, true)
        .map_err(Failure::at(format!("restrict {}", from.display())))?;
    Ok(Some(tree))
}

fn enter(stage: &Path) -> io::Result<()> {
    mount("tmpfs", stage, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, c"mode=755,size=1m")?;
    chdir(stage)?;
    fs::create_dir(&OLD_ROOT[1..])?;
    pivot_root(".", &OLD_ROOT[1..])?;
    Ok(chdir("/")?)
}

fn place(mount_: &Mount, held: Option<OwnedFd>) -> io::Result<()> {
    let at = &mount_.at;
    if let Some(parent) = at.parent() {
        fs::create_dir_all(parent)?;
    }
    let secure = MountFlags::NOSUID | MountFlags::NODEV;
    match &mount_.what {
        What::Bind { .. } => {
            let Some(tree) = held else { return Ok(()) };
            if is_dir(&tree)? {
                fs::create_dir_all(at)?;
            } else if !at.exists() {
                fs::write(at, "")?;
            }
            move_mount(tree, "", CWD, at, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
        }
        What::Memory { mode, size } => {
            fs::create_dir_all(at)?;
            let options = format!("mode={mode:o},size={size}");
            mount("tmpfs", at, "tmpfs", secure, Some(&*std::ffi::CString::new(options)?))?;
        }
        What::Proc => {
            fs::create_dir_all(at)?;
            mount("proc", at, "proc", secure | MountFlags::NOEXEC, None::<&std::ffi::CStr>)?;
        }
        What::Link(to) => symlink(to, at)?,
        What::File(text) => {
            fs::write(at, text)?;
            fs::set_permissions(at, fs::Permissions::from_mode(0o644))?;
        }
    }
    Ok(())
}

fn is_dir(tree: &OwnedFd) -> io::Result<bool> {
    let mode = rustix::fs::fstat(tree)?.st_mode;
    Ok(rustix::fs::FileType::from_raw_mode(mode).is_dir())
}

const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY;
const NO_SUID: u64 = libc::MOUNT_ATTR_NOSUID;
const NO_DEVICES: u64 = libc::MOUNT_ATTR_NODEV;

/// `mount_setattr(2)`: unlike a remount it reaches the mounts below too.
fn set_attributes(
    base: impl AsFd,
    path: &std::ffi::CStr,
    attributes: u64,
    recursive: bool,
) -> io::Result<()> {
    let attr = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path and the structure live through the call, which only reads them, and
    // the size is the structure's.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            base.as_fd().as_raw_fd(),
            path.as_ptr(),
            flags,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
