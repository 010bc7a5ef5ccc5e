//! `vssc generate`: a model as files in a folder.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use clap::ValueEnum;

use super::{
    model::ModelOptions,
    output::{counted, say},
    templates::TemplateOptions,
};
use crate::{GeneratedFile, Target, generate, output};

const EXAMPLES: &str = "\
Examples:
  vssc generate python -o sdk
  vssc generate rust vss/VehicleEdge.vspec -o vehicle-signals
  vssc generate manifest -l vss/overlays/sports-car.vspec -s vss/VehicleEdge.vspec -o build
  vssc generate rust vss/VehicleEdge.vspec -o vehicle-signals --check";

/// How many differences `--check` shows before it only counts them.
const SHOWN: usize = 20;

/// Make an SDK, or the manifest that the runtime reads, from a model.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Generate {
    /// What to generate
    #[arg(value_enum)]
    target: TargetName,
    #[command(flatten)]
    model: ModelOptions,
    /// Folder to write to. Files that are the same stay untouched, those that an earlier
    /// run generated of branches that are gone are removed, others that are in it are left
    /// alone
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    templates: TemplateOptions,
    /// Write nothing; exit with 1 if a file in the folder is not as it would be generated
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TargetName {
    /// The typed Python package vehicle_signal_model
    Python,
    /// The Rust crate vehicle-signal-model, with the crate that talks to a broker in client/
    Rust,
    /// manifest.json, the flat list of signals that the runtime reads
    Manifest,
}

impl From<TargetName> for Target {
    fn from(name: TargetName) -> Target {
        match name {
            TargetName::Python => Target::Python,
            TargetName::Rust => Target::Rust,
            TargetName::Manifest => Target::Manifest,
        }
    }
}

impl Generate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        let templates = self.templates.read()?;
        let catalog = match self.model.compile() {
            Ok(catalog) => catalog,
            Err(code) => return Ok(code),
        };
        let files = generate(&catalog, self.target.into(), &templates)?;
        if self.check {
            return check(&self.output, &files);
        }
        let written = output::write(&self.output, &files)?;
        self.model.say(summary(written, &self.output, started.elapsed().as_millis()));
        // The process ends here: taking a large tree apart first would be idle work.
        std::mem::forget(catalog);
        Ok(ExitCode::SUCCESS)
    }
}

/// `wrote 14 files to sdk in 41 ms, removed 2 files of an earlier run`
fn summary(result: output::Written, folder: &Path, millis: u128) -> String {
    let folder = folder.display();
    let files = |count| counted(count, "file");
    let written = match (result.written, result.unchanged) {
        (0, all) if result.removed == 0 => {
            format!("{folder} is up to date ({}, {millis} ms)", files(all))
        }
        (all, 0) => format!("wrote {} to {folder} in {millis} ms", files(all)),
        (some, rest) => {
            format!("wrote {some} of {} to {folder} in {millis} ms", files(some + rest))
        }
    };
    match result.removed {
        0 => written,
        some => format!("{written}, removed {} of an earlier run", files(some)),
    }
}

fn check(folder: &Path, files: &[GeneratedFile]) -> anyhow::Result<ExitCode> {
    let differences = output::check(folder, files)?;
    if differences.is_empty() {
        say(format_args!("{} is up to date", folder.display()));
        return Ok(ExitCode::SUCCESS);
    }
    for difference in differences.iter().take(SHOWN) {
        say(difference);
    }
    if differences.len() > SHOWN {
        say(format_args!("and {} more", differences.len() - SHOWN));
    }
    let changes = counted(differences.len(), "file");
    say(format_args!("{changes} would change; without --check it is done"));
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Written;

    #[test]
    fn the_summary_tells_written_from_unchanged() {
        let say = |written, unchanged, removed| {
            summary(Written { written, unchanged, removed }, Path::new("sdk"), 41)
        };
        assert_eq!(say(14, 0, 0), "wrote 14 files to sdk in 41 ms");
        assert_eq!(say(1, 0, 0), "wrote 1 file to sdk in 41 ms");
        assert_eq!(say(1, 13, 0), "wrote 1 of 14 files to sdk in 41 ms");
        assert_eq!(say(0, 14, 0), "sdk is up to date (14 files, 41 ms)");
        let removed = "wrote 0 of 14 files to sdk in 41 ms, removed 1 file of an earlier run";
        assert_eq!(say(0, 14, 1), removed);
    }
}
