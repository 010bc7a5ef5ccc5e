//! The broker's refusals as `kuksa.val.v1` errors.

use super::proto;
use crate::signals::{InvalidPattern, SignalError};

pub(super) fn of_entry(path: &str, error: &SignalError) -> proto::DataEntryError {
    let (code, reason) = match error {
        SignalError::UnknownPath { .. } | SignalError::UnknownId(_) | SignalError::Gone { .. } => {
            (404, "not_found")
        }
        SignalError::BadPath(_)
        | SignalError::Invalid { .. }
        | SignalError::TooLarge { .. }
        | SignalError::OtherType { .. }
        | SignalError::CannotAdd { .. }
        | SignalError::NoActuator { .. } => (400, "bad_request"),
        SignalError::Denied { .. }
        | SignalError::MayNotCreate { .. }
        | SignalError::Closed { .. } => (403, "forbidden"),
        SignalError::Expired { .. } => (401, "unauthorized"),
        SignalError::AlreadyClaimed { .. }
        | SignalError::NotClaimed { .. }
        | SignalError::TakenOver { .. }
        | SignalError::Held { .. } => (409, "conflict"),
        SignalError::NoProvider { .. }
        | SignalError::ProviderBusy { .. }
        | SignalError::ProviderGone { .. } => (503, "unavailable"),
    };
    entry_error(path, code, reason, error.to_string())
}

pub(super) fn of_pattern(path: &str, error: &InvalidPattern) -> proto::DataEntryError {
    bad_request(path, error.to_string())
}

pub(super) fn not_found(path: &str) -> proto::DataEntryError {
    entry_error(path, 404, "not_found", format!("no signal matches '{path}'"))
}

pub(super) fn is_not_found(error: &proto::DataEntryError) -> bool {
    error.error.as_ref().is_some_and(|error| error.code == 404)
}

pub(super) fn bad_request(path: &str, message: String) -> proto::DataEntryError {
    entry_error(path, 400, "bad_request", message)
}

fn entry_error(path: &str, code: u32, reason: &str, message: String) -> proto::DataEntryError {
    let error = proto::Error { code, reason: reason.to_owned(), message };
    proto::DataEntryError { path: path.to_owned(), error: Some(error) }
}
