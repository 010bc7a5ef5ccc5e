use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;

use super::output::{self, counted, say};

const EXAMPLES: &str = "\
Examples:
  vssc man > vssc.1                           then: man ./vssc.1
  vssc man --output share/man/man1            a page for every command, too
";

/// Write the manual pages.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Man {
    /// Folder for the pages of all commands, made where it is missing [default: the page of
    /// vssc alone, to standard output].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(folder) = &self.output else {
            let mut page = Vec::new();
            clap_mangen::Man::new(super::command()).render(&mut page)?;
            output::print(&page)?;
            return Ok(ExitCode::SUCCESS);
        };
        let cannot = || format!("cannot write manual pages to {}", folder.display());
        fs::create_dir_all(folder).with_context(cannot)?;
        clap_mangen::generate_to(super::command(), folder).with_context(cannot)?;
        let pages = fs::read_dir(folder).with_context(cannot)?.count();
        say(format_args!("{} in {}", counted(pages, "page"), folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}
