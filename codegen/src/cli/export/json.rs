use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;

use super::{Common, TypesOutput};
use crate::{cli::consumer::ConsumerOptions, target::json};

const EXAMPLES: &str = "\
Examples:
  vssc export json
  vssc export json -s vss/VehicleEdge.vspec -u vss/units.yaml -o model.json
  vssc export json --no-expand --pretty
  vssc export json --for kuksa -o broker.json

--for kuksa gives every node a description, empty where the author wrote none, and every branch
its children, and checks that a Kuksa databroker can hold the model.
";

/// VSS JSON: the tree with its attributes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Json {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    consumer: ConsumerOptions,

    #[command(flatten)]
    types: TypesOutput,

    /// Indent by two blanks.
    #[arg(long, overrides_with = "_no_pretty")]
    pretty: bool,

    /// One line (the default).
    #[arg(long = "no-pretty", hide = true)]
    _no_pretty: bool,
}

impl Json {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let request = self.consumer.apply(self.common.request());
        if !self.consumer.is_kuksa() {
            return self.common.export_apart(
                &self.types,
                |catalog| json::to_string(catalog, self.pretty),
                |types| json::types_to_string(types, self.pretty),
            );
        }
        ensure!(request.expand, "a Kuksa broker has no instances: leave out --no-expand");
        self.common.export_as(&request, |catalog| Ok(json::for_kuksa(catalog, self.pretty)))
    }
}
