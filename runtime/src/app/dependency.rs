//! What an app needs, and what it got.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// `python` or `vehicle_signal`.
    pub kind: String,
    pub name: String,
    /// As the manifest asks for it; empty for what only another package needs.
    pub wanted: String,
    pub resolved: Option<String>,
}
