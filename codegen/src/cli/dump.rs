use std::process::ExitCode;

use anyhow::bail;
use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use super::{model::ModelOptions, output};
use crate::{Pass, dump};

const EXAMPLES: &str = "\
Examples:
  vssc dump --path Vehicle.Speed
  vssc dump --after include --path Vehicle.Cabin.Door
  vssc dump --after overlay -l vss/overlays/sports-car.vspec vss/VehicleEdge.vspec
";

/// Show what the compiler holds after a pass, with the place of every value.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Dump {
    #[command(flatten)]
    model: ModelOptions,

    /// Last pass to run.
    #[arg(long, value_name = "PASS", default_value = "lower", value_parser = passes())]
    after: Pass,

    /// Show this node and what is below it, instead of everything.
    #[arg(short, long, value_name = "PATH")]
    path: Option<String>,
}

fn passes() -> impl TypedValueParser<Value = Pass> {
    let names = Pass::all().map(|pass| PossibleValue::new(pass.name()).help(pass.summary()));
    PossibleValuesParser::new(names)
        .try_map(|name| Pass::all().find(|pass| pass.name() == name).ok_or("no such pass"))
}

impl Dump {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let request = self.model.request();
        let path = self.path.as_deref();
        let (dump, diagnostics) = dump(&request, &self.model.loader(), self.after, path);
        self.model.print(&diagnostics);
        let Some(dump) = dump else {
            bail!("an error ends the compilation before the pass '{}'", self.after.name());
        };
        if let (Some(path), true) = (path, dump.nodes.is_empty()) {
            let near = dump.near.map(|near| format!("; did you mean '{near}'?"));
            let after = self.after.name();
            bail!("there is no '{path}' after the pass '{after}'{}", near.unwrap_or_default());
        }
        output::print(dump.to_string().as_bytes())?;
        let has_error = diagnostics.iter().any(crate::Diagnostic::is_error);
        Ok(if has_error { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
