//! `vehicle-edge signals record -o FILE [PATTERN…]`.

use std::{
    future::pending,
    io::{self, IsTerminal},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use futures_util::StreamExt;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{MissedTickBehavior, interval, sleep},
};

use super::{fetch, remote::Door};
use crate::{
    app::parse_duration,
    cli::{client::Client, output::Output},
    signals::trace::{Recorder, Summary},
};

/// What the disk is asked to keep lags behind by this much.
const SYNC: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals record -o drive.trace
  vehicle-edge signals record -o cabin.trace --for 10m Vehicle.Cabin Vehicle.Speed")]
pub(crate) struct Record {
    /// Paths, branches, or patterns with * and **; all signals without any
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// File to make; one that is there is not written over
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: PathBuf,
    /// End after this time; at Ctrl-C without it
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    time: Option<Duration>,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output: crate::cli::output::Format,
    #[command(flatten)]
    door: Door,
}

impl Record {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let listed = fetch(client, &self.patterns).await?.signals;
        let (mut remote, info) = self.door.open(client).await?;
        let paths: Vec<Arc<str>> =
            listed.iter().map(|signal| signal.path.as_str().into()).collect();
        let mut changes = remote.follow(&paths).await.map_err(|error| anyhow!("{error}"))?;
        let mut recorder = Recorder::create(&self.out, &info.model.model)?;
        for (path, signal) in paths.iter().zip(&listed) {
            let datatype = signal.datatype.parse().map_err(|error| anyhow!("{path}: {error}"))?;
            recorder.declare(path.clone(), datatype).await?;
        }
        let began = Instant::now();
        let mut updates = 0;
        let end = async {
            match self.time {
                Some(time) => sleep(time).await,
                None => pending().await,
            }
        };
        let mut end = std::pin::pin!(end);
        let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
        let mut terminated = signal(SignalKind::terminate())?;
        let mut syncs = interval(SYNC);
        syncs.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let outcome = loop {
            tokio::select! {
                biased;
                _ = &mut interrupted => break Ok(()),
                _ = terminated.recv() => break Ok(()),
                () = &mut end => break Ok(()),
                _ = syncs.tick() => {
                    recorder.sync().await?;
                    progress(&format!("{updates} updates in {} s", began.elapsed().as_secs()));
                }
                batch = changes.next() => match batch {
                    Some(Ok(samples)) => {
                        updates += samples.len();
                        recorder.write(samples).await?;
                    }
                    Some(Err(error)) => break Err(anyhow!("{error}")),
                    None => break Err(anyhow!("the broker ended the subscription")),
                },
            }
        };
        // What was recorded until then is kept, whatever happened.
        let summary = recorder.finish().await?;
        progress("");
        let output = Output { output: self.output };
        output.one(&summary, || println!("{}", self.said(&summary, began.elapsed())))?;
        outcome.with_context(|| format!("{} ends early", self.out.display()))
    }

    fn said(&self, summary: &Summary, time: Duration) -> String {
        let Summary { signals, updates, bytes, .. } = summary;
        format!(
            "{}: {updates} updates of {signals} signals in {:.1} s, {bytes} bytes",
            self.out.display(),
            time.as_secs_f64()
        )
    }
}

/// Over the line before, where somebody looks.
pub(super) fn progress(text: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
    }
}
