//! The app's ends of the console, as the loop sees them. None of them ever blocks.

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    time::Instant,
};

use jiff::Timestamp;

use super::{
    lines::{Lines, Piece},
    ring::Ring,
};
use crate::{app::Stream, sandbox::OutputLine};

/// Input that the app has not read yet.
const MOST_INPUT: usize = 1 << 20;
/// One reading; then the others have their turn.
const CHUNK: usize = 64 << 10;

pub(super) struct Output {
    stream: Stream,
    /// None once the app, and all it has started, have closed it.
    pub(super) pipe: Option<File>,
    pub(super) lines: Lines,
    /// More may wait in the pipe: the rest of a line, as likely as not.
    just_read: bool,
    buffer: Vec<u8>,
}

impl Output {
    pub(super) fn new(stream: Stream, pipe: File) -> Self {
        Output {
            stream,
            pipe: Some(pipe),
            lines: Lines::default(),
            just_read: false,
            buffer: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, ring: &mut Ring) {
        let Some(pipe) = &mut self.pipe else { return };
        // Only an app that speaks pays for a buffer.
        self.buffer.resize(CHUNK, 0);
        self.just_read = true;
        let sink = sink(self.stream, ring);
        match pipe.read(&mut self.buffer) {
            Ok(0) => {
                self.lines.finish(sink);
                self.pipe = None;
            }
            Ok(count) => self.lines.feed(&self.buffer[..count], Instant::now(), sink),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => self.pipe = None,
        }
    }

    pub(super) fn flush_if_due(&mut self, now: Instant, ring: &mut Ring) {
        let just_read = std::mem::take(&mut self.just_read);
        if !just_read && self.lines.due().is_some_and(|due| due <= now) {
            self.lines.flush(sink(self.stream, ring));
        }
    }
}

fn sink(stream: Stream, ring: &mut Ring) -> impl FnMut(Piece) {
    let at = Timestamp::now();
    move |Piece { text, partial }| ring.push(|seq| OutputLine { seq, stream, at, text, partial })
}

pub(super) struct Input {
    pub(super) pipe: Option<File>,
    pub(super) waiting: Vec<u8>,
    /// No more is to come: closed when the rest is written.
    closing: bool,
}

impl Input {
    pub(super) fn new(pipe: File) -> Self {
        Input { pipe: Some(pipe), waiting: Vec::new(), closing: false }
    }

    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.closing || self.pipe.is_none() {
            return Err("its standard input is closed".to_owned());
        }
        if self.waiting.len() + bytes.len() > MOST_INPUT {
            return Err("it does not read its standard input, too much is waiting".to_owned());
        }
        self.waiting.extend_from_slice(bytes);
        self.write();
        Ok(())
    }

    pub(super) fn close(&mut self) {
        self.closing = true;
        self.write();
    }

    pub(super) fn write(&mut self) {
        while let Some(pipe) = &mut self.pipe {
            if self.waiting.is_empty() {
                if self.closing {
                    self.pipe = None;
                }
                return;
            }
            match pipe.write(&self.waiting) {
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // The app has closed its end.
                Err(_) => {
                    self.pipe = None;
                    self.waiting.clear();
                }
            }
        }
    }
}
