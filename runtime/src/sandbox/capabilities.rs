//! What a backend can do on this host.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    pub backend: Backend,
    /// `own user per app, namespaces`, `user namespace` or `none`: for people.
    pub isolation: String,
    pub isolated: bool,
    /// The app has no network but its own empty one.
    pub network_isolated: bool,
    pub pause: Pause,
    pub memory: Enforcement,
    pub cpu: Enforcement,
    pub pids: Enforcement,
    /// The kernel's Landlock version, where it has one.
    pub landlock: Option<u32>,
    pub lacks: Vec<Lack>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    Native,
    Process,
}

impl Backend {
    pub fn name(self) -> &'static str {
        match self {
            Backend::Native => "native",
            Backend::Process => "process",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pause {
    /// The kernel freezes the whole tree at once.
    Atomic,
    /// Each process is stopped by a signal, repeated until no new one appears.
    BestEffort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enforcement {
    /// For the app as a whole.
    Cgroup,
    /// For each process (memory) or user (processes) by the kernel's resource limits.
    Rlimit,
    None,
}

/// Something this host does not offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lack {
    /// `memory limit`
    pub what: String,
    /// A sentence: what follows from it and what to do.
    pub sentence: String,
}
