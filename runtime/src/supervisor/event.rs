//! What is told to everyone who listens.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::{AppId, AppStatus};

/// Numbered from the start of the runtime; a listener that misses a number asks for a new
/// snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub seq: u64,
    pub app: AppId,
    pub at: Timestamp,
    pub body: EventBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum EventBody {
    Status(AppStatus),
    Progress {
        step: String,
        message: String,
        percent: Option<u8>,
    },
    /// Uninstalled, or an install that failed; the reason is there in the second case.
    Removed {
        reason: Option<String>,
    },
}
