//! `vehicle-edge signals replay FILE`.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::remote::Door;
use crate::{
    app::parse_duration,
    cli::{client::Client, failure::Failure, output::Output},
    signals::trace::{Speed, replay},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals replay drive.trace
  vehicle-edge signals replay drive.trace --speed 10 --from 1m --until 2m
  vehicle-edge signals replay drive.trace --speed max Vehicle.Cabin.**")]
pub(crate) struct Replay {
    /// A recording of `signals record`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Paths, branches, or patterns with * and **; all of the recording without any
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// So many times as fast as it was recorded, or max
    #[arg(long, value_name = "N", default_value = "1")]
    speed: Speed,
    /// Begin again at the end, until Ctrl-C
    #[arg(long = "loop")]
    repeat: bool,
    /// Begin at this time of the recording, with the values that signals had then
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_duration)]
    from: Duration,
    /// End at this time of the recording
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    until: Option<Duration>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    door: Door,
}

impl Replay {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let (mut remote, _) = self.door.open(client).await?;
        let (stop, interrupted) = (CancellationToken::new(), CancellationToken::new());
        let (stopped, interrupt) = (stop.clone(), interrupted.clone());
        let waiting = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                interrupt.cancel();
                stopped.cancel();
            }
        });
        let replay = replay::Replay {
            file: self.file,
            patterns: self.patterns,
            speed: self.speed,
            repeat: self.repeat,
            from: self.from,
            until: self.until,
        };
        let report = replay::play(&replay, &mut remote, &stop).await?;
        waiting.abort();
        self.output.one(&report, || println!("{report}"))?;
        for (path, left_out) in &report.left_out {
            eprintln!("left out: {path}, {} updates: {}", left_out.updates, left_out.why);
        }
        // Nothing at all could be played: that is no success.
        match report.published == 0 && !report.left_out.is_empty() && !interrupted.is_cancelled() {
            true => Err(Failure::Said.into()),
            false => Ok(()),
        }
    }
}
