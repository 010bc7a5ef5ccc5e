//! `vehicle-edge signals mock ls|set|load|reset`.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use reqwest::{Method, Url};
use serde_json::Value as Json;

use crate::{
    api::wire::{MockChanged, MockList, MockScript, MockSet},
    cli::{
        client::Client,
        output::{Output, print_line, print_table, table},
    },
    signals::mock::{Behaviour, Origin, Script},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Mock {
    /// List what the mock plays, and who said so
    Ls(Ls),
    /// Change what signals do, until a reset or the end of the runtime
    Set(Set),
    /// Play another mock file, instead of everything that was said before
    #[command(after_help = "Example:\n  vehicle-edge signals mock load mock.yaml")]
    Load(Load),
    /// Undo what set and triggers did
    Reset(Reset),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals mock ls
  vehicle-edge signals mock ls 'Vehicle.Cabin.**'")]
pub(crate) struct Ls {
    /// Paths, branches, or patterns with * and **
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals mock set Vehicle.Speed '{sine: {min: 0, max: 100, period: 10s}}'
  vehicle-edge signals mock set Vehicle.Speed '{constant: 50}'
  vehicle-edge signals mock set 'Vehicle.Cabin.**' off")]
pub(crate) struct Set {
    /// A path, a branch, or a pattern with * and **
    #[arg(value_name = "PATTERN")]
    pattern: String,
    /// What the signals are to do, as in a mock file: plausible, off, echo, or one of constant,
    /// sine, ramp, random_walk, sequence, echo and expression with what it needs
    #[arg(value_name = "BEHAVIOUR")]
    behaviour: String,
}

#[derive(Debug, Args)]
pub(crate) struct Load {
    /// The mock file (YAML), or a list of signals with values (JSON)
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals mock reset
  vehicle-edge signals mock reset Vehicle.Speed")]
pub(crate) struct Reset {
    /// A path, a branch, or a pattern with * and **; every signal without it
    #[arg(value_name = "PATTERN")]
    pattern: Option<String>,
}

const ADDRESS: &str = "/api/signals/mock";

impl Mock {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        match self {
            Mock::Ls(ls) => ls.run(client).await,
            Mock::Set(set) => set.run(client).await,
            Mock::Load(load) => load.run(client).await,
            Mock::Reset(reset) => reset.run(client).await,
        }
    }
}

impl Ls {
    async fn run(self, client: &Client) -> Result<()> {
        let joined = self.patterns.join(",");
        let query = [("path", joined.as_str())];
        let query = if self.patterns.is_empty() { &[] } else { query.as_slice() };
        let list: MockList = client.get(ADDRESS, query).await?;
        let behaviours: Vec<Json> = list
            .signals
            .iter()
            .map(|played| serde_json::to_value(&played.behaviour))
            .collect::<Result<_, _>>()?;
        self.output.many(&list.signals, || {
            let mut rows = table(&["PATH", "BEHAVIOUR", "FROM"]);
            for (played, behaviour) in list.signals.iter().zip(&behaviours) {
                let from = match &played.from {
                    Origin::Default => "default".to_owned(),
                    Origin::Rule(pattern) => format!("rule {pattern}"),
                    Origin::Live(pattern) => format!("set {pattern}"),
                    Origin::Trigger => "trigger".to_owned(),
                };
                rows.add_row([played.signal.clone(), shown(behaviour), from]);
            }
            print_table(&rows);
        })
    }
}

impl Set {
    async fn run(self, client: &Client) -> Result<()> {
        let wanted = MockSet { signals: self.pattern, behaviour: Json::String(self.behaviour) };
        let body = serde_json::to_string(&wanted)?;
        let changed = change(client, Method::PUT, client.url(ADDRESS, &[]), body).await?;
        print_line(&format!("signals changed: {}", changed.signals));
        Ok(())
    }
}

impl Load {
    /// Read here: the runtime need not be able to read the file, nor those that it names.
    async fn run(self, client: &Client) -> Result<()> {
        let sent = self.read()?;
        let address = client.url(&format!("{ADDRESS}/script"), &[]);
        let changed = change(client, Method::PUT, address, serde_json::to_string(&sent)?).await?;
        print_line(&format!("signals played: {}", changed.signals));
        Ok(())
    }

    fn read(&self) -> Result<MockScript> {
        let name = self.file.display().to_string();
        let script = Script::load(&self.file)?;
        let read = |file: &std::path::Path| {
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
        };
        let folder = self.file.parent().unwrap_or(&self.file);
        let mut files = BTreeMap::new();
        for rule in &script.rules {
            if let Behaviour::Csv(csv) = rule.behaviour.as_ref() {
                files.insert(csv.file.clone(), read(&folder.join(&csv.file))?);
            }
        }
        Ok(MockScript { name, text: read(&self.file)?, files })
    }
}

impl Reset {
    async fn run(self, client: &Client) -> Result<()> {
        let query = self.pattern.as_deref().map(|pattern| ("path", pattern));
        let address = client.url(ADDRESS, query.as_slice());
        let changed = change(client, Method::DELETE, address, String::new()).await?;
        print_line(&format!("signals reset: {}", changed.signals));
        Ok(())
    }
}

async fn change(client: &Client, method: Method, url: Url, body: String) -> Result<MockChanged> {
    client.json(client.request(method, url).body(body)).await
}

/// In one line of YAML, as `set` takes it. A word alone is a behaviour, whatever it means to
/// YAML elsewhere.
fn shown(behaviour: &Json) -> String {
    behaviour.as_str().map_or_else(|| flow(behaviour), str::to_owned)
}

fn flow(value: &Json) -> String {
    match value {
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", flow(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Json::Array(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Json::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a text is itself without quotes.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let read = serde_yaml::from_str::<Json>(text);
    text.chars().all(plain) && matches!(read, Ok(Json::String(read)) if read == text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_listed_can_be_set() {
        let shown = |behaviour: &str| {
            let behaviour = Behaviour::parse(behaviour).unwrap();
            let text = super::shown(&serde_json::to_value(&behaviour).unwrap());
            assert_eq!(Behaviour::parse(&text), Ok(behaviour), "{text}");
            text
        };
        assert_eq!(
            shown("{sine: {max: 100, period: 1m}}"),
            "{sine: {max: 100.0, period: 60s, phase: 0.0}}"
        );
        assert_eq!(shown("plausible"), "plausible");
        assert_eq!(shown("off"), "off");
        assert_eq!(shown("{constant: '50'}"), r#"{constant: "50"}"#);
        assert_eq!(shown("{constant: 'a: b'}"), r#"{constant: "a: b"}"#);
        assert_eq!(
            shown("{expression: Vehicle.Speed / 2}"),
            r#"{expression: "Vehicle.Speed / 2"}"#
        );
        assert_eq!(flow(&json!(["true", "x"])), r#"["true", x]"#);
    }
}
