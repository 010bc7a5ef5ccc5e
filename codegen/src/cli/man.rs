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
        let mut command = super::command().disable_help_subcommand(true);
        // Gives every subcommand its whole name.
        command.build();
        let Some(folder) = &self.output else {
            output::print(&page(&command)?)?;
            return Ok(ExitCode::SUCCESS);
        };
        let cannot = || format!("cannot write manual pages to {}", folder.display());
        fs::create_dir_all(folder).with_context(cannot)?;
        let mut open = vec![&command];
        let mut pages = 0;
        while let Some(command) = open.pop() {
            open.extend(command.get_subcommands().filter(|inner| !inner.is_hide_set()));
            let name = clap_mangen::Man::new(command.clone()).get_filename();
            fs::write(folder.join(name), page(command)?).with_context(cannot)?;
            pages += 1;
        }
        say(format_args!("{} in {}", counted(pages, "page"), folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}

fn page(command: &clap::Command) -> anyhow::Result<Vec<u8>> {
    let man = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let notes = command.get_after_long_help().or(command.get_after_help());
    page.extend(notes.map(|notes| section(&notes.to_string())).unwrap_or_default().bytes());
    Ok(page)
}

/// Examples and tables, whose lines must not flow into each other.
fn section(notes: &str) -> String {
    let mut out = ".SH NOTES\n.nf\n".to_owned();
    for line in notes.trim_end().lines() {
        // A dot or a quote at the begin of a line is a command of the page.
        let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
        out.push_str(guard);
        out.push_str(&line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq"));
        out.push('\n');
    }
    out + ".fi\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_notes_stay_apart_and_are_no_commands() {
        let section = section("Examples:\n  vssc -s 'a\\b'\n.end\n");
        let expected = "Examples:\n  vssc \\-s \\(aqa\\eb\\(aq\n\\&.end\n";
        assert_eq!(section, format!(".SH NOTES\n.nf\n{expected}.fi\n"));
    }
}
