//! `vehicle-edge signals …`.
//!
//! Traces are files of this side, so `record` and `replay` talk to the broker itself,
//! and so does `provide`, for a claim lasts as long as its stream.

mod actuate;
mod export;
mod get;
mod history;
mod ls;
mod mock;
mod provide;
mod record;
mod remote;
mod replay;
mod set;
mod watch;

use anyhow::Result;
use clap::Subcommand;
use serde_json::Value as Json;

use super::client::Client;
use crate::api::wire::SignalList;

#[derive(Debug, Subcommand)]
pub(crate) enum Signals {
    /// Show the values of signals
    Get(get::Get),
    /// Set the target of an actuator, or the value of any other signal
    Set(set::Set),
    /// Ask an actuator for a value, of whoever carries that out
    Actuate(actuate::Actuate),
    /// Show values as they change
    Watch(watch::Watch),
    /// Show the last values of signals that the runtime keeps
    History(history::History),
    /// List signals with their types
    Ls(ls::Ls),
    /// Be the provider of signals: publish values, and carry out what is asked
    Provide(provide::Provide),
    /// Write what signals do into a file
    Record(record::Record),
    /// Play a recording: its values at their times
    Replay(replay::Replay),
    /// Write a recording as csv or parquet
    Export(export::Export),
    /// See and change what the mock plays
    #[command(subcommand)]
    Mock(mock::Mock),
}

impl Signals {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        match self {
            Signals::Get(get) => get.run(client).await,
            Signals::Set(set) => set.run(client).await,
            Signals::Actuate(actuate) => actuate.run(client).await,
            Signals::Watch(watch) => watch.run(client).await,
            Signals::History(history) => history.run(client).await,
            Signals::Ls(ls) => ls.run(client).await,
            Signals::Provide(provide) => provide.run(client).await,
            Signals::Record(record) => record.run(client).await,
            Signals::Replay(replay) => replay.run(client).await,
            Signals::Export(export) => export.run(),
            Signals::Mock(mock) => mock.run(client).await,
        }
    }
}

/// The signals of these patterns, all without any.
async fn fetch(client: &Client, patterns: &[String]) -> Result<SignalList> {
    let joined = patterns.join(",");
    let query = [("path", joined.as_str())];
    client.get("/api/signals", if patterns.is_empty() { &[] } else { &query }).await
}

/// A value as people read it: text without quotes, `-` for none.
fn shown(value: &Json) -> String {
    match value {
        Json::Null => "-".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}
