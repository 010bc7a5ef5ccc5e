//! What an app says about itself: `vehicle-app.yaml`.
//!
//! In: the text of a manifest, YAML or JSON; the model's signals. Out: an [`AppManifest`],
//! or every problem at once, each with its place, its field and what to write instead.

mod check;
mod read;
mod requirement;
mod values;

use std::{collections::BTreeMap, time::Duration};

pub(crate) use requirement::{Requirement, normalise};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
pub(super) use values::signal_path;
use vss_codegen::model::{Access, Manifest, Signal};

use super::{AppId, Limits};
pub use crate::app::document::Problem as ManifestProblem;

/// Names under which a manifest is looked for in an app's folder, in this order.
pub const FILE_NAMES: [&str; 3] = ["vehicle-app.yaml", "vehicle-app.yml", "vehicle-app.json"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppManifest {
    pub id: AppId,
    /// For people; the id when not given.
    pub name: String,
    pub version: String,
    /// The Python file to run, relative to the app's folder.
    pub entrypoint: String,
    pub args: Vec<String>,
    pub env: BTreeMap<String, String>,
    /// Free data that the app reads; the runtime does not look into it.
    pub config: Json,
    pub python_deps: Vec<String>,
    pub vehicle_signal_lib: SignalLib,
    /// Whether it uses the topics of the runtime's MQTT broker.
    #[serde(default)]
    pub mqtt: bool,
    pub limits: Limits,
    pub restart: RestartPolicy,
    pub stop_grace_period: Duration,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SignalLib {
    pub version: Option<String>,
    pub signals: Vec<SignalRequest>,
    pub auto_generate: bool,
}

/// A path or pattern, and what the app wants to do with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalRequest {
    pub path: String,
    pub access: Vec<Access>,
    /// Line and column where the manifest asks for it, for messages.
    #[serde(skip)]
    pub at: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    #[default]
    No,
    OnFailure,
    Always,
}

impl RestartPolicy {
    pub const ALL: [RestartPolicy; 3] =
        [RestartPolicy::No, RestartPolicy::OnFailure, RestartPolicy::Always];

    pub fn name(self) -> &'static str {
        match self {
            RestartPolicy::No => "no",
            RestartPolicy::OnFailure => "on-failure",
            RestartPolicy::Always => "always",
        }
    }
}

impl AppManifest {
    /// `name` is the file's, for messages.
    pub fn parse(name: &str, text: &str) -> Result<AppManifest, Vec<ManifestProblem>> {
        read::manifest(name, text)
    }

    /// What the model has to say about the signals that the app asks for. `file` is the
    /// manifest's name; `matching` finds the signals of a path or pattern.
    pub fn check<'m>(
        &self,
        file: &str,
        model: &'m Manifest,
        matching: impl Fn(&str) -> Vec<&'m Signal>,
    ) -> Vec<ManifestProblem> {
        let requests = &self.vehicle_signal_lib.signals;
        requests.iter().flat_map(|r| check::request(file, r, model, &matching(&r.path))).collect()
    }
}
