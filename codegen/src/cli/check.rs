use std::process::ExitCode;

use clap::Args;

use super::{consumer::ConsumerOptions, messages::Stream, model::ModelOptions, output::counted};
use crate::Request;

const EXAMPLES: &str = "\
Examples:
  vssc check
  vssc check vss/VehicleEdge.vspec -l vss/overlays/sports-car.vspec
  vssc check --for kuksa                      also what a Kuksa broker would refuse
  vssc check --vss-version auto               what older releases took is a warning
  vssc check vss                              a folder, whose root file is found
  vssc check https://example.com/vss.json
  vssc check --message-format short           file:line:column, for editors and grep
  vssc check --message-format json            an object a line, for programs
  vssc check --message-format sarif > vssc.sarif
";

/// Check a model and say everything that is wrong with it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    #[command(flatten)]
    model: ModelOptions,

    #[command(flatten)]
    consumer: ConsumerOptions,
}

impl Check {
    pub(super) fn request(&self) -> Request {
        self.consumer.apply(self.model.request())
    }

    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let catalog = match self.model.compile_as(&self.request(), Stream::Stdout) {
            Ok(catalog) => catalog,
            Err(code) => return Ok(code),
        };
        let version = catalog.version().map(|version| format!(" {version}")).unwrap_or_default();
        let signals = counted(catalog.leaves().count(), "signal");
        self.model.say(format_args!("{}{version}: {signals}, no errors", catalog.root.name));
        Ok(ExitCode::SUCCESS)
    }
}
