//! The command line of `vssc`: one file per subcommand.
//!
//! In: arguments. Out: files or standard output; diagnostics on standard error, where
//! `check` has their forms for programs on standard output; and the exit code: 0 when it
//! went well, 1 when the model has errors or something could not be written, 2 when the
//! arguments make no sense.
//! Must not know: how anything is compiled or generated.

mod access;
mod check;
mod color;
mod completions;
mod consumer;
mod diff;
mod dump;
mod explain;
mod export;
mod fmt;
mod generate;
mod man;
mod messages;
mod model;
mod output;
mod schema;
mod search;
mod templates;
mod tree;
mod watch;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};

use crate::Request;

const EXAMPLES: &str = "\
Examples:
  vssc check                                  the embedded default model
  vssc check vss/VehicleEdge.vspec
  vssc export json -o model.json              expanded VSS JSON
  vssc export json --pretty -s model.json     JSON can be read, too
  vssc generate python -o sdk                 a typed Python package
  vssc explain VSS041                         what the code of a message means

Environment, for models from addresses:
  VSSC_TOKEN                  token that is sent (as bearer) to the host VSSC_AUTH_HOST
  VSSC_USER, VSSC_PASSWORD    sent in its place (as basic authentication)
  VSSC_AUTH_HOST              the one host, as cars.test or cars.test:8443, that gets them,
                              over https; no include and no redirect takes them elsewhere
  VSSC_CACHE_DIR              folder of copies [default: vssc in ~/.cache]; empty for none
  VSSC_OFFLINE, VSSC_CA       the same as --offline and --ca

Exit code: 0; 1 where the model has errors or something cannot be written; 2 for arguments
that make no sense.
";

/// The VSS compiler: vehicle signal models in, SDKs and exports out.
#[derive(Debug, Parser)]
#[command(name = "vssc", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Export(export::Export),
    Generate(generate::Generate),
    Search(search::Search),
    Tree(tree::Tree),
    Fmt(fmt::Fmt),
    Diff(diff::Diff),
    Dump(dump::Dump),
    Watch(watch::Watch),
    Explain(explain::Explain),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Every subcommand and option, as data.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// The request that the options of `vssc check` make, without the word `check`.
pub fn request(options: &[&str]) -> Result<Request, clap::Error> {
    let words = ["vssc", "check"].iter().chain(options);
    match Arguments::try_parse_from(words)?.command {
        Command::Check(command) => Ok(command.request()),
        _ => Ok(Request::default()),
    }
}

/// Ends the process with what is wrong with the words of a command, if anything is.
fn require_sense(words: &[OsString]) {
    let words = [OsString::from("vssc")].into_iter().chain(words.iter().cloned());
    if let Err(error) = Arguments::try_parse_from(words) {
        error.exit();
    }
}

pub fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Check(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Generate(command) => command.run(),
        Command::Search(command) => command.run(),
        Command::Tree(command) => command.run(),
        Command::Fmt(command) => command.run(),
        Command::Diff(command) => command.run(),
        Command::Dump(command) => command.run(),
        Command::Watch(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
    };
    result.unwrap_or_else(|error| {
        output::say(format_args!("error: {error:#}"));
        ExitCode::FAILURE
    })
}
