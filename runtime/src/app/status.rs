//! What the world is told about an app. The command line reads these back from JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AppId, Desired, Health, State, Stream};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppStatus {
    pub id: AppId,
    pub name: String,
    pub version: String,
    pub state: State,
    pub desired: Desired,
    pub health: Health,
    /// Why it is in this state, in words for a person.
    pub reason: Option<String>,
    /// Of the app's first process as the host counts it, while there is one.
    pub pid: Option<u32>,
    /// How the last run ended; 128 + n for signal n.
    pub exit_code: Option<i32>,
    /// Automatic restarts since it was last asked to start.
    pub restarts: u32,
    /// When it came into this state.
    pub since: Timestamp,
    /// When the present or last run began.
    pub started_at: Option<Timestamp>,
}

/// One line of an app's console. Numbers of one app grow by one and go on across restarts
/// of the app and of the runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub seq: u64,
    pub stream: Stream,
    pub at: Timestamp,
    /// Without its line end.
    pub text: std::sync::Arc<str>,
    /// It had no line end: a prompt, or a piece of an endless line; the next line of the
    /// same stream goes on where it stops.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}
