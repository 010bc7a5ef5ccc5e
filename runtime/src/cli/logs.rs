//! `vehicle-edge logs APP`: the console, kept or live.

use std::{
    io::{self, Write},
    time::Duration,
};

use anyhow::Result;
use clap::Args;
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;

use super::{AppArgument, client::Client, failure::Failure, output::print, stream::Stream};
use crate::{
    api::wire::{ConsoleLine, Envelope, Gap, LogPage, Subscribe},
    app::{AppId, Stream as Source},
};

#[derive(Debug, Args)]
#[command(after_help = "\
What the app wrote to its standard error goes to standard error here too.

Examples:
  vehicle-edge logs my-app
  vehicle-edge logs --follow --tail 10 my-app")]
pub(crate) struct Logs {
    #[command(flatten)]
    app: AppArgument,
    /// Go on with what the app writes from now on
    #[arg(short, long)]
    follow: bool,
    /// Begin with the last N lines instead of the oldest one kept
    #[arg(long, value_name = "N")]
    tail: Option<usize>,
    /// Put the time before each line
    #[arg(short, long)]
    timestamps: bool,
}

/// A runtime that restarts is back by then.
const RETRIES: u32 = 60;
const RETRY: Duration = Duration::from_millis(500);

impl Logs {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        match self.follow {
            true => follow(client, &self.app.app, self.tail, self.timestamps).await,
            false => self.kept(client).await,
        }
    }

    async fn kept(&self, client: &Client) -> Result<()> {
        let path = format!("/api/apps/{}/logs", self.app.app);
        let mut printer = Printer::new(self.timestamps);
        let mut position = match self.tail {
            Some(tail) => ("tail", tail.to_string()),
            None => ("after", "0".to_owned()),
        };
        loop {
            let page: LogPage = client.get(&path, &[(position.0, &position.1)]).await?;
            let mut gaps = page.gaps.iter().peekable();
            for line in &page.lines {
                while let Some(gap) = gaps.next_if(|gap| gap.from < line.seq) {
                    print_gap(*gap);
                }
                printer.print(line.stream, line.at, &line.content, line.partial)?;
            }
            gaps.for_each(|gap| print_gap(*gap));
            match page.lines.last() {
                Some(last) if page.more => position = ("after", last.seq.to_string()),
                _ => return Ok(()),
            }
        }
    }
}

/// Prints what comes until the app is uninstalled. Survives a restart of the runtime, and
/// goes on where it was.
pub(crate) async fn follow(
    client: &Client,
    app: &AppId,
    tail: Option<usize>,
    timestamps: bool,
) -> Result<()> {
    let mut wanted = Subscribe { app_id: Some(app.clone()), after: None, tail, console: true };
    let mut printer = Printer::new(timestamps);
    let mut stream = Stream::open(client).await?;
    loop {
        stream.ask("subscribe", &wanted).await?;
        match until_lost(&mut stream, &mut wanted, &mut printer).await? {
            End::Removed => return Ok(()),
            End::Lost => stream = reconnect(client).await?,
        }
    }
}

async fn until_lost(
    stream: &mut Stream,
    wanted: &mut Subscribe,
    printer: &mut Printer,
) -> Result<End> {
    while let Some(message) = stream.next().await? {
        if is_removed(&message, wanted.app_id.as_ref()) {
            return Ok(End::Removed);
        }
        if message.event == "app:gap" {
            print_gap(serde_json::from_value(message.data)?);
            continue;
        }
        let Some(source) = source(&message.event) else { continue };
        let line = ConsoleLine::deserialize(&message.data)?;
        printer.print(source, line.at, &line.content, line.partial)?;
        (wanted.after, wanted.tail) = (Some(line.seq), None);
    }
    Ok(End::Lost)
}

struct Printer {
    timestamps: bool,
    /// The stream whose last piece had no line end yet.
    open: Option<Source>,
}

impl Printer {
    fn new(timestamps: bool) -> Printer {
        Printer { timestamps, open: None }
    }

    fn print(&mut self, source: Source, at: Timestamp, text: &str, partial: bool) -> Result<()> {
        let time = match self.timestamps && self.open != Some(source) {
            true => {
                format!("{} ", at.to_zoned_datetime(TimeZone::system()).strftime("%FT%T%.3f%:z"))
            }
            false => String::new(),
        };
        let end = if partial { "" } else { "\n" };
        match source {
            Source::Stdout => print(&format!("{time}{text}{end}")),
            Source::Stderr => write!(io::stderr(), "{time}{text}{end}")?,
            Source::Status => write!(io::stderr(), "{time}-- {text}{end}")?,
        }
        self.open = partial.then_some(source);
        Ok(())
    }
}

enum End {
    /// The app was uninstalled.
    Removed,
    Lost,
}

async fn reconnect(client: &Client) -> Result<Stream> {
    eprintln!("-- lost the runtime, waiting for it");
    let mut attempt = 0;
    loop {
        tokio::time::sleep(RETRY).await;
        attempt += 1;
        match Stream::open(client).await {
            Ok(stream) => return Ok(stream),
            Err(error) if attempt == RETRIES => return Err(error),
            Err(error) => match error.downcast_ref() {
                Some(Failure::Unreachable { .. }) => {}
                _ => return Err(error),
            },
        }
    }
}

fn is_removed(message: &Envelope, app: Option<&AppId>) -> bool {
    let of = message.data["app_id"].as_str();
    message.event == "app:removed" && of == app.map(AppId::as_str)
}

fn source(event: &str) -> Option<Source> {
    event.strip_prefix("app:").and_then(|name| match name {
        "stdout" => Some(Source::Stdout),
        "stderr" => Some(Source::Stderr),
        "notice" => Some(Source::Status),
        _ => None,
    })
}

fn print_gap(gap: Gap) {
    eprintln!("-- lines {} to {} are no longer kept", gap.from, gap.to);
}
