use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{
    model::{ModelOptions, VSPEC_HELP, no_file_here},
    output::{self, counted, say},
};
use crate::{
    model::Node,
    search::{GRAMMAR, Query, search},
};

const EXAMPLES: &str = "\
Examples:
  vssc search fuel level
  vssc search door type:actuator --limit 5
  vssc search '\"child lock\"' path:Cabin.* --no-expand
  vssc search unit:km/h -s vss/VehicleEdge.vspec --output json
";

const EXIT_CODES: &str = "\
Exit code: 0; 1 where nothing is found or the model has errors; 2 for a search that makes no
sense.
";

/// How many hits a terminal gets, and how much of a description.
const SHOWN: usize = 50;
const MAX_DESCRIPTION: usize = 72;

/// Find signals by their paths, descriptions, comments and units.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(after_long_help = format!("{EXAMPLES}\n{GRAMMAR}\n{EXIT_CODES}"))]
#[command(mut_arg("model", |arg| arg.long("model").hide(true)))]
#[command(mut_arg("vspec", |arg| arg.help(VSPEC_HELP)))]
pub(super) struct Search {
    /// What to look for; all words must match.
    #[arg(value_name = "WORDS", required = true)]
    words: Vec<String>,

    #[command(flatten)]
    model: ModelOptions,

    /// Most hits to show [default: 50 on a terminal, else all].
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,

    /// Form of the result: aligned on a terminal and with tabs elsewhere, or JSON.
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    output: Form,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Form {
    #[default]
    Human,
    Json,
}

/// One hit, in JSON.
#[derive(Debug, Serialize)]
struct Hit<'a> {
    path: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    datatype: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl Search {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let query: Query = match self.words.join(" ").parse() {
            Ok(query) => query,
            Err(error) => {
                say(format_args!("error: {error}"));
                return Ok(ExitCode::from(2));
            }
        };
        let catalog = match self.model.compile() {
            Ok(catalog) => catalog,
            Err(code) => return Ok(code),
        };
        let found = search(&catalog, &query);
        for (word, near) in &found.corrected {
            say(format_args!("nothing is found with '{word}'; taken for '{near}'"));
        }
        let is_terminal = io::stdout().is_terminal();
        let limit = self.limit.unwrap_or(if is_terminal { SHOWN } else { usize::MAX });
        let hits: Vec<Hit<'_>> = found.hits.iter().take(limit).map(|node| hit(node)).collect();
        let text = match self.output {
            Form::Json => serde_json::to_string_pretty(&hits)? + "\n",
            Form::Human if is_terminal => aligned(&hits),
            Form::Human => with_tabs(&hits),
        };
        output::print(text.as_bytes())?;
        if found.hits.is_empty() {
            let fewer = || "fewer words, or parts of words, find more".to_owned();
            let help = no_file_here(&self.words).unwrap_or_else(fewer);
            say(format_args!("nothing is found; {help}"));
            return Ok(ExitCode::FAILURE);
        }
        if found.hits.len() > hits.len() {
            let rest = counted(found.hits.len() - hits.len(), "hit");
            say(format_args!("and {rest} more; --limit shows more"));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn hit(node: &Node) -> Hit<'_> {
    let leaf = node.leaf();
    Hit {
        path: &node.path,
        kind: node.type_name(),
        datatype: leaf.map(|leaf| leaf.datatype.to_string()),
        unit: leaf.and_then(|leaf| leaf.unit.as_deref()),
        description: node.description.as_deref(),
    }
}

/// Path, type, datatype, unit and the first line of the description.
fn columns(hit: &Hit<'_>) -> [String; 5] {
    let line = |text: &str| {
        let first = text.trim().lines().next().unwrap_or_default();
        first.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    };
    [
        line(hit.path),
        hit.kind.to_owned(),
        hit.datatype.clone().unwrap_or_default(),
        line(hit.unit.unwrap_or_default()),
        line(hit.description.unwrap_or_default()),
    ]
}

fn with_tabs(hits: &[Hit<'_>]) -> String {
    hits.iter().map(|hit| columns(hit).join("\t") + "\n").collect()
}

fn aligned(hits: &[Hit<'_>]) -> String {
    let rows: Vec<[String; 5]> = hits.iter().map(columns).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..4).map(|column| width(column).unwrap_or_default()).collect();
    let mut out = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            // A column that nobody fills takes no place.
            if *width > 0 {
                out.push_str(&format!("{cell:width$}  "));
            }
        }
        let description: String = row[4].chars().take(MAX_DESCRIPTION).collect();
        out.push_str(&description);
        if row[4].chars().count() > MAX_DESCRIPTION {
            out.push_str("...");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let hit = |path, unit| Hit {
            path,
            kind: "sensor",
            datatype: Some("float".to_owned()),
            unit,
            description: Some("First.\nSecond."),
        };
        let hits = [hit("Car.Speed", Some("km/h")), hit("Car.Mass", None)];
        assert_eq!(
            aligned(&hits),
            "Car.Speed  sensor  float  km/h  First.\nCar.Mass   sensor  float        First.\n"
        );
        assert_eq!(aligned(&hits[1..]), "Car.Mass  sensor  float  First.\n");
        assert_eq!(with_tabs(&hits[1..]), "Car.Mass\tsensor\tfloat\t\tFirst.\n");
    }
}
