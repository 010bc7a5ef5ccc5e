//! `vehicle-edge signals watch PATTERN…`.

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use super::{fetch, shown};
use crate::{
    api::wire::{RATES, SignalUpdate, SignalUpdates, SubscribeSignals},
    cli::{client::Client, failure::Failure, output::print_line, stream::Stream},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals watch Vehicle.Speed
  vehicle-edge signals watch --rate 1 --output jsonl 'Vehicle.**'")]
pub(crate) struct Watch {
    /// Paths, branches, or patterns with * and **
    #[arg(value_name = "PATTERN", required = true)]
    patterns: Vec<String>,
    /// Updates a second at most, 0.1 to 100; each shows the newest values
    #[arg(long, value_name = "N", default_value_t = 10.0, value_parser = rate)]
    rate: f64,
    /// How to print each change
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Time, path, value and unit
    #[default]
    Table,
    /// One JSON document per change
    Jsonl,
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| RATES.contains(number));
    number.ok_or_else(|| format!("use {} to {} a second", RATES.start(), RATES.end()))
}

impl Watch {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let known = fetch(client, &self.patterns).await?.signals;
        let unit = |path: &str| {
            known.iter().find(|signal| signal.path == path).and_then(|signal| signal.unit.clone())
        };
        let mut stream = Stream::open(client).await?;
        let wanted = SubscribeSignals { paths: self.patterns.clone(), max_rate: self.rate };
        stream.ask("signal:subscribe", wanted).await?;
        while let Some(message) = stream.next().await? {
            if message.event != "signal:update" {
                continue;
            }
            let news: SignalUpdates = serde_json::from_value(message.data)?;
            for update in news.updates {
                self.print(&update, unit(&update.path))?;
            }
        }
        let cause = "the connection ended".to_owned();
        Err(Failure::Unreachable { server: client.server().to_owned(), cause }.into())
    }

    fn print(&self, update: &SignalUpdate, unit: Option<String>) -> Result<()> {
        match self.output {
            Format::Jsonl => print_line(&serde_json::to_string(update)?),
            Format::Table => {
                let time = match update.timestamp {
                    Some(at) => {
                        at.to_zoned_datetime(TimeZone::system()).strftime("%T%.3f").to_string()
                    }
                    None => "never".to_owned(),
                };
                let unit = unit.map_or_else(String::new, |unit| format!(" {unit}"));
                print_line(&format!("{time}  {}  {}{unit}", update.path, shown(&update.value)));
            }
        }
        Ok(())
    }
}
