//! `vehicle-edge signals provide PATH[=VALUE]…`.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value as Json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    signal::unix::{SignalKind, signal},
};
use vss_codegen::model::{DataType, SignalKind as Kind, Value};

use super::{fetch, remote::Door, shown};
use crate::{
    api::wire::{SignalUpdate, signal_value},
    cli::{client::Client, failure::Failure, output::print_line},
    signals::kuksa::{News, Providing},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals provide Vehicle.Body.Lights.Beam.Low.IsOn=false
  seq 0 100 | sed 's/^/Vehicle.Speed /' | vehicle-edge signals provide Vehicle.Speed")]
pub(crate) struct Provide {
    /// Signals that nobody else provides meanwhile, with the value that they have at first
    #[arg(value_name = "PATH[=VALUE]", required = true)]
    signals: Vec<String>,
    /// Only show what actuators are asked for; without it, that becomes their value
    #[arg(long)]
    ask_only: bool,
    /// How to print what actuators are asked for
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
    #[command(flatten)]
    door: Door,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Time, path and value
    #[default]
    Table,
    /// One JSON document for each
    Jsonl,
}

/// A signal that is provided here.
struct Own {
    path: Arc<str>,
    datatype: DataType,
    is_actuator: bool,
}

impl Provide {
    /// Until Ctrl-C, or the broker takes a claim away. Lines of standard input are values.
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let given: Vec<(&str, Option<&str>)> =
            self.signals.iter().map(|text| split(text)).collect();
        let paths: Vec<String> = given.iter().map(|(path, _)| (*path).to_owned()).collect();
        let own = find(client, &paths).await?;
        let mut first = Vec::new();
        for (path, value) in given {
            if let Some(value) = value {
                first.push(read(&own, path, value)?);
            }
        }
        let (mut remote, _) = self.door.open(client).await?;
        let claims: Vec<_> = own.iter().map(|own| (own.path.clone(), own.is_actuator)).collect();
        let mut providing = remote.provide(&claims).await.map_err(|error| anyhow!("{error}"))?;
        for (path, value) in first {
            publish(&mut providing, &path, value).await?;
        }
        self.serve(&own, providing).await
    }

    async fn serve(&self, own: &[Own], mut providing: Providing) -> Result<()> {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        let (mut number, mut wrong, mut has_more) = (0, 0, true);
        let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
        let mut terminated = signal(SignalKind::terminate())?;
        loop {
            tokio::select! {
                _ = &mut interrupted => break,
                _ = terminated.recv() => break,
                news = providing.next() => match news.map_err(|error| anyhow!("{error}"))? {
                    News::Asked { path, value } => {
                        self.print(&path, &value)?;
                        if !self.ask_only {
                            publish(&mut providing, &path, value).await?;
                        }
                    }
                    News::Refused { path, why } => {
                        wrong += 1;
                        eprintln!("{path}: not taken: {why}");
                    }
                },
                line = lines.next_line(), if has_more => match line.context("standard input")? {
                    Some(line) => {
                        number += 1;
                        match parse(own, &line) {
                            Ok(Some((path, value))) => publish(&mut providing, &path, value).await?,
                            Ok(None) => {}
                            Err(error) => {
                                wrong += 1;
                                eprintln!("line {number} of standard input: {error:#}");
                            }
                        }
                    }
                    None => has_more = false,
                },
            }
        }
        match wrong {
            0 => Ok(()),
            _ => Err(Failure::Said.into()),
        }
    }

    fn print(&self, path: &Arc<str>, value: &Value) -> Result<()> {
        let (value, now) = (signal_value(Some(value)), Timestamp::now());
        match self.output {
            Format::Jsonl => {
                let timestamp = Some(now);
                let update = SignalUpdate { path: path.to_string(), value, timestamp };
                print_line(&serde_json::to_string(&update)?);
            }
            Format::Table => {
                let time = now.to_zoned_datetime(TimeZone::system()).strftime("%T%.3f");
                print_line(&format!("{time}  {path}  {}", shown(&value)));
            }
        }
        Ok(())
    }
}

async fn publish(providing: &mut Providing, path: &str, value: Value) -> Result<()> {
    providing.publish(path, value).await.map_err(|error| anyhow!("{error}"))
}

/// The signals of these paths, each of which is one.
async fn find(client: &Client, paths: &[String]) -> Result<Vec<Own>> {
    let listed = fetch(client, paths).await?.signals;
    for path in paths {
        let is_there = listed.iter().any(|signal| signal.path == *path);
        ensure!(
            is_there,
            "{path}: a signal's whole path is needed, neither a branch nor a pattern"
        );
    }
    let own = listed.into_iter().map(|signal| {
        let datatype = signal.datatype.parse().map_err(|error| anyhow!("{error}"))?;
        let is_actuator = signal.kind == Kind::Actuator;
        Ok(Own { path: signal.path.into(), datatype, is_actuator })
    });
    own.collect()
}

/// A line of standard input: nothing, a path and a value, or what `watch -o jsonl` prints.
fn parse(own: &[Own], line: &str) -> Result<Option<(Arc<str>, Value)>> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(None);
    }
    if line.starts_with('{') {
        let update: SignalUpdate = serde_json::from_str(line).context("no update of a signal")?;
        let value = match &update.value {
            Json::Null => bail!("{}: the update has no value", update.path),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        return read(own, &update.path, &value).map(Some);
    }
    match line.split_once([' ', '\t', '=']) {
        Some((path, value)) => read(own, path, value.trim()).map(Some),
        None => bail!("'{line}' has no value: write PATH VALUE"),
    }
}

fn read(own: &[Own], path: &str, value: &str) -> Result<(Arc<str>, Value)> {
    let Some(signal) = own.iter().find(|signal| &*signal.path == path) else {
        bail!("{path}: this signal is not provided here; name it in the command");
    };
    let value = Value::from_text(value, &signal.datatype);
    Ok((signal.path.clone(), value.map_err(|error| anyhow!("{path}: {error}"))?))
}

fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once('=').map_or((text, None), |(path, value)| (path, Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Option<String>, String> {
        let own =
            [("A.B", "float"), ("A.C", "string"), ("A.D", "uint8[]")].map(|(path, datatype)| Own {
                path: path.into(),
                datatype: datatype.parse().unwrap(),
                is_actuator: false,
            });
        let found = parse(&own, line).map_err(|error| error.to_string())?;
        Ok(found.map(|(path, value)| format!("{path} is {value}")))
    }

    #[test]
    fn a_line_is_a_path_and_a_value_or_an_update() {
        assert_eq!(parsed("  "), Ok(None));
        assert_eq!(parsed("A.B 1.5"), Ok(Some("A.B is 1.5".to_owned())));
        assert_eq!(parsed("A.B=1.5"), Ok(Some("A.B is 1.5".to_owned())));
        assert_eq!(parsed("A.B\t2"), parsed(r#"{"path": "A.B", "value": 2, "timestamp": null}"#));
        assert_eq!(parsed("A.D [1, 2]"), parsed(r#"{"path": "A.D", "value": [1, 2]}"#));
        for wrong in
            ["A.B", "A.B fast", "A.X 1", "{}", "A.D [300]", r#"{"path": "A.C", "value": null}"#]
        {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
        assert!(parsed("A.X 1").unwrap_err().contains("not provided here"));
    }
}
