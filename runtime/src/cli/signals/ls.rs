//! `vehicle-edge signals ls [PATTERN…]`.

use anyhow::Result;
use clap::Args;

use super::fetch;
use crate::cli::{
    client::Client,
    output::{Output, print_table, table},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals ls
  vehicle-edge signals ls 'Vehicle.Body.**'")]
pub(crate) struct Ls {
    /// Paths, branches, or patterns with * and **
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

impl Ls {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let list = fetch(client, &self.patterns).await?;
        self.output.many(&list.signals, || {
            let mut rows = table(&["PATH", "TYPE", "DATATYPE", "UNIT"]);
            for signal in &list.signals {
                rows.add_row([
                    signal.path.as_str(),
                    signal.kind.name(),
                    signal.datatype.as_str(),
                    signal.unit.as_deref().unwrap_or_default(),
                ]);
            }
            print_table(&rows);
        })
    }
}
