//! `vssc watch`: a command again, whenever a file that it reads changes.
//!
//! Each run is a process of its own, so nothing piles up and a fault ends one run alone. It
//! tells which files it looked for ([`record`]), found or not, and those are watched.

mod changes;
mod record;

use std::{
    ffi::OsString,
    fmt,
    process::{Command, ExitCode, ExitStatus},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, ensure};
use clap::Args;

use super::output::{counted, say};
use changes::Changes;
pub(super) use record::{Recorder, note};

const EXAMPLES: &str = "\
Examples:
  vssc watch check vss/VehicleEdge.vspec
  vssc watch generate python vss/VehicleEdge.vspec -o sdk
  vssc watch export json -l vss/overlays/sports-car.vspec -s vss/VehicleEdge.vspec -o car.json
";

/// Run a command again whenever a file that it reads changes, until Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Watch {
    /// What to run: check, export, generate or tree, with its options
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    #[arg(value_name = "COMMAND")]
    words: Vec<OsString>,
}

/// Those that read a model and write nothing that they read.
const COMMANDS: [&str; 4] = ["check", "export", "generate", "tree"];

impl Watch {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let command = self.words.first().and_then(|word| word.to_str()).unwrap_or_default();
        ensure!(
            COMMANDS.contains(&command),
            "'{command}' cannot be watched; it takes {}",
            COMMANDS.join(", ")
        );
        ensure!(!self.words.iter().any(|word| word == "-"), "standard input cannot be watched");
        super::require_sense(&self.words);

        let program = std::env::current_exe().context("cannot find this program")?;
        let mut changes = Changes::new().context("cannot watch files")?;
        loop {
            let mut command = Command::new(&program);
            command.args(&self.words);
            let begun = SystemTime::now();
            let started = Instant::now();
            let (status, files) = record::run(command).context("cannot run this program")?;
            let took = started.elapsed();
            ensure!(!files.is_empty(), "the command reads no file of this machine");
            changes.watch(&files);
            say(summary(status, took, files.len()));
            // What changed while the command ran may have been read before.
            if changes.is_newer(begun) {
                continue;
            }
            let changed = changes.wait().context("cannot watch files")?;
            say(format_args!("{} changed", changed.display()));
        }
    }
}

fn summary(status: ExitStatus, took: Duration, files: usize) -> impl fmt::Display {
    let millis = took.as_millis();
    let outcome = match status.code() {
        Some(0) => format!("done in {millis} ms"),
        Some(code) => format!("failed in {millis} ms with exit code {code}"),
        None => format!("failed in {millis} ms: {status}"),
    };
    format!("{outcome}; watching {}", counted(files, "file"))
}
