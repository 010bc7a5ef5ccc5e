//! What the operator allows: which grants apps get, and who gives way in a conflict.
//!
//! In: the text of a policy file. Out: a [`Policy`], or every problem at once with its line.
//!
//! ```yaml
//! grants: ask                       # declared (the default), ask or explicit
//! apps:
//!   lights:                         # of what it declares, this and no more
//!     read: Vehicle.Speed
//!     write: [Vehicle.Body.Lights.**]
//! conflicts:                        # the first that matches a signal counts
//!   - signals: Vehicle.Body.Lights.**
//!     rule: priority                # first, priority, lease or last
//!     apps: [emergency, lights]
//!   - signals: [Vehicle.Cabin.HVAC.**]
//!     rule: lease
//!     for: 5s
//! ```

mod read;

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use vss_codegen::model::Access;

use super::{AppId, ManifestProblem, SignalRequest};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    pub grants: GrantMode,
    /// What these apps get of what they declare, whatever the mode.
    pub apps: BTreeMap<AppId, Vec<SignalRequest>>,
    pub conflicts: Vec<ConflictRule>,
}

/// What an app gets that the policy does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrantMode {
    /// All that it declares.
    #[default]
    Declared,
    /// Nothing, until somebody grants what it asks for.
    Ask,
    /// Nothing.
    Explicit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictRule {
    pub signals: Vec<String>,
    pub resolution: Resolution,
}

/// Who has a signal that more than one wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    First,
    /// The highest first.
    Priority(Vec<AppId>),
    Lease(Duration),
    Last,
}

impl Policy {
    /// `file` is the file's name, for messages.
    pub fn parse(file: &str, text: &str) -> Result<Policy, Vec<ManifestProblem>> {
        read::policy(file, text)
    }

    /// What the app gets of what it declares, before anybody grants or revokes anything.
    pub fn base(&self, app: &AppId, declared: &[SignalRequest]) -> Vec<SignalRequest> {
        match (self.apps.get(app), self.grants) {
            (Some(signals), _) => signals.clone(),
            (None, GrantMode::Declared) => declared.to_vec(),
            (None, GrantMode::Ask | GrantMode::Explicit) => Vec::new(),
        }
    }
}

impl GrantMode {
    pub const ALL: [GrantMode; 3] = [GrantMode::Declared, GrantMode::Ask, GrantMode::Explicit];

    pub fn name(self) -> &'static str {
        match self {
            GrantMode::Declared => "declared",
            GrantMode::Ask => "ask",
            GrantMode::Explicit => "explicit",
        }
    }
}

/// An access as manifests and policies write it.
pub(crate) fn access_name(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
        Access::Provide => "provide",
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resolution::First => f.write_str("first"),
            Resolution::Priority(apps) => {
                let apps: Vec<&str> = apps.iter().map(AppId::as_str).collect();
                write!(f, "priority ({})", apps.join(" before "))
            }
            Resolution::Lease(time) => write!(f, "lease of {} s", time.as_secs_f64()),
            Resolution::Last => f.write_str("last"),
        }
    }
}
