//! What an app is, and what may happen to it: pure data and decisions.
//!
//! In: a manifest's text, a state, an event. Out: typed values, the next state and the
//! actions it asks for, or a denial with its reason.
//! Must not know: processes, files, sockets, the database, the clock.

mod conflicts;
mod dependency;
pub(crate) mod document;
mod exit;
pub(crate) mod grant;
mod id;
mod limits;
mod manifest;
mod policy;
mod state;
mod status;
#[cfg(test)]
mod testing;
mod transition;

pub use conflicts::{Conflict, ConflictKind, Contender, conflicts};
pub use dependency::Dependency;
pub use exit::Exit;
pub use grant::{Decision, GrantState, Ruling};
pub use id::{AppId, InvalidAppId};
pub(crate) use limits::parse_duration;
pub use limits::{Limits, display_size};
pub use manifest::{
    AppManifest, FILE_NAMES as MANIFEST_NAMES, ManifestProblem, RestartPolicy, SignalLib,
    SignalRequest,
};
pub(crate) use manifest::{Requirement, normalise};
pub(crate) use policy::access_name;
pub use policy::{ConflictRule, GrantMode, Policy, Resolution};
pub use state::{Desired, Health, Operation, State, Stream, UnknownWord};
pub use status::{AppStatus, Line};
pub use transition::{Action, Denied, Input, Outcome, Rules, Situation, transition};
