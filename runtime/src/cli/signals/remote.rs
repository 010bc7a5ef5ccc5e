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

/// Of a time in seconds: `10`, `10s`, `1.5h`.
pub(super) fn duration(text: &str) -> Result<std::time::Duration, String> {
    let (number, factor) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        None => (text, 1.0),
        Some(at) => match &text[at..] {
            "ms" => (&text[..at], 0.001),
            "s" => (&text[..at], 1.0),
            "m" | "min" => (&text[..at], 60.0),
            "h" => (&text[..at], 3600.0),
            unit => return Err(format!("there is no unit '{unit}': use ms, s, min or h")),
        },
    };
    let seconds = number.trim().parse::<f64>().ok().map(|number| number * factor);
    seconds
        .and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "use a time like 10s, 500ms or 5min".to_owned())
}
