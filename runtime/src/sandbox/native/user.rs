//! Who the app is, inside and outside.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    io,
    os::unix::fs::{MetadataExt, lchown},
    path::Path,
};

use rustix::{
    fs::{Gid, Uid},
    process::{getegid, geteuid},
    thread::{
        CapabilitySet, CapabilitySets, clear_ambient_capability_set,
        remove_capability_from_bounding_set, set_capabilities, set_no_new_privs, set_thread_groups,
        set_thread_res_gid, set_thread_res_uid,
    },
};

use crate::sandbox::{Launch, cell::Failure};

#[derive(Clone, Copy, Debug)]
pub(super) enum User {
    /// A user of the app's own; we are root.
    Own(u32),
    /// Ours, alone in a user namespace.
    Ours { uid: u32, gid: u32 },
}

impl User {
    pub(super) fn of(launch: &Launch) -> User {
        if !geteuid().is_root() {
            return User::Ours { uid: geteuid().as_raw(), gid: getegid().as_raw() };
        }
        User::Own(launch.uid.unwrap_or_else(|| {
            let mut hasher = DefaultHasher::new();
            launch.app.hash(&mut hasher);
            Launch::uid_at(hasher.finish() as u32)
        }))
    }

    pub(super) fn ids(self) -> (u32, u32) {
        match self {
            User::Own(id) => (id, id),
            User::Ours { uid, gid } => (uid, gid),
        }
    }

    pub(super) fn own_uid(self) -> Option<u32> {
        match self {
            User::Own(id) => Some(id),
            User::Ours { .. } => None,
        }
    }

    pub(super) fn namespace(self) -> libc::c_int {
        match self {
            User::Own(_) => 0,
            User::Ours { .. } => libc::CLONE_NEWUSER,
        }
    }

    /// Gives the app its folder, if it has not got it yet. The app does not run now, so
    /// nothing moves while we walk; links are not followed.
    pub(super) fn own(self, folder: &Path) -> Result<(), Failure> {
        let User::Own(id) = self else { return Ok(()) };
        let step = || format!("give {} to the app's user", folder.display());
        let owner = fs::symlink_metadata(folder).map_err(Failure::at(step()))?.uid();
        if owner == id {
            return Ok(());
        }
        // The folder itself last: a run that was cut short is done again.
        chown_below(folder, id)
            .and_then(|()| lchown(folder, Some(id), Some(id)))
            .map_err(Failure::at(step()))
    }

    /// In a new user namespace: the same numbers inside as outside.
    pub(super) fn map(self) -> Result<(), Failure> {
        let User::Ours { uid, gid } = self else { return Ok(()) };
        let put = |name: &str, text: String| {
            fs::write(format!("/proc/self/{name}"), text)
                .map_err(Failure::at(format!("write the user namespace's {name}")))
        };
        put("setgroups", "deny".to_owned())?;
        put("gid_map", format!("{gid} {gid} 1"))?;
        put("uid_map", format!("{uid} {uid} 1"))
    }

    /// From here on there is no way back: no capability, and no program that would give one.
    pub(super) fn become_it(self) -> Result<(), Failure> {
        let failed = |error: rustix::io::Errno| Failure::new("drop all capabilities", error);
        for capability in CapabilitySet::all().iter() {
            match remove_capability_from_bounding_set(capability) {
                // Newer than this kernel.
                Ok(()) | Err(rustix::io::Errno::INVAL) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        clear_ambient_capability_set().map_err(failed)?;
        if let User::Own(id) = self {
            let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
            set_thread_groups(&[])
                .and_then(|()| set_thread_res_gid(gid, gid, gid))
                .and_then(|()| set_thread_res_uid(uid, uid, uid))
                .map_err(Failure::at(format!("become user {id}")))?;
        }
        let none = CapabilitySet::empty();
        set_capabilities(
            None,
            CapabilitySets { effective: none, permitted: none, inheritable: none },
        )
        .map_err(failed)?;
        set_no_new_privs(true).map_err(Failure::at("forbid new privileges"))
    }
}

fn chown_below(folder: &Path, id: u32) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            chown_below(&entry.path(), id)?;
        }
        lchown(entry.path(), Some(id), Some(id))?;
    }
    Ok(())
}
