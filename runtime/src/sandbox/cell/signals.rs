//! Signals as something to poll, for the init.

use std::{
    io,
    mem::{MaybeUninit, size_of},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    ptr,
};

/// Blocks every signal and gives a descriptor that yields them one by one.
pub(super) fn as_descriptor() -> io::Result<OwnedFd> {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset fills the whole set before anything reads it; the old mask is not
    // asked for; the descriptor is new and owned by nobody else.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        if libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        let fd = libc::signalfd(-1, all.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(fd)) }
    }
}

/// The next signal's number, None where no further waits.
pub(super) fn next(descriptor: &OwnedFd) -> Option<i32> {
    let mut info = MaybeUninit::<libc::signalfd_siginfo>::zeroed();
    let size = size_of::<libc::signalfd_siginfo>();
    // SAFETY: the buffer has the size that is passed, and any bytes make a valid value.
    let info = unsafe {
        if libc::read(descriptor.as_raw_fd(), info.as_mut_ptr().cast(), size) != size as isize {
            return None;
        }
        info.assume_init()
    };
    i32::try_from(info.ssi_signo).ok()
}

/// As a fresh program expects them: nothing blocked or ignored.
pub(super) fn reset() {
    let mut none = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset fills the set before it is read; SIG_DFL is valid for each signal,
    // and for those that cannot be set the call only fails.
    unsafe {
        for signal in 1..32 {
            libc::signal(signal, libc::SIG_DFL);
        }
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut());
    }
}

/// A service manager that stops the daemon may signal its whole control group, the shims
/// among it: how apps end is the daemon's to say, so a shim goes on. SIGKILL remains.
pub(crate) fn ignore_requests_to_end() {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
        // SAFETY: SIG_IGN is valid for each of these, and no handler runs.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}
