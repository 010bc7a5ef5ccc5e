//! The daemon's hand on a running app.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    time::timeout,
};

use super::{
    SandboxError,
    protocol::{Ask, LONGEST_REQUEST, Message, Request},
};
use crate::socket;

/// The supervisor does nothing else for the app while it waits for an answer.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Cheap to clone. Each call is one connection to the shim, so that none waits behind
/// unread output, and a clone kept too long acts on nothing: it names the shim it is for.
#[derive(Clone, Debug)]
pub struct Control {
    socket: PathBuf,
    shim: Option<u32>,
}

impl Control {
    /// `shim` None means whichever shim answers there.
    pub(crate) fn new(socket: PathBuf, shim: Option<u32>) -> Self {
        Control { socket, shim }
    }

    /// Queued for the app's standard input; refused when the app has closed it, or leaves
    /// more than a mebibyte unread. Calls one after the other keep their order.
    pub async fn stdin(&self, bytes: &[u8]) -> Result<(), SandboxError> {
        // A byte takes at most four characters of JSON.
        for piece in bytes.chunks(LONGEST_REQUEST / 8) {
            self.ask(Ask::Stdin { bytes: piece.to_vec() }).await?;
        }
        Ok(())
    }

    /// End of input, once what was sent before has been read.
    pub async fn close_stdin(&self) -> Result<(), SandboxError> {
        self.ask(Ask::CloseStdin).await
    }

    /// SIGTERM to the app's own process; the shim kills the whole tree when the launch's
    /// grace is over. Thaws, as a frozen app could not obey. Returns at once.
    pub async fn terminate(&self) -> Result<(), SandboxError> {
        self.ask(Ask::Terminate).await
    }

    /// The whole tree, frozen or not. Returns at once, the exit follows as an event.
    pub async fn kill(&self) -> Result<(), SandboxError> {
        self.ask(Ask::Kill).await
    }

    /// Returns when no process of the app runs any more.
    pub async fn freeze(&self) -> Result<(), SandboxError> {
        self.ask(Ask::Freeze).await
    }

    pub async fn thaw(&self) -> Result<(), SandboxError> {
        self.ask(Ask::Thaw).await
    }

    /// The shim's end, and of all that belongs to it.
    pub(crate) async fn leave(&self) -> Result<(), SandboxError> {
        self.ask(Ask::Leave).await
    }

    async fn ask(&self, ask: Ask) -> Result<(), SandboxError> {
        let Some(stream) = connect(&self.socket).await? else { return Err(SandboxError::Gone) };
        let request = Request { shim: self.shim, ask };
        let answer = timeout(ANSWER_TIMEOUT, exchange(stream, &request)).await;
        match answer.map_err(|_| SandboxError::Silent)? {
            Ok(Message::Done) => Ok(()),
            Ok(Message::Ended) => Err(SandboxError::Gone),
            Ok(Message::Refused { reason }) => Err(SandboxError::Refused(reason)),
            Ok(other) => Err(SandboxError::Refused(format!("the shim said {other:?}"))),
            // It went away while we asked.
            Err(error) if error.kind() != std::io::ErrorKind::InvalidData => {
                Err(SandboxError::Gone)
            }
            Err(error) => Err(SandboxError::io(&self.socket)(error)),
        }
    }
}

/// None where no shim listens.
pub(crate) async fn connect(socket: &Path) -> Result<Option<UnixStream>, SandboxError> {
    use std::io::ErrorKind::{ConnectionRefused, NotFound};
    let stream = match socket::connect(socket) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), NotFound | ConnectionRefused) => return Ok(None),
        Err(error) => return Err(SandboxError::io(socket)(error)),
    };
    stream.set_nonblocking(true).map_err(SandboxError::io(socket))?;
    UnixStream::from_std(stream).map(Some).map_err(SandboxError::io(socket))
}

async fn exchange(mut stream: UnixStream, request: &Request) -> std::io::Result<Message> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await?;
    if answer.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&answer)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_shim_that_hangs_is_not_waited_for_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("shim.sock");
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let control = Control::new(socket, Some(1));
        assert!(matches!(control.freeze().await, Err(SandboxError::Silent)));
        assert!(matches!(control.terminate().await, Err(SandboxError::Silent)));
    }
}
