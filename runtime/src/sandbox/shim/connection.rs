//! One client of the shim.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

use super::ring::{Next, Ring};
use crate::{
    app::Exit,
    sandbox::protocol::{LONGEST_REQUEST, Message, Request},
};

/// Enough to keep the socket busy; the ring holds the rest.
const FULL: usize = 64 << 10;
/// A daemon that has taken nothing for so long is not waited for.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct Connection {
    stream: UnixStream,
    input: Vec<u8>,
    output: VecDeque<u8>,
    /// The number of the next line it gets, once it is attached.
    pub(crate) cursor: Option<u64>,
    /// When it took something last.
    took: Instant,
    told_exit: bool,
    /// It said `leave`, which is answered last of all.
    pub(crate) awaits_the_end: bool,
    /// Nothing more is said to it, once what is queued has gone out.
    ending: bool,
    broken: bool,
}

impl Connection {
    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Connection {
            stream,
            input: Vec::new(),
            output: VecDeque::new(),
            cursor: None,
            took: Instant::now(),
            told_exit: false,
            awaits_the_end: false,
            ending: false,
            broken: false,
        })
    }

    pub(crate) fn stream(&self) -> &UnixStream {
        &self.stream
    }

    pub(crate) fn attach(&mut self, cursor: u64) {
        self.cursor = Some(cursor);
        self.took = Instant::now();
    }

    /// Until when an app that says more should wait for this client, which would else lose
    /// lines; None where it is near enough to the end.
    pub(crate) fn catching_up(&self, ring: &Ring) -> Option<Instant> {
        let cursor = self.cursor.filter(|_| self.is_open())?;
        ring.is_crowded(cursor).then(|| self.took + PATIENCE)
    }

    /// Also with nothing queued yet, when the ring or the exit has more for it.
    pub(crate) fn wants_to_write(&self, ring: &Ring, exit: Option<&Exit>) -> bool {
        let behind =
            |cursor| ring.at(cursor) != Next::Nothing || (exit.is_some() && !self.told_exit);
        !self.output.is_empty() || (self.is_open() && self.cursor.is_some_and(behind))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.broken || (self.ending && self.output.is_empty())
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.broken && !self.ending
    }

    pub(crate) fn say(&mut self, message: &Message) {
        // Our own types: they have no value that JSON could not say.
        if serde_json::to_writer(&mut self.output, message).is_ok() {
            self.output.push_back(b'\n');
        }
    }

    pub(crate) fn end(&mut self) {
        self.ending = true;
    }

    /// To an attached daemon, what it has not heard yet, as far as there is room.
    pub(crate) fn tell(&mut self, ring: &Ring, exit: Option<&Exit>) {
        while let Some(cursor) = self.cursor
            && self.is_open()
            && self.output.len() < FULL
        {
            match ring.at(cursor) {
                Next::Line(line) => {
                    self.say(&Message::Line(line.clone()));
                    self.cursor = Some(cursor + 1);
                }
                Next::Gap(from, to) => {
                    self.say(&Message::Gap { from, to });
                    self.cursor = Some(to + 1);
                }
                Next::Nothing => {
                    if let Some(exit) = exit.filter(|_| !self.told_exit) {
                        self.say(&Message::Exited(exit.clone()));
                        self.told_exit = true;
                    }
                    return;
                }
            }
        }
    }

    pub(crate) fn write(&mut self) {
        while !self.output.is_empty() {
            let (front, _) = self.output.as_slices();
            match (&self.stream).write(front) {
                Ok(written) => {
                    self.output.drain(..written);
                    self.took = Instant::now();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    self.broken = true;
                    return;
                }
            }
        }
    }

    /// The requests that have arrived whole, or why one cannot be understood.
    pub(crate) fn read(&mut self) -> Vec<Result<Request, String>> {
        let mut chunk = [0; 8 << 10];
        loop {
            match (&self.stream).read(&mut chunk) {
                Ok(0) => {
                    // A half-closed client still reads its answers.
                    self.end();
                    break;
                }
                Ok(count) => self.input.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.broken = true;
                    break;
                }
            }
            if self.input.len() > LONGEST_REQUEST {
                self.broken = true;
                break;
            }
        }
        let mut requests = Vec::new();
        while let Some(end) = self.input.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.input.drain(..=end).collect();
            requests.push(
                serde_json::from_slice(&line)
                    .map_err(|error| format!("this shim does not understand that: {error}")),
            );
        }
        requests
    }
}
