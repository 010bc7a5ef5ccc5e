//! `vehicle-edge completions SHELL`.

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::Shell;

use super::output::print;

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
        let mut script = Vec::new();
        clap_complete::generate(self.shell, command, "vehicle-edge", &mut script);
        print(&String::from_utf8(script)?);
        Ok(())
    }
}
