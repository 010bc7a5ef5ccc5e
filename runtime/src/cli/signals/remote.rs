//! The runtime's broker, where the API is not enough.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use clap::Args;

use crate::{
    api::wire::Info,
    cli::client::Client,
    signals::kuksa::{Address, Remote, Upstream},
};

/// What a broker asks for that serves other machines.
#[derive(Debug, Args)]
#[command(next_help_heading = "A broker with TLS and tokens")]
pub(super) struct Door {
    /// File with the token that the broker asks for
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
    /// Certificates (PEM) of who signed the broker's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl Door {
    /// The runtime says where its broker is.
    pub(super) async fn open(&self, client: &Client) -> Result<(Remote, Info)> {
        let info: Info = client.get("/api/info", &[]).await?;
        let address: Address = info.listen.grpc.parse().map_err(|error| anyhow!("{error}"))?;
        let upstream = Upstream { address, token: self.token.clone(), ca: self.ca.clone() };
        let remote = Remote::connect(&upstream).await.map_err(|error| anyhow!("{error}"));
        let remote = remote.with_context(|| format!("the broker at {}", info.listen.grpc))?;
        Ok((remote, info))
    }
}
