//! `vehicle-edge attach APP`: the console both ways.

use anyhow::Result;
use clap::Args;

use super::{AppArgument, client::Client, logs, send::send_stdin};

#[derive(Debug, Args)]
#[command(after_help = "\
Each line typed here goes to the app's standard input. Ctrl-C leaves; the app goes on.

Example:
  vehicle-edge attach my-app")]
pub(crate) struct Attach {
    #[command(flatten)]
    app: AppArgument,
    /// Begin with the last N lines
    #[arg(long, value_name = "N", default_value_t = 10)]
    tail: usize,
}

impl Attach {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let app = &self.app.app;
        let input = async {
            send_stdin(client, app).await?;
            // The end of the input is not the end of the output.
            std::future::pending().await
        };
        tokio::select! {
            followed = logs::follow(client, app, Some(self.tail), false) => followed,
            failed = input => failed,
        }
    }
}
