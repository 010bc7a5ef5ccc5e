use std::process::ExitCode;

use clap::Args;

use super::Common;
use crate::target::jsonschema::{self, Options};

const EXAMPLES: &str = "\
Examples:
  vssc export jsonschema --pretty
  vssc export jsonschema -s vss/VehicleEdge.vspec -o vehicle.schema.json
  vssc export jsonschema --no-additional-properties --require-all-properties

A document that the schema describes has an object for each branch below the root:
  {\"Speed\": 50.5, \"Cabin\": {\"Door\": {\"Row1\": {\"DriverSide\": {\"IsOpen\": true}}}}}
";

/// JSON Schema 2020-12 of a document that holds the signals' values.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct JsonSchema {
    #[command(flatten)]
    common: Common,

    /// Indent by two blanks.
    #[arg(long, overrides_with = "_no_pretty")]
    pretty: bool,

    /// One line (the default).
    #[arg(long = "no-pretty", hide = true)]
    _no_pretty: bool,

    /// Refuse properties that the model does not have.
    #[arg(long)]
    no_additional_properties: bool,

    /// Refuse an object that lacks one of its properties.
    #[arg(long)]
    require_all_properties: bool,

    /// Carry type, datatype, comment and the like as x-… annotations.
    #[arg(long, alias = "all-extended-attributes", overrides_with = "_named_only")]
    extend_all_attributes: bool,

    /// Only those named (the default).
    #[arg(long = "no-extend-all-attributes", hide = true)]
    _named_only: bool,
}

impl JsonSchema {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let options = Options {
            no_additional_properties: self.no_additional_properties,
            require_all_properties: self.require_all_properties,
            extend_all_attributes: self.extend_all_attributes,
        };
        self.common.export(|catalog| Ok(jsonschema::to_string(catalog, options, self.pretty)?))
    }
}
