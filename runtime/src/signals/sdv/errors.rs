//! The broker's refusals as this interface has them: a failure in place of a value, an error
//! for a signal, or the status of a whole call.

use tonic::{Code, Status};
use vss_codegen::model::Violation;

use super::proto::{DatapointError, datapoint::Failure};
use crate::signals::{SignalError, query::Refused};

pub(super) fn failure(error: &SignalError) -> Failure {
    match error {
        SignalError::UnknownPath { .. }
        | SignalError::UnknownId(_)
        | SignalError::BadPath(_)
        | SignalError::Gone { .. } => Failure::UnknownDatapoint,
        SignalError::Denied { .. } | SignalError::Closed { .. } | SignalError::Expired { .. } => {
            Failure::AccessDenied
        }
        _ => Failure::InternalError,
    }
}

pub(super) fn of_signal(error: &SignalError) -> DatapointError {
    match error {
        SignalError::UnknownPath { .. }
        | SignalError::UnknownId(_)
        | SignalError::BadPath(_)
        | SignalError::Gone { .. } => DatapointError::UnknownDatapoint,
        SignalError::Invalid {
            violation: Violation::WrongType { .. } | Violation::Struct(_),
            ..
        } => DatapointError::InvalidType,
        SignalError::Invalid { .. } | SignalError::TooLarge { .. } => DatapointError::OutOfBounds,
        // The interface says so of a target for what is no actuator, too.
        SignalError::Denied { .. }
        | SignalError::Closed { .. }
        | SignalError::Expired { .. }
        | SignalError::NoActuator { .. } => DatapointError::AccessDenied,
        _ => DatapointError::InternalError,
    }
}

pub(super) fn of_query(error: Refused) -> Status {
    match error {
        Refused::Query(error) => Status::invalid_argument(error.to_string()),
        Refused::Signal(error) => of_call(&error),
    }
}

pub(super) fn of_call(error: &SignalError) -> Status {
    let code = match error {
        SignalError::Denied { .. }
        | SignalError::MayNotCreate { .. }
        | SignalError::Closed { .. } => Code::PermissionDenied,
        SignalError::Expired { .. } => Code::Unauthenticated,
        SignalError::UnknownId(_) | SignalError::Gone { .. } => Code::NotFound,
        _ => Code::InvalidArgument,
    };
    Status::new(code, error.to_string())
}
