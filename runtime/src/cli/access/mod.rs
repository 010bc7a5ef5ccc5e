//! `vehicle-edge access ls|grant|revoke|audit`.

mod audit;
mod decide;
mod ls;

use anyhow::Result;
use clap::Subcommand;

use super::client::Client;

#[derive(Debug, Subcommand)]
pub(crate) enum Access {
    /// Show what apps declare and what of that they are granted
    Ls(ls::Ls),
    /// Grant an app something of what it declares, at once and for good
    Grant(decide::Grant),
    /// Take something from an app, at once and for good
    Revoke(decide::Revoke),
    /// Show what was denied
    Audit(audit::Audit),
}

impl Access {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        match self {
            Access::Ls(ls) => ls.run(client).await,
            Access::Grant(grant) => grant.run(client).await,
            Access::Revoke(revoke) => revoke.run(client).await,
            Access::Audit(audit) => audit.run(client).await,
        }
    }
}
