use std::{io, process::ExitCode};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  vssc completions bash > ~/.local/share/bash-completion/completions/vssc
  vssc completions zsh
";

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        clap_complete::generate(
            self.shell,
            &mut super::Arguments::command(),
            "vssc",
            &mut io::stdout(),
        );
        Ok(ExitCode::SUCCESS)
    }
}
