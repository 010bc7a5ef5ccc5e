//! Walls of the kernel's own: namespaces, a file system of the app's own, no capabilities,
//! Landlock, seccomp. The same for root and for an ordinary user, but for who the app is:
//!
//! - root gives each app a user of its own;
//! - an ordinary user gives it a user namespace with nobody else in it.
//!
//! In: a launch. Out: [`Rooms`], the plan, made before the fork; the init builds it
//! (`enclose`), the app locks itself in (`lock`).
//! Must not know: the shim, control groups, lines.
//!
//! The order matters: mounts need the capabilities that the change of user takes away, proc
//! must be mounted while the old root is still there (the kernel compares), and seccomp
//! comes last because it forbids all that came before.

mod layout;
mod lock;
mod mounts;
mod seccomp;
mod user;

use std::{fs, path::PathBuf};

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use super::{
    Launch,
    cell::{Failure, Walls},
};
use layout::Mount;
use user::User;

#[derive(Debug)]
pub(super) struct Rooms {
    hostname: String,
    user: User,
    mounts: Vec<Mount>,
    /// Where the new root is put together: any folder, hidden for this process only.
    stage: PathBuf,
    /// Below these the app may write.
    writable: Vec<PathBuf>,
    seccomp: seccomp::Filters,
}

impl Rooms {
    pub(super) fn plan(launch: &Launch) -> Result<Rooms, Failure> {
        let user = User::of(launch);
        for folder in &launch.writable {
            user.own(folder)?;
        }
        Ok(Rooms {
            hostname: launch.app.to_string(),
            mounts: layout::mounts(launch, &user)?,
            user,
            stage: launch.run_dir.clone(),
            writable: launch.writable.clone(),
            seccomp: seccomp::filters()?,
        })
    }
}

impl Walls for Rooms {
    fn namespaces(&self) -> libc::c_int {
        let all = libc::CLONE_NEWPID
            | libc::CLONE_NEWNS
            | libc::CLONE_NEWIPC
            | libc::CLONE_NEWUTS
            | libc::CLONE_NEWNET;
        all | self.user.namespace()
    }

    fn enclose(&self) -> Result<(), Failure> {
        self.user.map()?;
        mounts::build(&self.stage, &self.mounts)?;
        rustix::system::sethostname(self.hostname.as_bytes())
            .map_err(Failure::at("set the host name"))?;
        self.user.become_it()?;
        // What this process knows of the shim is not the app's to read.
        set_dumpable_behavior(DumpableBehavior::NotDumpable)
            .map_err(Failure::at("hide the init's memory"))
    }

    fn lock(&self) -> Result<(), Failure> {
        lock::landlock(&self.writable)?;
        self.seccomp.apply()
    }

    fn user(&self) -> Option<u32> {
        self.user.own_uid()
    }
}

/// The kernel's Landlock version, asked by its system call: securityfs may not be mounted.
pub(super) fn landlock_abi() -> Option<u32> {
    lock::abi()
}

/// Settings of this host that forbid user namespaces, with what to do.
pub(super) fn user_namespace_obstacle() -> Option<&'static str> {
    let value = |name: &str| fs::read_to_string(format!("/proc/sys/{name}")).unwrap_or_default();
    if value("user/max_user_namespaces").trim() == "0" {
        return Some("user namespaces are switched off: sysctl user.max_user_namespaces=10000");
    }
    if value("kernel/unprivileged_userns_clone").trim() == "0" {
        return Some(
            "user namespaces are for root only: sysctl kernel.unprivileged_userns_clone=1",
        );
    }
    if value("kernel/apparmor_restrict_unprivileged_userns").trim() == "1" {
        return Some(
            "AppArmor restricts user namespaces: \
             sysctl kernel.apparmor_restrict_unprivileged_userns=0, \
             or give vehicle-edge an AppArmor profile with 'userns'",
        );
    }
    None
}
