//! Everything about one app, for `inspect`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::app::{AppManifest, AppStatus, Dependency, SignalRequest};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppDetails {
    pub status: AppStatus,
    pub manifest: AppManifest,
    /// What was asked for and what was resolved.
    pub dependencies: Vec<Dependency>,
    /// The signals the app may use, as its socket enforces them.
    pub grants: Vec<SignalRequest>,
    pub paths: AppPaths,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPaths {
    pub code: PathBuf,
    pub env: PathBuf,
    pub data: PathBuf,
    pub lock: PathBuf,
    pub run: PathBuf,
}
