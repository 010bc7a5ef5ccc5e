//! Why an environment could not be made.

use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    #[error("uv is missing ({}): get it with `pip install uv`, or name it with VEHICLE_EDGE_UV", .0.display())]
    NoUv(PathBuf),
    #[error("the Python interpreter {} does not work: {reason}; name another with --python", path.display())]
    Interpreter { path: PathBuf, reason: String },
    /// uv's own words, which name both sides of a conflict.
    #[error("the app's python_deps cannot be resolved:\n{0}")]
    Unresolvable(String),
    #[error("could not {step}:\n{output}")]
    Uv { step: &'static str, output: String },
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}
