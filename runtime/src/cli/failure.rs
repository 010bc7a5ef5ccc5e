//! What went wrong, as a message and an exit code.

use std::process::ExitCode;

use anyhow::Error;

use crate::api::wire::ErrorBody;

/// Failures that a command tells apart. Everything else is an `anyhow` error, code 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the runtime does not answer at {server} ({cause})\nstart it with: vehicle-edge serve")]
    Unreachable { server: String, cause: String },
    /// The API's own words.
    #[error("{}", .0.message)]
    Refused(ErrorBody),
    /// It was said already; only the exit code is left.
    #[error("failed")]
    Said,
    #[error("this command is no client of the API")]
    NotAClient,
    #[error("{0}")]
    Usage(String),
}

/// Prints the error and gives the exit code.
pub(crate) fn report(error: &Error) -> ExitCode {
    let failure = error.downcast_ref::<Failure>();
    if !matches!(failure, Some(Failure::Said)) {
        eprintln!("error: {error:#}");
    }
    ExitCode::from(match failure {
        Some(Failure::Unreachable { .. }) => 3,
        Some(Failure::Usage(_)) => 2,
        _ => 1,
    })
}
