//! `vehicle-edge access audit`.

mod audit;

use anyhow::Result;
use clap::Subcommand;

use super::client::Client;

#[derive(Debug, Subcommand)]
pub(crate) enum Access {
    /// Show what was denied
    Audit(audit::Audit),
}

impl Access {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        match self {
            Access::Audit(audit) => audit.run(client).await,
        }
    }
}
