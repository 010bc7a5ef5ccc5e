//! Every error of the API: the one place where a domain error becomes a status and a code.
//!
//! The body is `{"error": {"code", "message", "details"?}}`. Programs switch on the code,
//! people read the message, which says what to do.

use std::{fmt::Display, io};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{unpack::UnpackError, upload::UploadError};
use crate::{
    app::{AppId, InvalidAppId},
    signals::{SignalError, mock::MockError},
    supervisor,
};

#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    /// Boxed, as every handler's result has room for it.
    body: Box<ErrorBody>,
}

/// What a client reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ErrorBody {
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) details: Option<serde_json::Value>,
}

/// The envelope of [`ErrorBody`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ErrorReply {
    pub(crate) error: ErrorBody,
}

impl ApiError {
    fn new(status: StatusCode, code: &str, message: impl Display) -> ApiError {
        let body = ErrorBody { code: code.to_owned(), message: message.to_string(), details: None };
        ApiError { status, body: Box::new(body) }
    }

    pub(crate) fn bad_request(message: impl Display) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// The request did not come from this machine.
    pub(crate) fn forbidden(message: impl Display) -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, "forbidden_origin", message)
    }

    pub(crate) fn no_such_address(path: &str) -> ApiError {
        let message = format!("there is nothing at {path}");
        ApiError::new(StatusCode::NOT_FOUND, "no_such_address", message)
    }

    pub(crate) fn wrong_method(method: impl Display, path: &str) -> ApiError {
        let message = format!("{path} does not take {method}");
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message)
    }

    /// The framework could not read a body: too large, or the connection broke.
    pub(crate) fn body(status: StatusCode, message: impl Display) -> ApiError {
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(status, "too_large", message),
            _ => ApiError::bad_request(message),
        }
    }

    pub(crate) fn too_many_clients(limit: usize) -> ApiError {
        let message = format!("there are {limit} WebSocket clients already");
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_clients", message)
    }

    pub(crate) fn timeout() -> ApiError {
        let message = "the request took too long and was given up";
        ApiError::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message)
    }

    pub(crate) fn not_reading(app: &AppId) -> ApiError {
        let message = format!("'{app}' does not read its standard input");
        ApiError::new(StatusCode::CONFLICT, "no_input", message)
    }

    pub(crate) fn unknown_signal(path: &str, nearest: Option<&str>) -> ApiError {
        let nearest = nearest.map(str::to_owned);
        SignalError::UnknownPath { path: path.to_owned(), nearest }.into()
    }

    pub(crate) fn no_mock() -> ApiError {
        let message = "no mock runs here: start the runtime with --provider mock, which fills what \
                       the providers before it leave";
        ApiError::new(StatusCode::CONFLICT, "no_mock", message)
    }

    /// None of the signals of `pattern` has a history.
    pub(super) fn not_kept(pattern: &str) -> ApiError {
        let what = if pattern.is_empty() { "any signal" } else { pattern };
        let how = "start the runtime with --history PATTERN";
        ApiError::new(
            StatusCode::NOT_FOUND,
            "not_kept",
            format!("the history of {what} is not kept: {how}"),
        )
    }

    /// The mock runs, but not for these signals.
    pub(crate) fn not_mocked(pattern: &str) -> ApiError {
        let message = format!(
            "{pattern}: another provider fills this, so the mock does not; `vehicle-edge info` \
             shows who fills what"
        );
        ApiError::new(StatusCode::CONFLICT, "not_mocked", message)
    }

    /// It was admitted and tried, and did not work.
    pub(crate) fn operation_failed(reason: impl Display) -> ApiError {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "operation_failed", reason)
    }

    /// A fault of ours: the details are for the log, not for the client.
    pub(crate) fn internal(error: impl Display) -> ApiError {
        tracing::error!(%error, "request failed");
        let message = "a fault of the runtime; its log says more";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    pub(crate) fn into_body(self) -> ErrorBody {
        *self.body
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(ErrorReply { error: *self.body })).into_response()
    }
}

impl From<InvalidAppId> for ApiError {
    fn from(error: InvalidAppId) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_app_id", error)
    }
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> ApiError {
        let (status, code) = match &error {
            UploadError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            UploadError::Stalled { .. } => (StatusCode::REQUEST_TIMEOUT, "timeout"),
            UploadError::Broken(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            UploadError::Unpack(UnpackError::Write(error)) | UploadError::Write(error) => {
                disk(error)
            }
            UploadError::Unpack(
                UnpackError::TooLarge { .. }
                | UnpackError::TooMany { .. }
                | UnpackError::Ratio { .. },
            ) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            UploadError::Unpack(_) => (StatusCode::BAD_REQUEST, "bad_archive"),
        };
        ApiError::new(status, code, error)
    }
}

impl From<supervisor::Error> for ApiError {
    fn from(error: supervisor::Error) -> ApiError {
        use supervisor::Error;
        let (status, code) = match &error {
            Error::UnknownApp(_) => (StatusCode::NOT_FOUND, "unknown_app"),
            Error::Denied { .. } => (StatusCode::CONFLICT, "denied"),
            Error::Failed { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "operation_failed"),
            Error::Manifest(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_manifest"),
            Error::Bundle(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_bundle"),
            Error::Access { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_grant"),
            Error::Model(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_model"),
            Error::BreaksApps(_) => (StatusCode::CONFLICT, "breaks_apps"),
            Error::NoInput { .. } => (StatusCode::CONFLICT, "no_input"),
            Error::Store(error) if error.is_full() => {
                (StatusCode::INSUFFICIENT_STORAGE, "disk_full")
            }
            Error::Store(error) if error.is_busy() => {
                (StatusCode::SERVICE_UNAVAILABLE, "store_busy")
            }
            Error::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
            Error::Setup(_) => (StatusCode::SERVICE_UNAVAILABLE, "setup"),
            Error::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "shutting_down"),
            Error::NotYet(_) => (StatusCode::NOT_IMPLEMENTED, "not_supported"),
        };
        let mut reply = ApiError::new(status, code, &error);
        if let Error::Manifest(problems) = &error {
            reply.body.details = serde_json::to_value(problems).ok();
        }
        if let Error::BreaksApps(apps) = &error {
            reply.body.details = serde_json::to_value(apps).ok();
        }
        reply
    }
}

impl From<MockError> for ApiError {
    fn from(error: MockError) -> ApiError {
        let mut reply = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_mock", &error);
        reply.body.details = serde_json::to_value(&error.0).ok();
        reply
    }
}

impl From<SignalError> for ApiError {
    fn from(error: SignalError) -> ApiError {
        let (status, code) = match &error {
            SignalError::UnknownPath { .. }
            | SignalError::UnknownId(_)
            | SignalError::Gone { .. } => (StatusCode::NOT_FOUND, "unknown_signal"),
            SignalError::BadPath(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            SignalError::Invalid { .. } | SignalError::TooLarge { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid_value")
            }
            SignalError::Denied { .. }
            | SignalError::MayNotCreate { .. }
            | SignalError::Closed { .. }
            | SignalError::Expired { .. } => (StatusCode::FORBIDDEN, "denied"),
            SignalError::OtherType { .. } | SignalError::CannotAdd { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid_signal")
            }
            SignalError::NoActuator { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "no_actuator"),
            SignalError::NoProvider { .. } | SignalError::ProviderGone { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "no_provider")
            }
            SignalError::ProviderBusy { .. } => (StatusCode::SERVICE_UNAVAILABLE, "provider_busy"),
            SignalError::AlreadyClaimed { .. }
            | SignalError::NotClaimed { .. }
            | SignalError::TakenOver { .. } => (StatusCode::CONFLICT, "claimed"),
            SignalError::Held { .. } => (StatusCode::CONFLICT, "held"),
        };
        ApiError::new(status, code, error)
    }
}

fn disk(error: &io::Error) -> (StatusCode, &'static str) {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (StatusCode::INSUFFICIENT_STORAGE, "disk_full")
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_and_code(error: ApiError) -> (u16, String) {
        (error.status.as_u16(), error.body.code)
    }

    #[test]
    fn each_refusal_has_its_status_and_code() {
        let app: AppId = "a".parse().unwrap();
        let cases: Vec<(ApiError, u16, &str)> = vec![
            (supervisor::Error::UnknownApp(app.clone()).into(), 404, "unknown_app"),
            (
                supervisor::Error::Denied {
                    app,
                    operation: crate::app::Operation::Pause,
                    reason: "it is stopped".to_owned(),
                }
                .into(),
                409,
                "denied",
            ),
            (supervisor::Error::ShuttingDown.into(), 503, "shutting_down"),
            ("a/b".parse::<AppId>().unwrap_err().into(), 400, "invalid_app_id"),
            (ApiError::unknown_signal("Vehicle.X", None), 404, "unknown_signal"),
            (UploadError::TooLarge { limit: 1 }.into(), 413, "too_large"),
            (UploadError::Unpack(UnpackError::Empty).into(), 400, "bad_archive"),
            (UploadError::Unpack(UnpackError::TooMany { limit: 1 }).into(), 413, "too_large"),
            (
                UploadError::Write(io::Error::from(io::ErrorKind::StorageFull)).into(),
                507,
                "disk_full",
            ),
        ];
        for (error, status, code) in cases {
            assert_eq!(status_and_code(error), (status, code.to_owned()));
        }
    }

    #[test]
    fn problems_of_a_manifest_come_one_by_one_as_well() {
        let problem = crate::app::ManifestProblem {
            file: "vehicle-app.yaml".to_owned(),
            line: Some(3),
            column: None,
            field: "name".to_owned(),
            message: "is missing".to_owned(),
        };
        let error = ApiError::from(supervisor::Error::Manifest(vec![problem]));
        assert_eq!(error.body.message, "vehicle-app.yaml:3: name: is missing");
        assert_eq!(error.body.details.unwrap()[0]["line"], 3);
    }
}
