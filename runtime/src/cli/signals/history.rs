//! `vehicle-edge signals history [PATTERN…]`.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use jiff::{Timestamp, tz::TimeZone};

use super::shown;
use crate::{
    api::wire::SignalHistories,
    app::parse_duration,
    cli::{
        client::Client,
        output::{Output, print_table, table},
    },
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals history Vehicle.Speed
  vehicle-edge signals history --since 1m --points 60 -o jsonl 'Vehicle.Powertrain.**'

The runtime keeps what it was started for: vehicle-edge serve --history PATTERN")]
pub(crate) struct History {
    /// Paths, branches, or patterns with * and **; all that is kept without any
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Values of this time only, up to now
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    since: Option<Duration>,
    /// So many values of each signal at most; of more, the least and greatest of equal times
    #[arg(long, value_name = "N")]
    points: Option<usize>,
    #[command(flatten)]
    output: Output,
}

impl History {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let path = self.patterns.join(",");
        let since = self.since.map(from).transpose()?.map(|since| since.to_string());
        let points = self.points.map(|points| points.to_string());
        let mut query = vec![("path", path.as_str())];
        query.extend(since.as_deref().map(|since| ("since", since)));
        query.extend(points.as_deref().map(|points| ("points", points)));
        let found: SignalHistories = client.get("/api/signals/history", &query).await?;
        self.output.many(&found.histories, || print_points(&found))
    }
}

fn from(since: Duration) -> Result<Timestamp> {
    Timestamp::now().checked_sub(since).context("--since: before there were clocks")
}

/// Of all signals, in the order of their times.
fn print_points(found: &SignalHistories) {
    let of_one = found.histories.iter();
    let points =
        of_one.flat_map(|one| one.points.iter().map(|(at, value)| (*at, &one.path, value)));
    let mut points: Vec<_> = points.collect();
    points.sort_by_key(|(at, ..)| *at);
    let mut rows = table(&["TIME", "PATH", "VALUE"]);
    for (at, path, value) in points {
        let time = Timestamp::from_millisecond(at).map_or_else(
            |_| at.to_string(),
            |time| time.to_zoned_datetime(TimeZone::system()).strftime("%F %T%.3f").to_string(),
        );
        rows.add_row([time, path.clone(), shown(value)]);
    }
    print_table(&rows);
}
