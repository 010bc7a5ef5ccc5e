//! How diagnostics are printed: the options for it, and on which stream.

use std::{
    fmt,
    io::{self, IsTerminal},
};

use clap::{Args, ValueEnum};

use super::{
    color::ColorOption,
    output::{self, counted, say},
};
use crate::{
    Diagnostic,
    diagnostic::{Code, sarif},
};

#[derive(Debug, Args)]
pub(super) struct MessageOptions {
    /// Form of what is wrong with the model: human; short, file:line:column and the message,
    /// a line each; json, an object a line; or sarif, a log for code scanning. check prints
    /// json and sarif on standard output, other commands on standard error.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human")]
    #[arg(hide_possible_values = true)]
    message_format: Format,

    #[command(flatten)]
    color: ColorOption,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Short,
    Json,
    Sarif,
}

/// Where forms for programs go: where nothing else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

impl MessageOptions {
    /// Prints everything, for people with a line that counts it. `model` is what was compiled.
    pub(super) fn print(
        &self,
        diagnostics: &[Diagnostic],
        model: &str,
        stream: Stream,
    ) -> anyhow::Result<()> {
        let text = match self.message_format {
            Format::Human => human(diagnostics, self.color.on_stderr()),
            Format::Short => diagnostics.iter().map(Diagnostic::short).collect(),
            Format::Json => diagnostics.iter().map(Diagnostic::json).collect(),
            Format::Sarif => sarif::log(diagnostics, model),
        };
        if self.is_for_programs() && stream == Stream::Stdout {
            return output::print(text.as_bytes());
        }
        output::say_as_is(&text);
        if !diagnostics.is_empty() {
            self.say(closing(diagnostics, io::stderr().is_terminal()));
        }
        Ok(())
    }

    /// Says something to people alone: a program gets nothing but messages.
    pub(super) fn say(&self, text: impl fmt::Display) {
        if !self.is_for_programs() {
            say(text);
        }
    }

    pub(super) fn color_on_stdout(&self) -> bool {
        self.color.on_stdout()
    }

    fn is_for_programs(&self) -> bool {
        matches!(self.message_format, Format::Json | Format::Sarif)
    }
}

fn human(diagnostics: &[Diagnostic], color: bool) -> String {
    diagnostics.iter().map(|diagnostic| format!("{}\n", diagnostic.render(color))).collect()
}

/// What is said last. The way to more is shown to whoever sits there, not in every log.
fn closing(diagnostics: &[Diagnostic], is_terminal: bool) -> String {
    let first = diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    let summary = summary(diagnostics);
    match first {
        Some(error) if is_terminal => format!("{summary}\n{}", hint(error.code)),
        _ => summary,
    }
}

fn hint(code: Code) -> String {
    format!("vssc explain {code} tells more")
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let parts = [(errors, "error"), (diagnostics.len() - errors, "warning")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    parts.map(|(number, what)| counted(number, what)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostics(codes: &[Code]) -> Vec<Diagnostic> {
        let of = |code: &Code| Diagnostic {
            code: *code,
            severity: code.severity(),
            message: String::new(),
            labels: Vec::new(),
            included_by: Vec::new(),
            help: None,
        };
        codes.iter().map(of).collect()
    }

    #[test]
    fn the_last_line_on_a_terminal_leads_to_the_first_error() {
        let said = |codes, is_terminal| closing(&diagnostics(codes), is_terminal);
        let codes = [Code::DuplicateKey, Code::UnknownUnit, Code::NoRoot];
        assert_eq!(said(&codes, true), "2 errors, 1 warning\nvssc explain VSS050 tells more");
        assert_eq!(said(&codes, false), "2 errors, 1 warning");
        assert_eq!(said(&codes[..1], true), "1 warning");
    }
}
