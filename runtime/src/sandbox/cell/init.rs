//! The sandbox's first process: forwards signals, reaps, and ends everything in time.
//!
//! It must exist because a program without handlers that is PID 1 ignores SIGTERM, and
//! because somebody must notice that the shim is gone: a parent's death signal would fire
//! when a thread ends, so the shim's end of a socket is watched.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, wait},
};

use super::{signals, tree};

/// The shim's only word after `GO`.
pub(super) const KILL: &[u8] = b"k";
pub(super) const GO: &[u8] = b"g";
pub(super) const STATUS_LEN: usize = 8;

/// Returns when the app has ended and nothing of it is left, or is certain to be killed by
/// the kernel when this process ends.
pub(super) fn watch(app: Pid, lifeline: UnixStream, signals: &std::os::fd::OwnedFd, last: bool) {
    let mut status = None;
    while status.is_none() {
        let mut waits =
            [PollFd::new(signals, PollFlags::IN), PollFd::new(&lifeline, PollFlags::IN)];
        if poll(&mut waits, None).is_err() {
            continue;
        }
        let (signalled, told) = (!waits[0].revents().is_empty(), !waits[1].revents().is_empty());
        if signalled {
            status = pass_on(app, signals);
        }
        if told {
            // `KILL`, or the end: the shim is dead.
            let _ = (&lifeline).read(&mut [0; 8]);
            break;
        }
    }
    if !last {
        let _ = tree::kill(getpid());
    }
    let status = status.or_else(|| reap(app));
    let (code, signal) = match status {
        Some(status) => (status.exit_status(), status.terminating_signal()),
        None => (None, Some(Signal::KILL.as_raw())),
    };
    let _ = (&lifeline).write_all(&encode(code, signal));
}

fn pass_on(app: Pid, signals: &std::os::fd::OwnedFd) -> Option<WaitStatus> {
    let mut status = None;
    while let Some(signal) = signals::next(signals) {
        if signal == Signal::CHILD.as_raw() {
            status = status.or_else(|| reap(app));
        } else if let Some(signal) = Signal::from_named_raw(signal) {
            let _ = kill_process(app, signal);
        }
    }
    status
}

/// Everybody who has ended; the app's status, if it is among them.
fn reap(app: Pid) -> Option<WaitStatus> {
    let mut status = None;
    while let Ok(Some((pid, ended))) = wait(WaitOptions::NOHANG) {
        if pid == app {
            status = Some(ended);
        }
    }
    status
}

fn encode(code: Option<i32>, signal: Option<i32>) -> [u8; STATUS_LEN] {
    let mut told = [0; STATUS_LEN];
    told[..4].copy_from_slice(&code.unwrap_or(-1).to_ne_bytes());
    told[4..].copy_from_slice(&signal.unwrap_or(-1).to_ne_bytes());
    told
}

pub(super) fn decode(told: [u8; STATUS_LEN]) -> (Option<i32>, Option<i32>) {
    let number = |at: usize| {
        let bytes = [told[at], told[at + 1], told[at + 2], told[at + 3]];
        Some(i32::from_ne_bytes(bytes)).filter(|number| *number >= 0)
    };
    (number(0), number(4))
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn a_status_arrives_as_it_was_sent() {
        for (code, signal) in [(Some(0), None), (Some(255), None), (None, Some(9))] {
            assert_eq!(decode(encode(code, signal)), (code, signal));
        }
    }
}
