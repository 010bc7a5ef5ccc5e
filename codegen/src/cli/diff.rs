use std::process::ExitCode;

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};

use super::{model::ModelOptions, output};
use crate::{
    diff::{self, RULES},
    source::Input,
};

const EXAMPLES: &str = "\
Examples:
  vssc export json vss/VehicleEdge.vspec -o released.json
  vssc diff released.json vss/VehicleEdge.vspec
  vssc diff released.json vss/VehicleEdge.vspec -l vss/overlays/sports-car.vspec --exit-zero
  vssc diff released.json vss/VehicleEdge.vspec --output markdown > notes.md
";

const EXIT_CODES: &str = "\
Exit code: 0 where an app that knows OLD works with NEW; 1 where a change may break it, or a
model has errors; 2 for arguments that make no sense.
";

/// Show what changed between two models, and what of that breaks apps.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(after_long_help = format!("{EXAMPLES}\n{RULES}\n{EXIT_CODES}"))]
#[command(mut_arg("model", |arg| arg
    .value_name("NEW")
    .required(true)
    .help("The model as it is now")
    .long_help("The model as it is now. Options apply to both models, overlays to this one alone")))]
#[command(mut_arg("vspec", |arg| arg.hide(true)))]
pub(super) struct Diff {
    /// The model as it was: vspec or VSS JSON; a path, an http(s) address, or - for standard
    /// input.
    #[arg(value_name = "OLD", value_parser = NonEmptyStringValueParser::new())]
    old: String,

    #[command(flatten)]
    new: ModelOptions,

    /// File to lay over OLD; may be repeated. Those of --overlays are laid over NEW.
    #[arg(long, value_name = "FILE")]
    old_overlays: Vec<String>,

    /// Form of the result.
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    output: Form,

    /// Exit with 0 also where a change breaks apps.
    #[arg(long)]
    exit_zero: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Form {
    /// For a terminal
    #[default]
    Human,
    /// For programs: every value whole, the paths of all instances
    Json,
    /// For release notes
    Markdown,
}

impl Diff {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let after = self.new.request();
        let mut before = after.clone();
        before.model = Some(Input::parse(&self.old));
        before.overlays = self.old_overlays.iter().map(|name| Input::parse(name)).collect();
        let both = before.model == Some(Input::Stdin) && after.model == Some(Input::Stdin);
        if both {
            output::say("error: of two models, one can come from standard input");
            return Ok(ExitCode::from(2));
        }

        let (old, new) = match self.new.compile_with(&before, |_| true) {
            Ok(models) => models,
            Err(code) => return Ok(code),
        };
        let diff = diff::diff(&old, &new);
        let text = match self.output {
            Form::Human => diff.to_text(self.new.color_on_stdout()),
            Form::Json => serde_json::to_string_pretty(&diff)? + "\n",
            Form::Markdown => diff.to_markdown(),
        };
        output::print(text.as_bytes())?;
        // The process ends here: taking large trees apart first would be idle work.
        std::mem::forget((old, new));
        let breaks = diff.is_breaking() && !self.exit_zero;
        Ok(if breaks { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
