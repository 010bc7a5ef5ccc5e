//! `vehicle-edge send APP [TEXT]`: to an app's standard input.

use std::io::{self, BufRead};

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use tokio::sync::mpsc;

use super::{AppArgument, client::Client};
use crate::app::AppId;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge send my-app hello
  echo hello | vehicle-edge send my-app")]
pub(crate) struct Send {
    #[command(flatten)]
    app: AppArgument,
    /// The line to send; standard input line by line without it
    #[arg(value_name = "TEXT")]
    text: Option<String>,
}

impl Send {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        match self.text {
            Some(text) => send(client, &self.app.app, format!("{text}\n").into_bytes()).await,
            None => send_stdin(client, &self.app.app).await,
        }
    }
}

async fn send(client: &Client, app: &AppId, input: Vec<u8>) -> Result<()> {
    let address = client.url(&format!("/api/apps/{app}/stdin"), &[]);
    client.send(client.request(Method::POST, address).body(input)).await.map(drop)
}

/// Each line as it comes, to the end of standard input.
pub(crate) async fn send_stdin(client: &Client, app: &AppId) -> Result<()> {
    let mut lines = lines_of_stdin();
    while let Some(line) = lines.recv().await {
        send(client, app, line?).await?;
    }
    Ok(())
}

/// In a thread: a terminal cannot be waited for in any other way.
fn lines_of_stdin() -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (sender, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = match stdin.read_until(b'\n', &mut line) {
                Ok(0) => return,
                Ok(_) => Ok(line),
                Err(error) => Err(error),
            };
            let failed = read.is_err();
            if sender.blocking_send(read).is_err() || failed {
                return;
            }
        }
    });
    lines
}
