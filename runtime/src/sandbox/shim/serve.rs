//! The loop: the app's pipes on one side, the daemon's connections on the other.

use std::{
    io,
    os::unix::net::UnixListener,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::Signal,
};

use super::{
    clear,
    connection::Connection,
    pipes::{Input, Output},
    ring::Ring,
};
use crate::{
    app::{Exit, Stream},
    sandbox::{
        Launch,
        cell::{Cell, Pipes},
        protocol::{Ask, Message, Request, VERSION},
    },
};

/// How long the pipes may stay open when all processes of the app have ended, as somebody
/// else could hold them.
const DRAIN: Duration = Duration::from_secs(1);
/// A state folder that was deleted under a running app leaves nobody who could end it.
const LOOK_AROUND: Duration = Duration::from_secs(30);
const KILL_AGAIN: Duration = Duration::from_millis(500);

struct Server<'a> {
    cell: &'a Cell,
    launch: &'a Launch,
    ring: Ring,
    outputs: [Output; 2],
    input: Input,
    connections: Vec<Connection>,
    frozen: bool,
    /// For this turn the app's output waits in its pipes: a daemon is catching up.
    held: bool,
    /// The grace is over.
    kill_at: Option<Instant>,
    /// No process of the app is left, since then.
    ended: Option<(Instant, Exit)>,
    /// The same, and all its output is in the ring.
    exit: Option<Exit>,
    leaving: bool,
    look_around: Instant,
}

/// Until a daemon says `leave` (or its folder is gone), and nothing of the app is left.
pub(crate) fn serve(
    cell: &Cell,
    pipes: Pipes,
    launch: &Launch,
    listener: &UnixListener,
) -> io::Result<()> {
    let mut server = Server {
        cell,
        launch,
        ring: Ring::new(launch.first_seq),
        outputs: [
            Output::new(Stream::Stdout, pipes.stdout),
            Output::new(Stream::Stderr, pipes.stderr),
        ],
        input: Input::new(pipes.stdin),
        connections: Vec::new(),
        frozen: false,
        held: false,
        kill_at: None,
        ended: None,
        exit: None,
        leaving: false,
        look_around: Instant::now() + LOOK_AROUND,
    };
    while !(server.leaving && server.exit.is_some()) {
        server.turn(listener)?;
    }
    server.finish();
    Ok(())
}

/// What a ready descriptor belongs to.
#[derive(Clone, Copy)]
enum Source {
    Listener,
    End,
    Output(usize),
    Input,
    Connection(usize),
}

impl Server<'_> {
    fn turn(&mut self, listener: &UnixListener) -> io::Result<()> {
        let now = Instant::now();
        self.held = self.held_until().is_some_and(|until| now < until);
        for source in self.wait(listener)? {
            match source {
                Source::Listener => self.accept(listener),
                Source::End => self.ended = Some((Instant::now(), self.cell.exit())),
                Source::Output(index) => self.outputs[index].read(&mut self.ring),
                Source::Input => self.input.write(),
                Source::Connection(index) => self.hear(index),
            }
        }
        self.keep_time();
        for connection in &mut self.connections {
            connection.tell(&self.ring, self.exit.as_ref());
            connection.write();
        }
        self.connections.retain(|connection| !connection.is_over());
        Ok(())
    }

    fn wait(&self, listener: &UnixListener) -> io::Result<Vec<Source>> {
        let mut sources = vec![Source::Listener];
        let mut waits = vec![PollFd::new(listener, PollFlags::IN)];
        if self.ended.is_none() {
            sources.push(Source::End);
            waits.push(PollFd::new(self.cell.end(), PollFlags::IN));
        }
        for (index, output) in self.outputs.iter().enumerate() {
            if let Some(pipe) = output.pipe.as_ref().filter(|_| !self.held) {
                sources.push(Source::Output(index));
                waits.push(PollFd::new(pipe, PollFlags::IN));
            }
        }
        if let Some(pipe) = self.input.pipe.as_ref().filter(|_| !self.input.waiting.is_empty()) {
            sources.push(Source::Input);
            waits.push(PollFd::new(pipe, PollFlags::OUT));
        }
        for (index, connection) in self.connections.iter().enumerate() {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, connection.is_open());
            let more = connection.wants_to_write(&self.ring, self.exit.as_ref());
            flags.set(PollFlags::OUT, more);
            sources.push(Source::Connection(index));
            waits.push(PollFd::new(connection.stream(), flags));
        }
        match poll(&mut waits, self.timeout().as_ref()) {
            Err(rustix::io::Errno::INTR) => return Ok(Vec::new()),
            answer => answer?,
        };
        let ready = sources.into_iter().zip(&waits);
        Ok(ready.filter(|(_, wait)| !wait.revents().is_empty()).map(|(source, _)| source).collect())
    }

    /// An app that floods is read no faster than the daemon takes it, as long as the daemon
    /// takes anything: one that is stuck or away holds nobody up. What an app said last,
    /// before it ended, is read at once.
    fn held_until(&self) -> Option<Instant> {
        let catching_up = |connection: &Connection| connection.catching_up(&self.ring);
        self.connections.iter().find_map(catching_up).filter(|_| self.ended.is_none())
    }

    fn timeout(&self) -> Option<Timespec> {
        let lines = self.outputs.iter().filter_map(|output| output.lines.due());
        // The rest of a line is not late where nobody has looked for it.
        let lines = lines.filter(|_| !self.held).chain(self.held_until().filter(|_| self.held));
        let drained = self.ended.as_ref().filter(|_| self.exit.is_none());
        let drained = drained.map(|(since, _)| *since + DRAIN);
        let next = lines.chain(self.kill_at).chain(drained).chain([self.look_around]).min()?;
        Timespec::try_from(next.saturating_duration_since(Instant::now())).ok()
    }

    fn keep_time(&mut self) {
        let now = Instant::now();
        for output in self.outputs.iter_mut().filter(|_| !self.held) {
            output.flush_if_due(now, &mut self.ring);
        }
        if self.look_around <= now {
            self.look_around = now + LOOK_AROUND;
            if !self.leaving && !self.launch.run_dir.exists() {
                self.leaving = true;
                self.kill();
            }
        }
        if self.kill_at.is_some_and(|at| at <= now) {
            self.kill();
        }
        if let Some((since, exit)) = self.ended.as_ref().filter(|_| self.exit.is_none()) {
            let dry = self.outputs.iter().all(|output| output.pipe.is_none());
            if dry || now >= *since + DRAIN {
                self.exit = Some(exit.clone());
                self.input.pipe = None;
                self.kill_at = None;
            }
        }
    }

    fn accept(&mut self, listener: &UnixListener) {
        // One that went away again, or no descriptor left: the next turn tries again.
        if let Ok((stream, _)) = listener.accept()
            && let Ok(connection) = Connection::new(stream)
        {
            self.connections.push(connection);
        }
    }

    fn hear(&mut self, index: usize) {
        for request in self.connections[index].read() {
            let answer = match request {
                Ok(request) => self.obey(index, request),
                Err(reason) => Some(Message::Refused { reason }),
            };
            if let Some(answer) = answer {
                self.connections[index].say(&answer);
            }
        }
    }

    /// None: the answer follows when all is done.
    fn obey(&mut self, index: usize, Request { shim, ask }: Request) -> Option<Message> {
        if shim.is_some_and(|shim| shim != std::process::id()) {
            return Some(Message::Ended);
        }
        let over = self.ended.is_some();
        let done = match ask {
            Ask::Attach { after } => return Some(self.attach(index, after)),
            Ask::Leave => {
                self.leaving = true;
                self.connections[index].awaits_the_end = true;
                self.kill();
                return None;
            }
            Ask::Terminate | Ask::Kill if over => Ok(()),
            _ if over => return Some(Message::Ended),
            Ask::Terminate => self.terminate(),
            Ask::Kill => {
                self.kill();
                Ok(())
            }
            Ask::Stdin { bytes } => self.input.take(&bytes),
            Ask::CloseStdin => {
                self.input.close();
                Ok(())
            }
            Ask::Freeze => self.freeze(),
            Ask::Thaw => self.thaw(),
        };
        Some(match done {
            Ok(()) => Message::Done,
            Err(reason) => Message::Refused { reason },
        })
    }

    fn attach(&mut self, index: usize, after: u64) -> Message {
        for other in &mut self.connections {
            if other.cursor.take().is_some() {
                other.say(&Message::Replaced);
                other.end();
            }
        }
        self.connections[index].attach(self.ring.cursor(after, self.launch.first_seq));
        Message::Attached {
            version: VERSION,
            shim: std::process::id(),
            pid: self.cell.pid.as_raw_nonzero().get() as u32,
            frozen: self.frozen,
        }
    }

    fn terminate(&mut self) -> Result<(), String> {
        self.cell.signal(Signal::TERM).map_err(|error| error.to_string())?;
        self.kill_at.get_or_insert(Instant::now() + self.launch.grace);
        // The signal waits already, so the app does nothing else first.
        if self.frozen { self.thaw() } else { Ok(()) }
    }

    fn kill(&mut self) {
        self.cell.kill();
        self.frozen = false;
        // Once more in a while, should something have been out of reach.
        self.kill_at = self.ended.is_none().then(|| Instant::now() + KILL_AGAIN);
    }

    fn freeze(&mut self) -> Result<(), String> {
        if self.kill_at.is_some() {
            return Err("it is being stopped".to_owned());
        }
        self.cell.freeze().map_err(|error| error.to_string())?;
        self.frozen = true;
        Ok(())
    }

    fn thaw(&mut self) -> Result<(), String> {
        self.cell.thaw().map_err(|error| error.to_string())?;
        self.frozen = false;
        Ok(())
    }

    fn finish(&mut self) {
        let removed = self.cell.group().remove().and_then(|()| clear(&self.launch.run_dir));
        let answer = match removed {
            Ok(()) => Message::Done,
            Err(error) => {
                eprintln!("shim of {}: {error}", self.launch.app);
                Message::Refused { reason: error.to_string() }
            }
        };
        for connection in &mut self.connections {
            if connection.awaits_the_end {
                connection.say(&answer);
                connection.write();
            }
        }
    }
}
