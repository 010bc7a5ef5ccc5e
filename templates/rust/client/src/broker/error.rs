//! What can go wrong.

use std::fmt;

use tonic::{Code, Status};

/// Why a call failed. Each text names the signal, where there is one, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The address of the broker cannot be understood.
    Address(String),
    /// The client is made outside of a tokio runtime.
    Runtime(String),
    /// There is no connection to the broker. The next call tries again; subscriptions and
    /// providers do so by themselves.
    NotConnected(String),
    /// The broker does not know the signal: it has another model.
    UnknownSignal(String),
    /// The app has not declared the signal, or not for this use.
    PermissionDenied(String),
    /// The signal cannot have this value. Found before anything is sent wherever the model
    /// says so.
    InvalidValue(String),
    /// Nobody carries out actuations of this signal now.
    NoProvider(String),
    /// Another provider has the signal, or this provider has not asked for it.
    NotClaimed(String),
    /// The handler of an actuation panicked, which ended its provider.
    Handler(String),
    /// Anything else that the broker says.
    Broker(String),
}

impl Error {
    /// Whether trying again later may work without anybody changing anything.
    pub fn heals(&self) -> bool {
        matches!(self, Error::NotConnected(_))
    }

    /// What a call ended with. `path` is what was asked for, empty for no single signal.
    pub(crate) fn from_status(status: &Status, path: &str, address: &str) -> Error {
        // A status that the broker sent has no source; one that tonic made up from a broken
        // connection carries the error below it.
        if let Some(cause) = std::error::Error::source(status) {
            return Error::not_connected(address, &deepest(cause));
        }
        let said = match status.message() {
            "" => status.code().description(),
            message => message,
        };
        let text = match path.is_empty() || said.contains(path) {
            true => said.to_owned(),
            false => format!("{path}: {said}"),
        };
        match status.code() {
            Code::NotFound => Error::UnknownSignal(text),
            Code::PermissionDenied | Code::Unauthenticated => Error::PermissionDenied(text),
            Code::InvalidArgument | Code::OutOfRange => Error::InvalidValue(text),
            Code::Unavailable | Code::DataLoss => Error::NoProvider(text),
            Code::AlreadyExists | Code::Aborted => Error::NotClaimed(text),
            _ => Error::Broker(text),
        }
    }

    /// As [`Error::from_status`] for the end of an open stream, where UNAVAILABLE means a
    /// broker that goes away.
    pub(crate) fn from_end(status: &Status, path: &str, address: &str) -> Error {
        match Error::from_status(status, path, address) {
            Error::NoProvider(text) => Error::not_connected(address, &text),
            error => error,
        }
    }

    /// A broker that stops ends its streams without an error.
    pub(crate) fn closed(address: &str) -> Error {
        Error::not_connected(address, "it closed the stream")
    }

    fn not_connected(address: &str, cause: &str) -> Error {
        Error::NotConnected(format!("no connection to the broker at {address}: {cause}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Address(text)
            | Error::Runtime(text)
            | Error::NotConnected(text)
            | Error::UnknownSignal(text)
            | Error::PermissionDenied(text)
            | Error::InvalidValue(text)
            | Error::NoProvider(text)
            | Error::NotClaimed(text)
            | Error::Handler(text)
            | Error::Broker(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

/// The cause at the bottom is the one that says something: `Connection refused`.
fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_signal_once() {
        let status = Status::not_found("no signal has the path 'Vehicle.Sped'");
        let error = Error::from_status(&status, "Vehicle.Sped", "here:1");
        assert_eq!(error, Error::UnknownSignal("no signal has the path 'Vehicle.Sped'".into()));
        let status = Status::invalid_argument("too large");
        let error = Error::from_status(&status, "Vehicle.Speed", "here:1");
        assert_eq!(error, Error::InvalidValue("Vehicle.Speed: too large".into()));
    }

    #[test]
    fn a_broken_connection_heals_and_a_refusal_does_not() {
        let broken = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = Error::from_status(&Status::from_error(broken.into()), "", "here:1");
        assert_eq!(error.to_string(), "no connection to the broker at here:1: connection refused");
        assert!(error.heals());
        let status = Status::unavailable("Vehicle.A has no provider");
        assert!(!Error::from_status(&status, "Vehicle.A", "here:1").heals());
        assert!(Error::from_end(&status, "", "here:1").heals());
    }
}
