//! Why the supervisor did not do what it was asked.

use std::collections::BTreeMap;

use crate::{
    app::{AppId, ManifestProblem, Operation},
    python::PythonError,
    store::StoreError,
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no app '{0}' is installed")]
    UnknownApp(AppId),
    #[error("cannot {operation} '{app}': {reason}")]
    Denied { app: AppId, operation: Operation, reason: String },
    /// It was allowed and tried, and did not work.
    #[error("{operation} of '{app}' failed: {reason}")]
    Failed { app: AppId, operation: Operation, reason: String },
    #[error("{}", list(.0))]
    Manifest(Vec<ManifestProblem>),
    /// The bundle is no app, before its manifest is looked at.
    #[error("{0}")]
    Bundle(String),
    /// The app's console takes no input now.
    #[error("'{app}' takes no input: {reason}")]
    NoInput { app: AppId, reason: String },
    /// A grant or a revocation that makes no sense.
    #[error("the access of '{app}' stays as it is: {reason}")]
    Access { app: AppId, reason: String },
    /// A model that cannot be taken.
    #[error("{0}")]
    Model(String),
    /// A model that installed apps cannot run with: what breaks which.
    #[error("{}", broken(.0))]
    BreaksApps(BTreeMap<String, Vec<String>>),
    #[error("the state database: {0}")]
    Store(#[from] StoreError),
    /// The machine lacks something the runtime needs; says what to do.
    #[error("{0}")]
    Setup(String),
    #[error("the runtime is shutting down")]
    ShuttingDown,
    #[error("{0} is not available yet")]
    NotYet(&'static str),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

fn broken(apps: &BTreeMap<String, Vec<String>>) -> String {
    let mut text = "the model breaks installed apps:".to_owned();
    for (app, breaks) in apps {
        text.push_str(&format!("\n  {app}: {}", breaks.join("; ")));
    }
    text + "\nuninstall them, or exchange the model all the same by force: they will not start then"
}

fn list(problems: &[ManifestProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(ManifestProblem::to_string).collect();
    lines.join("\n")
}

impl From<PythonError> for Error {
    fn from(error: PythonError) -> Error {
        Error::Setup(error.to_string())
    }
}
