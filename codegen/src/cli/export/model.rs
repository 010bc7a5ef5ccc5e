use std::process::ExitCode;

use clap::Args;

use super::Common;
use crate::target::view;

const EXAMPLES: &str = "\
Examples:
  vssc export model
  vssc export model vss/VehicleEdge.vspec -o model.json

Its shape is that of 'vssc schema model'.
";

/// JSON with everything decided: what templates and programs of your own can read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Model {
    #[command(flatten)]
    common: Common,
}

impl Model {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.common
            .export(|catalog| Ok(serde_json::to_string_pretty(&view::Model::new(catalog))? + "\n"))
    }
}
