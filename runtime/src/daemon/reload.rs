//! SIGHUP: certificates, keys and the policy are read anew, without cutting anybody off who may
//! stay.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::load_policy;
use crate::{signals::Gate, supervisor::Supervisor};

/// What is read anew.
pub(super) struct Reloaded {
    pub(super) gate: Gate,
    pub(super) policy: Option<PathBuf>,
    pub(super) supervisor: Supervisor,
}

/// From now on they do not end the process.
pub(super) fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Reads the files anew at each SIGHUP, until `shutdown`. What has become wrong stays as it
/// was, and is said in the log.
pub(super) async fn at(mut hangups: Signal, files: Reloaded, shutdown: CancellationToken) {
    let reload = async {
        while hangups.recv().await.is_some() {
            files.read().await;
        }
    };
    shutdown.run_until_cancelled(reload).await.unwrap_or_default();
}

impl Reloaded {
    async fn read(&self) {
        if !self.gate.is_open() {
            match self.gate.reload() {
                Ok(()) => tracing::info!("certificates and keys of the broker were read anew"),
                Err(error) => tracing::error!("those of before are used on: {error}"),
            }
        }
        let Some(file) = &self.policy else { return };
        match self.read_policy(file).await {
            Ok(()) => tracing::info!("{}: the policy was read anew", file.display()),
            Err(error) => tracing::error!("the policy of before is used on: {error:#}"),
        }
    }

    async fn read_policy(&self, file: &Path) -> Result<()> {
        let policy = load_policy(Some(file))?;
        Ok(self.supervisor.set_policy(policy).await?)
    }
}
