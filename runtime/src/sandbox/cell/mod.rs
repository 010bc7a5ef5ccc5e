//! One app behind its walls, from the fork to the last process: what all backends of the
//! shim share.
//!
//! In: a launch and its [`Walls`]. Out: a [`Cell`]: the app's pipes, its pid, and the ways to
//! signal, freeze and kill its tree.
//! Must not know: the shim's clients, lines, the daemon.
//!
//! ```text
//! shim ──fork(+namespaces)──▶ init: walls.enclose(), waits for "go" (it is in its cgroup)
//!   │ lifeline (its end is           │ fork
//!   │ the app's end)                 ▼
//!   └◀──report: ready | failure── app: walls.lock(), exec
//! ```

mod fork;
mod init;
mod report;
mod signals;
mod start;
mod tree;

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::OwnedFd,
    os::unix::net::UnixStream,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitOptions, pidfd_send_signal, waitpid},
};

pub(super) use fork::{close_on_exec_from_3, fork};
pub(super) use report::Failure;
pub(super) use signals::ignore_requests_to_end;
pub(super) use start::start;

use super::cgroup::Group;
use crate::app::Exit;

/// What a backend puts between the app and the host.
pub(super) trait Walls {
    /// Namespaces that the init is born into: `CLONE_NEW…`.
    fn namespaces(&self) -> libc::c_int;

    /// In the init, before the app exists. Afterwards the init must be either PID 1 of a
    /// namespace or the reaper of all its descendants.
    fn enclose(&self) -> Result<(), Failure>;

    /// In the app, after everything else but the exec.
    fn lock(&self) -> Result<(), Failure>;

    /// The user that owns the app's pipes, so that it may open `/dev/stdout` again.
    fn user(&self) -> Option<u32>;

    /// Its PID 1 takes all others along, however it ends.
    fn dies_with_its_init(&self) -> bool {
        self.namespaces() & libc::CLONE_NEWPID != 0
    }
}

/// Our ends of the app's standard streams. They do not block.
#[derive(Debug)]
pub(super) struct Pipes {
    pub(super) stdin: File,
    pub(super) stdout: File,
    pub(super) stderr: File,
}

#[derive(Debug)]
pub(super) struct Cell {
    /// The app's own process, in the shim's numbers.
    pub(super) pid: Pid,
    /// None when the app had ended before we could ask for it.
    app: Option<OwnedFd>,
    init_pid: Pid,
    init: OwnedFd,
    lifeline: UnixStream,
    group: Group,
    dies_with_its_init: bool,
}

impl Cell {
    /// Readable when the init has ended, and with it every process of the app.
    pub(super) fn end(&self) -> &OwnedFd {
        &self.init
    }

    pub(super) fn group(&self) -> &Group {
        &self.group
    }

    /// To the app's own process. One that has ended already is no error.
    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        match self.app.as_ref().map(|app| pidfd_send_signal(app, signal)) {
            None | Some(Ok(()) | Err(Errno::SRCH)) => Ok(()),
            Some(Err(error)) => Err(error.into()),
        }
    }

    pub(super) fn freeze(&self) -> io::Result<()> {
        if self.group.can_freeze() { self.group.freeze() } else { tree::stop(self.init_pid) }
    }

    pub(super) fn thaw(&self) -> io::Result<()> {
        if self.group.can_freeze() { self.group.thaw() } else { tree::resume(self.init_pid) }
    }

    /// The whole tree, frozen or not. Each of these alone may be out of reach or late.
    pub(super) fn kill(&self) {
        let _ = (&self.lifeline).write_all(init::KILL);
        if self.dies_with_its_init {
            let _ = pidfd_send_signal(&self.init, Signal::KILL);
        }
        self.group.kill();
        let _ = self.thaw();
    }

    /// Once [`Cell::end`] is readable.
    pub(super) fn exit(&self) -> Exit {
        let _ = waitpid(Some(self.init_pid), WaitOptions::NOHANG);
        let mut told = [0; init::STATUS_LEN];
        let (code, signal) = match (&self.lifeline).read_exact(&mut told) {
            Ok(()) => init::decode(told),
            // The init was killed, and that killed the app.
            Err(_) => (None, Some(Signal::KILL.as_raw())),
        };
        let killed = signal == Some(Signal::KILL.as_raw());
        Exit { code, signal, oom: killed && self.group.oom_kills() > 0 }
    }
}
