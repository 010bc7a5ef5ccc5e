use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

use super::{model::ModelOptions, output};
use crate::target::json;

const EXAMPLES: &str = "\
Examples:
  vssc export json
  vssc export json -s model.vspec -u units.yaml -q quantities.yaml -o model.json
  vssc export json --no-expand --pretty
";

/// Write a model in another format.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Export {
    #[command(subcommand)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Format {
    Json(Json),
}

/// VSS JSON: the tree with its attributes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct Json {
    #[command(flatten)]
    model: ModelOptions,

    /// File to write [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Indent by two blanks.
    #[arg(long, overrides_with = "_no_pretty")]
    pretty: bool,

    /// One line (the default).
    #[arg(long = "no-pretty", hide = true)]
    _no_pretty: bool,
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Format::Json(command) = self.format;
        let catalog = match command.model.compile() {
            Ok(catalog) => catalog,
            Err(code) => return Ok(code),
        };
        let mut text = json::to_string(&catalog, command.pretty);
        // A file gets the bytes of the reference tool; a terminal gets a whole line.
        if command.output.is_none() {
            text.push('\n');
        }
        output::write(command.output.as_deref(), &text)?;
        // The process ends here: taking a large tree apart first would be idle work.
        std::mem::forget(catalog);
        Ok(ExitCode::SUCCESS)
    }
}
