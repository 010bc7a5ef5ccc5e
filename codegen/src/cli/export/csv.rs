use std::process::ExitCode;

use clap::Args;

use super::{Common, TypesOutput};
use crate::target::csv::{self, Columns};

const EXAMPLES: &str = "\
Examples:
  vssc export csv
  vssc export csv vss/VehicleEdge.vspec --no-expand -e x-owner
";

/// CSV: a line for each node. Extended attributes are columns.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Csv {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    types: TypesOutput,
}

impl Csv {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let request = self.common.request();
        let columns = Columns { instances: !request.expand, extra: &request.extended_attributes };
        self.common.export_apart(
            &self.types,
            |catalog| csv::to_string(catalog, columns),
            |types| csv::types_to_string(types, columns),
        )
    }
}
