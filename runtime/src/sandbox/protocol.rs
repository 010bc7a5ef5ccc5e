//! The language between daemon and shim: one JSON object a line, over `run/<id>/shim.sock`.
//!
//! A connection is for one of two things. Either its only request is `attach`, and from
//! then on the shim speaks: `attached`, the kept lines after the named number (a `gap` where
//! some are gone), live lines, and at last `exited`. Or it asks for one thing at a time and
//! gets `done`, `ended` or `refused` for each, in order.
//!
//! One daemon is attached at most; a newer one takes over, and the older one is told
//! `replaced`. Every request but `attach` may name the shim it is meant for (`shim`, its
//! pid), so that a handle of an earlier run touches nothing of this one.
//!
//! The daemon that finds a shim may be newer than the shim: fields are only ever added, a
//! message that is not understood is answered with `refused`, and [`VERSION`] says what the
//! shim speaks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ShimEvent;
use crate::app::{Exit, Stream};

pub(crate) const VERSION: u32 = 1;
/// No request is longer: what a daemon sends as input is cut into pieces below it.
pub(crate) const LONGEST_REQUEST: usize = 1 << 20;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shim: Option<u32>,
    #[serde(flatten)]
    pub(crate) ask: Ask,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub(crate) enum Ask {
    /// Lines with numbers above `after`.
    Attach {
        after: u64,
    },
    /// To the app's standard input, after what was sent before.
    Stdin {
        bytes: Vec<u8>,
    },
    CloseStdin,
    /// SIGTERM to the app's own process now, the kill of the whole tree after the launch's
    /// grace.
    Terminate,
    /// SIGKILL to the whole tree.
    Kill,
    Freeze,
    Thaw,
    /// Kill what still runs, take cgroup and socket away, forget, end.
    Leave,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "kebab-case")]
pub(crate) enum Message {
    Attached {
        version: u32,
        shim: u32,
        pid: u32,
        frozen: bool,
    },
    Line(OutputLine),
    Gap {
        from: u64,
        to: u64,
    },
    Exited(Exit),
    Replaced,
    Done,
    /// The app that was meant is over.
    Ended,
    Refused {
        reason: String,
    },
}

/// What the shim prints on its standard output, once, when the app runs or will not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Launched {
    Running { pid: u32 },
    Failed { step: String, reason: String },
}

/// A line as the app wrote it, without the newline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputLine {
    /// Counts up by one over all streams, from the launch's `first_seq`.
    pub seq: u64,
    pub stream: Stream,
    /// When the shim read it.
    pub at: Timestamp,
    /// What is not UTF-8 became U+FFFD.
    pub text: String,
    /// No newline came: a prompt, or a piece of a line longer than 16 KiB. What follows on
    /// the same stream continues it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

impl Message {
    /// What the supervisor is to see of it, if anything.
    pub(crate) fn into_event(self) -> Option<ShimEvent> {
        match self {
            Message::Line(line) => Some(ShimEvent::Output(line)),
            Message::Gap { from, to } => Some(ShimEvent::Gap { from, to }),
            Message::Exited(exit) => Some(ShimEvent::Exited(exit)),
            Message::Replaced => {
                Some(ShimEvent::Lost("another daemon has taken the app over".to_owned()))
            }
            Message::Attached { .. } | Message::Done | Message::Ended | Message::Refused { .. } => {
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ask, Message, Request};

    #[test]
    fn requests_and_messages_are_flat_objects_that_people_can_read() {
        let request = Request { shim: Some(7), ask: Ask::Stdin { bytes: vec![104, 105] } };
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(text, r#"{"shim":7,"request":"stdin","bytes":[104,105]}"#);
        let back: Request = serde_json::from_str(r#"{"request":"close-stdin"}"#).unwrap();
        assert!(matches!(back, Request { shim: None, ask: Ask::CloseStdin }));
        let line = r#"{"message":"line","seq":1,"stream":"stdout","at":"2026-01-02T03:04:05Z","text":"a"}"#;
        let message: Message = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&message).unwrap(), line);
    }
}
