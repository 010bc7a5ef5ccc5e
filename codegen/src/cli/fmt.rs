use std::{fs, path::Path, process::ExitCode};

use anyhow::Context;
use clap::Args;

use super::{
    access::AccessOptions,
    messages::{MessageOptions, Stream},
    output::{self, counted},
};
use crate::{
    Diagnostic,
    format::{FormatError, Formatted, Hunk, format},
    source::{Input, Loader},
};

const EXAMPLES: &str = "\
Examples:
  vssc fmt vss                                every .vspec file below the folder
  vssc fmt --check vss/VehicleEdge.vspec vss/overlays    exits with 1 where one would change
  vssc fmt - < vss/Cabin.vspec > Cabin.vspec
";

const LAYOUT: &str = "\
The layout is that of the published catalogue: an indent of two blanks, a blank line between
nodes, attributes in the order datatype, type, instances, unit, min, max, pattern, allowed,
enum, default, deprecation, description, comment, fka; others behind. Comments move with
what is below them, includes and values of several lines stay as they are. A file whose
meaning would change is left alone.

Exit code: 0; 1 where --check finds a file that would change, or a file is broken; 2 for
arguments that make no sense.
";

/// Bring vspec files into their canonical layout, comments kept.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n{LAYOUT}"))]
pub(super) struct Fmt {
    /// Files, or folders whose .vspec files are meant; what comes from standard input (-), an
    /// address or an archive goes to standard output [default: the working folder].
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<String>,

    /// Write nothing, show what would change, and exit with 1 if anything would.
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    messages: MessageOptions,

    #[command(flatten)]
    access: AccessOptions,
}

/// What happened to one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Same,
    Changed,
    Failed,
}

impl Fmt {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let loader = self.access.loader();
        let inputs = inputs(&self.paths, &loader)?;
        let mut outcomes = Vec::new();
        let mut diagnostics = Vec::new();
        let result = inputs.iter().try_for_each(|input| {
            outcomes.push(self.file(input, &loader, &mut diagnostics)?);
            anyhow::Ok(())
        });
        // Of all files at once: a log for programs is a whole.
        let first = inputs.first().map(ToString::to_string).unwrap_or_default();
        self.messages.print(&diagnostics, &first, Stream::Stderr)?;
        result?;
        let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
        let (changed, failed) = (count(Outcome::Changed), count(Outcome::Failed));
        self.messages.say(summary(outcomes.len(), changed, failed, self.check));
        let is_good = failed == 0 && !(self.check && changed > 0);
        Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn file(
        &self,
        input: &Input,
        loader: &impl Loader,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> anyhow::Result<Outcome> {
        let failed = |why: String| {
            output::say(format_args!("error: {why}"));
            Ok(Outcome::Failed)
        };
        let text = match read(input, loader) {
            Ok(text) => text,
            Err(why) => return failed(why),
        };
        let Formatted { text: formatted, hunks } = match format(input, &text) {
            Ok(formatted) => formatted,
            Err(FormatError::Broken(broken)) => {
                diagnostics.extend(broken);
                return Ok(Outcome::Failed);
            }
            Err(FormatError::Json) => {
                return failed(format!("{input} is JSON; vssc export json --pretty lays that out"));
            }
            Err(FormatError::NoSafeLayout) => {
                return failed(format!(
                    "{input} is written in a way that cannot be laid out safely, and is left as it is"
                ));
            }
        };
        let outcome = if hunks.is_empty() { Outcome::Same } else { Outcome::Changed };
        match input {
            _ if self.check => output::print(shown(input, &hunks).as_bytes())?,
            Input::Path(path) if outcome == Outcome::Changed => replace(path, &formatted)?,
            Input::Path(_) => {}
            _ => output::print(formatted.as_bytes())?,
        }
        Ok(outcome)
    }
}

/// `Err` says why not.
fn read(input: &Input, loader: &impl Loader) -> Result<String, String> {
    let bytes = loader.load(input).map_err(|error| {
        let help = error.help().map(|help| help.replace('\n', "\n          "));
        let help = help.map(|help| format!("\n  = help: {help}")).unwrap_or_default();
        format!("cannot read {input}: {error}{help}")
    })?;
    String::from_utf8(bytes).map_err(|_| format!("{input} is not UTF-8 text"))
}

fn inputs(paths: &[String], loader: &impl Loader) -> anyhow::Result<Vec<Input>> {
    let here = [".".to_owned()];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut inputs = Vec::new();
    for path in paths {
        let folder = Input::Path(path.into());
        let files = if path == "-" { None } else { files_in(&folder, loader)? };
        match files {
            Some(files) => inputs.extend(files),
            None => inputs.push(Input::parse(path)),
        }
    }
    Ok(inputs)
}

/// `None` where it is no folder.
fn files_in(folder: &Input, loader: &impl Loader) -> anyhow::Result<Option<Vec<Input>>> {
    loader.list(folder, "vspec").with_context(|| format!("cannot read {folder}"))
}

/// A link stays a link.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let target =
        fs::canonicalize(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(crate::output::replace(&target, text)?)
}

/// What would change, as a diff without the lines around.
fn shown(input: &Input, hunks: &[Hunk]) -> String {
    let mut out = String::new();
    for hunk in hunks {
        out.push_str(&format!("{input}:{}\n", hunk.line));
        for (mark, lines) in [('-', &hunk.old), ('+', &hunk.new)] {
            for line in lines {
                out.push_str(&format!("{mark}{}\n", visible(line.trim_end_matches('\n'))));
            }
        }
    }
    out
}

/// What a line ends with must be seen, and no control character reach the terminal.
fn visible(line: &str) -> String {
    let line = line.replace('\r', "\u{240d}").replace('\u{feff}', "<BOM>");
    line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// `2 of 14 files formatted`
fn summary(all: usize, changed: usize, failed: usize, check: bool) -> String {
    let files = counted(all, "file");
    let failed = match failed {
        0 => String::new(),
        failed => format!(", {failed} left as they are"),
    };
    match (changed, check) {
        (0, _) if failed.is_empty() => format!("{files}, nothing to change"),
        (changed, true) => format!("{changed} of {files} would change{failed}"),
        (changed, false) => format!("{changed} of {files} formatted{failed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_what_changed_and_what_could_not() {
        assert_eq!(summary(3, 0, 0, true), "3 files, nothing to change");
        assert_eq!(summary(3, 2, 0, true), "2 of 3 files would change");
        assert_eq!(summary(1, 1, 0, false), "1 of 1 file formatted");
        assert_eq!(summary(3, 1, 2, false), "1 of 3 files formatted, 2 left as they are");
    }

    #[test]
    fn line_ends_that_go_are_seen() {
        let hunk = Hunk { line: 2, old: vec!["A:\r\n".to_owned()], new: vec!["A:\n".to_owned()] };
        let text = shown(&Input::Path("a.vspec".into()), &[hunk]);
        assert_eq!(text, "a.vspec:2\n-A:\u{240d}\n+A:\n");
    }
}
