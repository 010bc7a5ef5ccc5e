//! Why the broker refuses.

use std::{sync::Arc, time::Duration};

use vss_codegen::model::{Access, Violation};

use super::Who;

/// Each protocol turns these into its own codes; the text is the same everywhere.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SignalError {
    #[error("no signal has the path '{path}'{}", suggestion(nearest))]
    UnknownPath { path: String, nearest: Option<String> },
    #[error("no signal has the id {0}: ids are given anew when the broker starts")]
    UnknownId(i32),
    #[error("{0}")]
    BadPath(String),
    #[error("{path}: {violation}")]
    Invalid { path: Arc<str>, violation: Violation },
    #[error("{path}: a value has at most {most} bytes, this one {size}")]
    TooLarge { path: Arc<str>, size: usize, most: usize },
    #[error("{who} may not {} {path}: {}", access_name(*access), how_to_get(who, *access))]
    Denied { who: Who, path: Arc<str>, access: Access },
    #[error("{who} may not add signals: {}", match who {
        Who::App(_) => "an app uses those of the model",
        Who::Token(_) => "the scope `create` is needed",
    })]
    MayNotCreate { who: Who },
    #[error("{who} may do nothing any more: it was revoked")]
    Closed { who: Who },
    #[error("{who} has expired: get a new one")]
    Expired { who: Who },
    #[error("{path} is gone: the vehicle model was exchanged for one without it")]
    Gone { path: Arc<str> },
    #[error("{path} is there already with another type ({there}, not {asked})")]
    OtherType { path: Arc<str>, there: String, asked: String },
    #[error("{path} cannot be added: {reason}")]
    CannotAdd { path: String, reason: String },
    #[error("{path} is no actuator: only an actuator has a target")]
    NoActuator { path: Arc<str> },
    #[error("{path} has no provider that carries out actuations now")]
    NoProvider { path: Arc<str> },
    #[error("the provider of {path} does not take actuations fast enough: try again")]
    ProviderBusy { path: Arc<str> },
    #[error("the provider of {path} left before it could be asked")]
    ProviderGone { path: Arc<str> },
    #[error("{path} is already claimed by another provider")]
    AlreadyClaimed { path: Arc<str> },
    #[error("{path} was taken over by {by}, to which the policy's rule for it gives way")]
    TakenOver { path: Arc<str>, by: String },
    #[error("{path} is held by {by}{}", how_long(*left))]
    Held { path: Arc<str>, by: String, left: Option<Duration> },
    #[error("{path} is published without a claim: send a ProvideSignalRequest first")]
    NotClaimed { path: Arc<str> },
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |path| format!("; did you mean '{path}'?"))
}

pub(super) fn access_name(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
        Access::Provide => "provide",
    }
}

fn how_long(left: Option<Duration>) -> String {
    match left {
        Some(left) => {
            format!(", which wrote it last, for {:.1} s more: try again then", left.as_secs_f64())
        }
        None => ", to which the policy's rule for it gives it for as long as that runs".to_owned(),
    }
}

fn how_to_get(who: &Who, access: Access) -> String {
    match who {
        Who::App(_) => format!(
            "declare it with access '{}' in the app's manifest (vehicle_signal_lib.signals)",
            access_name(access)
        ),
        Who::Token(_) => {
            let scope = if access == Access::Write { "actuate" } else { access_name(access) };
            format!("its scopes have no `{scope}:` for it")
        }
    }
}
