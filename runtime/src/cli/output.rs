//! How results are printed.

use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;
use serde::Serialize;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON document per line
    Jsonl,
    /// One YAML document
    Yaml,
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// How to print the result
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output: Format,
}

impl Output {
    /// Prints one thing; `table` is how people see it.
    pub(crate) fn one<T: Serialize>(&self, thing: &T, table: impl FnOnce()) -> Result<()> {
        match self.output {
            Format::Table => table(),
            Format::Json => print_line(&serde_json::to_string_pretty(thing)?),
            Format::Jsonl => print_line(&serde_json::to_string(thing)?),
            Format::Yaml => print(&serde_yaml::to_string(thing)?),
        }
        Ok(())
    }

    /// Prints many things.
    pub(crate) fn many<T: Serialize>(&self, things: &[T], table: impl FnOnce()) -> Result<()> {
        if self.output != Format::Jsonl {
            return self.one(&things, table);
        }
        for thing in things {
            print_line(&serde_json::to_string(thing)?);
        }
        Ok(())
    }
}

/// A table without lines, as wide as the terminal at most.
pub(crate) fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headings);
    if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

/// Prints a table flush left, without blanks at the ends of lines.
pub(crate) fn print_table(table: &Table) {
    for line in table.lines() {
        print_line(line.strip_prefix(' ').unwrap_or(&line).trim_end());
    }
}

/// Prints `name: value` lines with the values in one column.
pub(crate) fn print_fields(fields: &[(&str, String)]) {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in fields {
        for (index, line) in value.lines().enumerate() {
            let name = if index == 0 { name } else { "" };
            print_line(&format!("{name:width$}  {line}"));
        }
    }
}

/// How long ago, in two units at most: `3m 12s`.
pub(crate) fn age(since: Timestamp) -> String {
    duration(Timestamp::now().duration_since(since).as_secs().max(0))
}

fn duration(seconds: i64) -> String {
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {seconds}s"),
        (0, _, _) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}

/// Whether to colour what goes to standard output.
pub(crate) fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// `text` in an ANSI colour, where standard output shows colours.
pub(crate) fn paint(text: &str, code: u8) -> String {
    if colour() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Prints to standard output. When nobody reads it any more (`vehicle-edge ps | head`),
/// there is nothing left to do: the program ends without a word, as others do.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        if error.kind() != io::ErrorKind::BrokenPipe {
            eprintln!("error: cannot write to standard output: {error}");
        }
        std::process::exit(1);
    }
}

pub(crate) fn print_line(line: &str) {
    print(&format!("{line}\n"));
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn ages_have_two_units_at_most() {
        assert_eq!(duration(0), "0s");
        assert_eq!(duration(192), "3m 12s");
        assert_eq!(duration(3_600), "1h 0m");
        assert_eq!(duration(200_000), "2d 7h");
    }
}
