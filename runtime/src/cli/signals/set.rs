//! `vehicle-edge signals set PATH VALUE [--current]`.

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::json;

use crate::{api::wire::SignalsSet, cli::client::Client};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals set Vehicle.Body.Lights.Beam.Low.IsOn true
  vehicle-edge signals set Vehicle.Speed 50")]
pub(crate) struct Set {
    /// Path of the signal
    #[arg(value_name = "PATH")]
    path: String,
    /// The value, as its type is written; an array as [1, 2]
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: String,
    /// Set the current value of an actuator, as its provider would
    #[arg(long)]
    current: bool,
}

impl Set {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let query = [("as", "current")];
        let query = if self.current { query.as_slice() } else { &[] };
        // As text: the runtime reads it by the type of the signal.
        let body = json!({ self.path: self.value }).to_string();
        let request = client.request(Method::PUT, client.url("/api/signals", query)).body(body);
        client.json::<SignalsSet>(request).await.map(drop)
    }
}
