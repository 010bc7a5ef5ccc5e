use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output;
use crate::target::view;

const EXAMPLES: &str = "\
Examples:
  vssc schema model
  vssc schema model > model.schema.json
";

/// Print the JSON schema of a format that other programs read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Schema {
    /// The format
    #[arg(value_enum)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// What 'vssc export model' writes and templates see
    Model,
}

impl Schema {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let schema = match self.format {
            Format::Model => view::schema(),
        };
        output::print((serde_json::to_string_pretty(&schema)? + "\n").as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
