use std::process::ExitCode;

use clap::Args;

use super::Common;
use crate::target::json;

const EXAMPLES: &str = "\
Examples:
  vssc export json
  vssc export json -s vss/VehicleEdge.vspec -u vss/units.yaml -o model.json
  vssc export json --no-expand --pretty
";

/// VSS JSON: the tree with its attributes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Json {
    #[command(flatten)]
    common: Common,

    /// Indent by two blanks.
    #[arg(long, overrides_with = "_no_pretty")]
    pretty: bool,

    /// One line (the default).
    #[arg(long = "no-pretty", hide = true)]
    _no_pretty: bool,
}

impl Json {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.common.export(|catalog| Ok(json::to_string(catalog, self.pretty)))
    }
}
