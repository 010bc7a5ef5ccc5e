//! The one place that forks.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rustix::process::Pid;

/// Runs `child` in a new process (in new namespaces, where `namespaces` names some) that
/// ends with what it returns.
///
/// Only from a process with a single thread, as the shim is: then the child finds no lock
/// held by a thread that does not exist any more, and may do everything.
pub(crate) fn fork(namespaces: libc::c_int, child: impl FnOnce() -> i32) -> io::Result<Pid> {
    debug_assert_eq!(threads(), 1, "a second thread may hold a lock for ever in the child");
    let flags = libc::c_long::from(namespaces | libc::SIGCHLD);
    // SAFETY: without CLONE_VM and with a null stack this is fork(2): parent and child
    // share no memory. The remaining arguments are unused, as no flag asks for them.
    let answer =
        unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, 0_usize, 0_usize, 0_usize) };
    if answer == 0 {
        // A panic must not unwind into the parent's code, which the child has a copy of.
        let code = catch_unwind(AssertUnwindSafe(child)).unwrap_or(70);
        // SAFETY: ends the process without the exit handlers, which are the parent's.
        unsafe { libc::_exit(code) }
    }
    let raw = libc::pid_t::try_from(answer).ok().filter(|_| answer > 0);
    raw.and_then(Pid::from_raw).ok_or_else(io::Error::last_os_error)
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
