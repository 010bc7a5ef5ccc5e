//! `vehicle-edge access grant|revoke`.

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use reqwest::Method;
use vss_codegen::model::Access;

use super::ls;
use crate::{
    api::wire::{AccessOrder, AccessReport},
    app::{AppId, Ruling},
    cli::{client::Client, output::Output},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge access grant my-app
  vehicle-edge access grant my-app Vehicle.Cabin.Door.** --access read,write")]
pub(crate) struct Grant {
    #[command(flatten)]
    what: What,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge access revoke my-app
  vehicle-edge access revoke my-app Vehicle.Speed --access read")]
pub(crate) struct Revoke {
    #[command(flatten)]
    what: What,
}

#[derive(Debug, Args)]
struct What {
    /// Id of the app
    #[arg(value_name = "APP")]
    app: AppId,
    /// Path or pattern of signals; all that the app declares without it
    #[arg(value_name = "PATTERN")]
    pattern: Option<String>,
    /// What it may do with them; all that it declares without it
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ACCESS")]
    access: Vec<Word>,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Word {
    Read,
    /// Ask an actuator for a value
    Write,
    /// Set the value, and carry out what an actuator is asked for
    Provide,
}

impl Grant {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        self.what.decide(Ruling::Grant, client).await
    }
}

impl Revoke {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        self.what.decide(Ruling::Revoke, client).await
    }
}

impl What {
    async fn decide(self, ruling: Ruling, client: &Client) -> Result<()> {
        let access = self.access.into_iter().map(|word| match word {
            Word::Read => Access::Read,
            Word::Write => Access::Write,
            Word::Provide => Access::Provide,
        });
        let order =
            AccessOrder { app: self.app, ruling, access: access.collect(), pattern: self.pattern };
        let body = serde_json::to_vec(&order).context("the order cannot be sent")?;
        let request = client.request(Method::POST, client.url("/api/access", &[]));
        let request = request.header("content-type", "application/json").body(body);
        let report: AccessReport = client.json(request).await?;
        self.output.one(&report, || ls::print(std::slice::from_ref(&report)))
    }
}
