use std::process::ExitCode;

use clap::Args;

use super::Common;
use crate::{
    cli::templates::TemplateOptions,
    target::graphql::{self, Options},
};

const EXAMPLES: &str = "\
Examples:
  vssc export graphql
  vssc export graphql -s vss/VehicleEdge.vspec -o vehicle.graphql
  vssc export graphql --mutations
";

/// GraphQL schema: a type for each branch, a field for each signal.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct GraphQl {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    templates: TemplateOptions,

    /// Add a mutation for each actuator.
    #[arg(long)]
    mutations: bool,
}

impl GraphQl {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let options = Options { mutations: self.mutations };
        let templates = self.templates.read()?;
        self.common.export(|catalog| Ok(graphql::to_string(catalog, options, &templates)?))
    }
}
