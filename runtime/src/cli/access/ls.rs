//! `vehicle-edge access ls [APP]`: what apps declare and what of that they are granted.

use anyhow::Result;
use clap::Args;

use crate::{
    api::wire::{AccessList, AccessReport, Standing},
    app::{AppId, GrantState, access_name},
    cli::{
        client::Client,
        output::{Output, print_table, table},
    },
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge access ls
  vehicle-edge access ls my-app --output json")]
pub(crate) struct Ls {
    /// Id of the app; all apps without it
    #[arg(value_name = "APP")]
    app: Option<AppId>,
    #[command(flatten)]
    output: Output,
}

impl Ls {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let query: Vec<(&str, &str)> = self.app.iter().map(|app| ("app", app.as_str())).collect();
        let list: AccessList = client.get("/api/access", &query).await?;
        self.output.many(&list.apps, || print(&list.apps))
    }
}

pub(super) fn print(apps: &[AccessReport]) {
    let mut rows = table(&["APP", "ACCESS", "SIGNAL", "STATE"]);
    for AccessReport { app, grants, .. } in apps {
        for standing in grants {
            let access = access_name(standing.access);
            rows.add_row([app.as_str(), access, &standing.path, &state(standing)]);
        }
    }
    print_table(&rows);
}

fn state(standing: &Standing) -> String {
    let Standing { state, granted, signals, .. } = standing;
    match state {
        GrantState::Partly => format!("partly ({granted} of {signals})"),
        other => other.name().to_owned(),
    }
}
