//! `vehicle-edge model show|set|revert`.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use reqwest::Method;
use vss_codegen::{Request, source::Input};

use super::{
    client::Client,
    output::{Output, print_fields, print_line},
};
use crate::{
    api::wire::{InfoModel, ModelReply, NewModel},
    models::{self, ModelSource},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// Show the vehicle model in use
    #[command(after_help = "Example:\n  vehicle-edge model show")]
    Show(Show),
    /// Exchange the model while everything runs: signals that both have keep their values
    #[command(after_help = SET_EXAMPLES)]
    Set(Set),
    /// Go back to the model before
    #[command(after_help = "Example:\n  vehicle-edge model revert")]
    Revert(Revert),
}

const SET_EXAMPLES: &str = "Examples:
  vehicle-edge model set vehicle.vspec
  vehicle-edge model set https://example.org/vss.json --dry-run";

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The model: a vspec or JSON file, a folder with one, or an address
    #[arg(value_name = "FILE|URL")]
    model: String,
    /// Unit file; `units.yaml` beside the model without it
    #[arg(short, long, value_name = "FILE")]
    units: Vec<String>,
    /// Quantity file; `quantities.yaml` beside the model without it
    #[arg(short, long, value_name = "FILE")]
    quantities: Vec<String>,
    /// Overlay, laid over the model in this order
    #[arg(short = 'l', long = "overlay", value_name = "FILE")]
    overlays: Vec<String>,
    /// File of struct types
    #[arg(long, value_name = "FILE")]
    types: Vec<String>,
    /// Exchange it though installed apps break, which then do not start
    #[arg(long)]
    force: bool,
    /// Only say which installed apps would break
    #[arg(long, conflicts_with = "force")]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Revert {
    /// Go back though installed apps break, which then do not start
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    output: Output,
}

/// What the other side may take to compile and compare.
const PATIENCE: Duration = Duration::from_secs(60);

impl Model {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        match self {
            Model::Show(show) => show.run(client).await,
            Model::Set(set) => set.run(client).await,
            Model::Revert(revert) => revert.run(client).await,
        }
    }
}

impl Show {
    async fn run(self, client: &Client) -> Result<()> {
        let model: InfoModel = client.get("/api/model", &[]).await?;
        self.output.one(&model, || {
            print_fields(&[
                ("name", model.model.name.clone()),
                ("version", model.model.version.clone().unwrap_or_else(|| "none".to_owned())),
                ("signals", model.signals.to_string()),
                ("source", model.source.clone()),
                ("hash", model.model.hash.clone()),
            ])
        })
    }
}

impl Set {
    async fn run(self, client: &Client) -> Result<()> {
        let dry_run = self.dry_run;
        let query = [("force", flag(self.force)), ("dry_run", flag(dry_run))];
        let (new, output) = {
            let compiled = move || (self.compiled(), self.output);
            tokio::task::spawn_blocking(compiled).await?
        };
        let new = new?;
        let request = client.request(Method::PUT, client.url("/api/model", &query));
        let body = serde_json::to_vec(&new).context("the model cannot be sent")?;
        let request = request.header("content-type", "application/json").body(body);
        let reply: ModelReply = client.json(request.timeout(PATIENCE)).await?;
        output.one(&reply, || print(&reply, dry_run))
    }

    /// Compiled here: the runtime need not be able to read the files, nor reach the address.
    fn compiled(&self) -> Result<NewModel> {
        let inputs = |names: &[String]| names.iter().map(|name| Input::parse(name)).collect();
        let source = models::source(Request {
            model: Some(Input::parse(&self.model)),
            units: inputs(&self.units),
            quantities: inputs(&self.quantities),
            overlays: inputs(&self.overlays),
            types: inputs(&self.types),
            ..Request::default()
        });
        let name = source.name();
        let ModelSource::Compile(request) = source else {
            anyhow::bail!("{name} was generated already: name the model it was generated from");
        };
        let (model, types) = models::texts(&models::compiled(&request)?);
        Ok(NewModel { model, types, source: name })
    }
}

impl Revert {
    async fn run(self, client: &Client) -> Result<()> {
        let query = [("force", flag(self.force))];
        let reply: ModelReply = client.post("/api/model/revert", &query, PATIENCE).await?;
        self.output.one(&reply, || print(&reply, false))
    }
}

fn flag(set: bool) -> &'static str {
    if set { "true" } else { "false" }
}

fn print(reply: &ModelReply, dry_run: bool) {
    let ModelReply { model, change } = reply;
    for (app, breaks) in &change.breaks {
        for line in breaks {
            print_line(&format!("breaks {app}: {line}"));
        }
    }
    if dry_run {
        let text = if change.breaks.is_empty() { "no installed app breaks" } else { "not set" };
        return print_line(text);
    }
    let version = model.model.version.as_deref().map_or_else(String::new, |v| format!(" {v}"));
    print_line(&format!(
        "{}{version}: {} signals, {} added, {} gone",
        model.model.name,
        model.signals,
        change.added.len(),
        change.gone.len()
    ))
}
