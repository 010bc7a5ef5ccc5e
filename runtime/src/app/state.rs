//! The words for what an app is, ought to be, and may be asked to do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What the app is now, as observed. The picture of how one becomes another is in
/// [`super::transition`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Installing,
    Installed,
    Starting,
    Running,
    Paused,
    Stopping,
    Stopped,
    /// It ended on its own and is started again when its delay is over.
    Backoff,
    Failed,
    Uninstalling,
}

/// What the app ought to be, as last asked for. Survives restarts of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Desired {
    Running,
    Paused,
    Stopped,
}

/// Whether a running app does its work, apart from being alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    #[default]
    Unknown,
}

/// What a person or a program may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    Install,
    Uninstall,
    Start,
    Stop,
    Pause,
    Resume,
    Restart,
}

/// Where a line of an app's console comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    Stdout,
    Stderr,
    /// Not written by the app: what happened to it, in the runtime's words.
    Status,
}

/// A word that is none of the known ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} '{word}'")]
pub struct UnknownWord {
    what: &'static str,
    word: String,
}

/// `name()`, `Display` and `FromStr` over one table, so that a word exists once.
macro_rules! words {
    ($type:ident, $what:literal, $($variant:ident = $word:literal),+ $(,)?) => {
        impl $type {
            pub const ALL: &'static [$type] = &[$($type::$variant),+];

            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok($type::$variant),)+
                    _ => Err(UnknownWord { what: $what, word: word.to_owned() }),
                }
            }
        }
    };
}

words!(
    State,
    "state",
    Installing = "installing",
    Installed = "installed",
    Starting = "starting",
    Running = "running",
    Paused = "paused",
    Stopping = "stopping",
    Stopped = "stopped",
    Backoff = "backoff",
    Failed = "failed",
    Uninstalling = "uninstalling"
);
words!(Desired, "desired state", Running = "running", Paused = "paused", Stopped = "stopped");
words!(Health, "health", Unknown = "unknown");
words!(
    Operation,
    "operation",
    Install = "install",
    Uninstall = "uninstall",
    Start = "start",
    Stop = "stop",
    Pause = "pause",
    Resume = "resume",
    Restart = "restart"
);
words!(Stream, "stream", Stdout = "stdout", Stderr = "stderr", Status = "status");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_spelled_alike_in_text_and_in_json() {
        for state in State::ALL {
            assert_eq!(state.name().parse(), Ok(*state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        for operation in Operation::ALL {
            assert_eq!(operation.name().parse(), Ok(*operation));
            assert_eq!(serde_json::to_value(operation).unwrap(), operation.name());
        }
        assert_eq!("started".parse::<State>().unwrap_err().to_string(), "unknown state 'started'");
    }
}
