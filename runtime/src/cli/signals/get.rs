//! `vehicle-edge signals get PATH…`.

use anyhow::Result;
use clap::Args;

use super::{fetch, shown};
use crate::cli::{
    client::Client,
    output::{Output, print_line, print_table, table},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals get Vehicle.Speed
  vehicle-edge signals get 'Vehicle.Cabin.Door.**'")]
pub(crate) struct Get {
    /// Paths, branches, or patterns with * and **
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    #[command(flatten)]
    output: Output,
}

impl Get {
    /// One signal prints its bare value and unit, for scripts; several print a table.
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let list = fetch(client, &self.paths).await?;
        self.output.many(&list.signals, || {
            if let [only] = list.signals.as_slice() {
                print_line(&format!("{}{}", shown(&only.value), unit(only.unit.as_deref())));
                return;
            }
            let mut rows = table(&["PATH", "VALUE", "UNIT"]);
            for signal in &list.signals {
                let unit = signal.unit.clone().unwrap_or_default();
                rows.add_row([signal.path.clone(), shown(&signal.value), unit]);
            }
            print_table(&rows);
        })
    }
}

fn unit(unit: Option<&str>) -> String {
    unit.map_or_else(String::new, |unit| format!(" {unit}"))
}
