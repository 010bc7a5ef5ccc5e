//! The broker's refusals as `kuksa.val.v2` codes.

use tonic::{Code, Status};

use super::proto;
use crate::signals::{InvalidPattern, SignalError};

pub(super) fn from_error(error: SignalError) -> Status {
    let code = match &error {
        SignalError::UnknownPath { .. } | SignalError::UnknownId(_) | SignalError::Gone { .. } => {
            Code::NotFound
        }
        SignalError::BadPath(_)
        | SignalError::Invalid { .. }
        | SignalError::TooLarge { .. }
        | SignalError::OtherType { .. }
        | SignalError::CannotAdd { .. }
        | SignalError::NoActuator { .. } => Code::InvalidArgument,
        SignalError::Denied { .. }
        | SignalError::MayNotCreate { .. }
        | SignalError::Closed { .. } => Code::PermissionDenied,
        SignalError::Expired { .. } => Code::Unauthenticated,
        SignalError::NoProvider { .. } | SignalError::ProviderBusy { .. } => Code::Unavailable,
        SignalError::ProviderGone { .. } => Code::DataLoss,
        SignalError::AlreadyClaimed { .. } => Code::AlreadyExists,
        SignalError::NotClaimed { .. }
        | SignalError::TakenOver { .. }
        | SignalError::Held { .. } => Code::Aborted,
    };
    Status::new(code, error.to_string())
}

pub(super) fn from_pattern(error: InvalidPattern) -> Status {
    Status::invalid_argument(error.to_string())
}

/// Refusals that a provider stream survives, as the error of one signal.
pub(super) fn in_stream(error: &SignalError) -> Option<proto::Error> {
    let code = match error {
        SignalError::UnknownPath { .. } | SignalError::UnknownId(_) | SignalError::Gone { .. } => {
            proto::ErrorCode::NotFound
        }
        SignalError::Denied { .. } => proto::ErrorCode::PermissionDenied,
        SignalError::BadPath(_) | SignalError::Invalid { .. } | SignalError::TooLarge { .. } => {
            proto::ErrorCode::InvalidArgument
        }
        _ => return None,
    };
    Some(proto::Error { code: code.into(), message: error.to_string() })
}
