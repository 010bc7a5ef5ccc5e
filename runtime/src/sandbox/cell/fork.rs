//! The one place that forks.

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd},
    panic::{AssertUnwindSafe, catch_unwind},
};

use rustix::process::Pid;

/// A new process.
pub(crate) struct Forked {
    pub(crate) pid: Pid,
    /// It was born in the control group.
    pub(crate) in_group: bool,
}

/// Runs `child` in a new process (in new namespaces, where `namespaces` names some) that
/// ends with what it returns. It is born in the version 2 control group `group`, where the
/// kernel can do that.
///
/// Only from a process with a single thread, as the shim is: then the child finds no lock
/// held by a thread that does not exist any more, and may do everything.
pub(crate) fn fork(
    namespaces: libc::c_int,
    group: Option<BorrowedFd<'_>>,
    child: impl FnOnce() -> i32,
) -> io::Result<Forked> {
    debug_assert_eq!(threads(), 1, "a second thread may hold a lock for ever in the child");
    let born = group.and_then(|group| clone_into(namespaces, group));
    let in_group = born.is_some();
    let answer = born.unwrap_or_else(|| clone(namespaces));
    if answer == 0 {
        // A panic must not unwind into the parent's code, which the child has a copy of.
        let code = catch_unwind(AssertUnwindSafe(child)).unwrap_or(70);
        // SAFETY: ends the process without the exit handlers, which are the parent's.
        unsafe { libc::_exit(code) }
    }
    let raw = libc::pid_t::try_from(answer).ok().filter(|_| answer > 0);
    let pid = raw.and_then(Pid::from_raw).ok_or_else(io::Error::last_os_error)?;
    Ok(Forked { pid, in_group })
}

fn clone(namespaces: libc::c_int) -> libc::c_long {
    let flags = libc::c_long::from(namespaces | libc::SIGCHLD);
    // SAFETY: without CLONE_VM and with a null stack this is fork(2): parent and child
    // share no memory. The remaining arguments are unused, as no flag asks for them.
    unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, 0_usize, 0_usize, 0_usize) }
}

/// None where that is not to be had, as before Linux 5.7 or in some containers.
fn clone_into(namespaces: libc::c_int, group: BorrowedFd<'_>) -> Option<libc::c_long> {
    #[derive(Default)]
    #[repr(C)]
    struct Arguments {
        flags: u64,
        pidfd: u64,
        child_tid: u64,
        parent_tid: u64,
        exit_signal: u64,
        stack: u64,
        stack_size: u64,
        tls: u64,
        set_tid: u64,
        set_tid_size: u64,
        cgroup: u64,
    }
    const INTO_CGROUP: u64 = 1 << 33;
    let arguments = Arguments {
        flags: u64::from(namespaces.unsigned_abs()) | INTO_CGROUP,
        exit_signal: u64::from(libc::SIGCHLD.unsigned_abs()),
        cgroup: u64::from(group.as_raw_fd().unsigned_abs()),
        ..Arguments::default()
    };
    // SAFETY: as `clone`; the structure is the kernel's, with its size, and is only read.
    let answer =
        unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size_of::<Arguments>()) };
    (answer >= 0).then_some(answer)
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(1, |tasks| tasks.count())
}

/// Descriptors that whoever started the daemon left open must not reach an app.
pub(crate) fn close_on_exec_from_3() {
    // SAFETY: changes a flag of descriptors and touches no memory.
    unsafe {
        libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
    }
}
