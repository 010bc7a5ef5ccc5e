//! `vehicle-edge ps`: the apps in a table.

use anyhow::Result;
use clap::Args;

use super::{
    client::Client,
    output::{Output, age, paint, print_table, table},
};
use crate::{
    api::wire::AppList,
    app::{AppStatus, State},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge ps
  vehicle-edge ps --output json")]
pub(crate) struct Ps {
    #[command(flatten)]
    output: Output,
}

impl Ps {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let list: AppList = client.get("/api/apps", &[]).await?;
        self.output.many(&list.apps, || print(&list.apps))
    }
}

fn print(apps: &[AppStatus]) {
    let mut rows = table(&["APP", "VERSION", "STATE", "SINCE", "PID", "RESTARTS", "REASON"]);
    for app in apps {
        rows.add_row([
            app.id.to_string(),
            app.version.clone(),
            coloured(app.state),
            age(app.since),
            app.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
            app.restarts.to_string(),
            app.reason.clone().unwrap_or_default(),
        ]);
    }
    print_table(&rows);
}

/// Green runs, yellow is on its way or held, red needs somebody.
pub(crate) fn coloured(state: State) -> String {
    let code = match state {
        State::Running => 32,
        State::Failed => 31,
        State::Installed | State::Stopped => return state.to_string(),
        _ => 33,
    };
    paint(state.name(), code)
}
