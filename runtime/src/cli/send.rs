//! `vehicle-edge send APP [TEXT]`: to an app's standard input.

use std::io::{self, BufRead};

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use tokio::sync::mpsc;

use super::{AppArgument, client::Client};

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
        let path = format!("/api/apps/{}/stdin", self.app.app);
        let send = async |input: Vec<u8>| {
            let request = client.request(Method::POST, client.url(&path, &[]));
            client.send(request.body(input)).await.map(drop)
        };
        if let Some(text) = self.text {
            return send(format!("{text}\n").into_bytes()).await;
        }
        let mut lines = lines_of_stdin();
        while let Some(line) = lines.recv().await {
            send(line?).await?;
        }
        Ok(())
    }
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
