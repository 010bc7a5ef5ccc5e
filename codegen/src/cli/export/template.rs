use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::Common;
use crate::{UserTemplate, cli::watch, target::view};

const EXAMPLES: &str = "\
Examples:
  echo '{{ name }} has {{ signals | length }} signals' > count.j2 && vssc export template count.j2
  vssc export template count.j2 vss/VehicleEdge.vspec -l vss/overlays/sports-car.vspec

A template is Jinja2 (minijinja). What it can ask for is in 'vssc schema model', and in
'vssc export model' as it is for one model. An unknown name is an error with its place. Blocks
on a line of their own leave no line, and nothing is escaped. A template includes others that
lie beside it. Filters beside Jinja's own: snake_case, screaming_snake_case, camel_case,
pascal_case and json.
";

/// Text in a form of your own, printed by a template.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Template {
    /// The template
    #[arg(value_name = "FILE.j2")]
    template: PathBuf,

    #[command(flatten)]
    common: Common,
}

impl Template {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        watch::note([self.template.clone()]);
        let template = UserTemplate::read(&self.template)?;
        watch::note(template.files());
        self.common.export(|catalog| {
            let model = view::Model::new(catalog);
            Ok(template.render(&model, &view::field_names())?)
        })
    }
}
