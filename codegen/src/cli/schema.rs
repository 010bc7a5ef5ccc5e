use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output;
use crate::{diagnostic, target::view};

const EXAMPLES: &str = "\
Examples:
  vssc schema model
  vssc schema model > model.schema.json
  vssc schema message
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
    /// What '--message-format json' prints, a line each
    Message,
}

impl Schema {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let schema = match self.format {
            Format::Model => serde_json::to_string_pretty(&view::schema())? + "\n",
            Format::Message => diagnostic::SCHEMA.to_owned(),
        };
        output::print(schema.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
