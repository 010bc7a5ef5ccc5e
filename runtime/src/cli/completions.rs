//! `vehicle-edge completions SHELL`.

use std::io;

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::Shell;

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  vehicle-edge completions bash > ~/.local/share/bash-completion/completions/vehicle-edge")]
pub(crate) struct Completions {
    /// The shell to write them for
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, command: &mut Command) -> Result<()> {
        clap_complete::generate(self.shell, command, "vehicle-edge", &mut io::stdout());
        Ok(())
    }
}
