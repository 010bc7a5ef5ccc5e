//! How the processes on the way to the app tell the shim how it goes.
//!
//! A socket pair that keeps messages apart. The app sends `ready` right before its exec,
//! and the kernel adds the sender's pid in the shim's numbers. A failure is two strings. The
//! end without a failure means that the exec has happened: it closed the app's side.

use std::{
    cell::RefCell,
    fmt::Display,
    io::{self, IoSliceMut},
    mem::MaybeUninit,
    os::fd::OwnedFd,
};

use rustix::{
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags,
        SocketFlags, SocketType, recvmsg, send, socketpair, sockopt::set_socket_passcred,
    },
    process::Pid,
};
use serde::{Deserialize, Serialize};

/// What was being done, and why it did not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) step: String,
    pub(crate) reason: String,
}

impl Failure {
    pub(crate) fn new(step: impl Into<String>, reason: impl Display) -> Failure {
        Failure { step: step.into(), reason: reason.to_string() }
    }

    /// For `map_err`.
    pub(crate) fn at<E: Display>(step: impl Into<String>) -> impl FnOnce(E) -> Failure {
        move |error| Failure::new(step, error)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.step, self.reason)
    }
}

pub(super) struct Reader(OwnedFd);
/// Lent to the app's process; closed in the init as soon as that exists.
pub(super) struct Writer(RefCell<Option<OwnedFd>>);

pub(super) fn channel() -> io::Result<(Reader, Writer)> {
    let (near, far) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
    set_socket_passcred(&near, true)?;
    Ok((Reader(near), Writer(RefCell::new(Some(far)))))
}

const READY: &[u8] = b"ready";

impl Writer {
    pub(super) fn ready(&self) {
        self.send(READY);
    }

    pub(super) fn failure(&self, failure: &Failure) {
        self.send(&serde_json::to_vec(failure).unwrap_or_default());
    }

    pub(super) fn close(&self) {
        drop(self.0.take());
    }

    fn send(&self, message: &[u8]) {
        if let Some(socket) = &*self.0.borrow() {
            // Nobody listens: the shim is dead, and the lifeline says so.
            let _ = send(socket, message, SendFlags::NOSIGNAL);
        }
    }
}

impl Reader {
    /// The pid of the app once it was executed; None when its processes ended without a word.
    pub(super) fn wait(self, mut on_ready: impl FnMut(Pid)) -> Result<Option<Pid>, Failure> {
        let mut app = None;
        loop {
            let (message, sender) = self.next().map_err(Failure::at("listen to the sandbox"))?;
            match message.as_slice() {
                [] => return Ok(app),
                READY => {
                    app = sender;
                    sender.into_iter().for_each(&mut on_ready);
                }
                text => {
                    return Err(serde_json::from_slice(text)
                        .unwrap_or_else(|error| Failure::new("understand the sandbox", error)));
                }
            }
        }
    }

    fn next(&self) -> io::Result<(Vec<u8>, Option<Pid>)> {
        let mut text = vec![0; 16 << 10];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let got = recvmsg(
            &self.0,
            &mut [IoSliceMut::new(&mut text)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        )?;
        let sender = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmCredentials(credentials) => Some(credentials.pid),
            _ => None,
        });
        text.truncate(got.bytes);
        Ok((text, sender))
    }
}
