use std::process::ExitCode;

use clap::Args;

use super::{Common, TypesOutput};
use crate::target::yaml::{self, Extras};

const EXAMPLES: &str = "\
Examples:
  vssc export yaml
  vssc export yaml vss/VehicleEdge.vspec -l vss/overlays/sports-car.vspec
  vssc export yaml --no-expand --extend-all-attributes
";

/// YAML: one flat map from path to attributes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Yaml {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    types: TypesOutput,

    /// Export every attribute that the language does not know, not only those named by
    /// --extended-attributes.
    #[arg(long, overrides_with = "_named_only")]
    extend_all_attributes: bool,

    /// Only those named (the default).
    #[arg(long = "no-extend-all-attributes", hide = true)]
    _named_only: bool,
}

impl Yaml {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let request = self.common.request();
        let extras = match self.extend_all_attributes {
            true => Extras::All,
            false => Extras::Named(&request.extended_attributes),
        };
        self.common.export_apart(
            &self.types,
            |catalog| yaml::to_string(catalog, extras),
            |types| yaml::types_to_string(types, extras),
        )
    }
}
