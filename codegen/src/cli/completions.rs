use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  source <(vssc completions bash)             in ~/.bashrc
  vssc completions zsh > _vssc                in a folder of $fpath
";

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        // Into memory first: the generator panics where it cannot write.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "vssc", &mut script);
        super::output::print(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
