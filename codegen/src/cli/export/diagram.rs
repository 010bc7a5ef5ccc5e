//! `vssc export plantuml` and `vssc export mermaid`, which differ in a name.

use std::process::ExitCode;

use clap::Args;

use super::Common;
use crate::{
    cli::templates::TemplateOptions,
    target::diagram::{self, Language, Options},
};

const PLANTUML_EXAMPLES: &str = "\
Examples:
  vssc export plantuml --depth 1
  vssc export plantuml --root Vehicle.Cabin -o cabin.puml
  vssc export plantuml -s vss/VehicleEdge.vspec --no-expand --no-signals
";

const MERMAID_EXAMPLES: &str = "\
Examples:
  vssc export mermaid --depth 1
  vssc export mermaid --root Vehicle.Cabin -o cabin.mmd
  vssc export mermaid -s vss/VehicleEdge.vspec --no-expand --no-signals

Mermaid draws no more than 50000 characters and 500 edges, unless its maxTextSize and maxEdges
say otherwise: take --root and --depth for a part of a large model.
";

/// PlantUML class diagram of the tree.
#[derive(Debug, Args)]
#[command(after_help = PLANTUML_EXAMPLES)]
pub(super) struct PlantUml {
    #[command(flatten)]
    diagram: Diagram,
}

/// Mermaid class diagram of the tree.
#[derive(Debug, Args)]
#[command(after_help = MERMAID_EXAMPLES)]
pub(super) struct Mermaid {
    #[command(flatten)]
    diagram: Diagram,
}

#[derive(Debug, Args)]
struct Diagram {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    templates: TemplateOptions,

    /// Branch to begin with [default: the root].
    #[arg(long, value_name = "PATH")]
    root: Option<String>,

    /// Levels of branches below the first [default: all].
    #[arg(long, value_name = "N")]
    depth: Option<usize>,

    /// Show branches alone.
    #[arg(long)]
    no_signals: bool,
}

impl PlantUml {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.diagram.run(Language::PlantUml)
    }
}

impl Mermaid {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.diagram.run(Language::Mermaid)
    }
}

impl Diagram {
    fn run(self, language: Language) -> anyhow::Result<ExitCode> {
        let Diagram { common, templates, root, depth, no_signals } = self;
        let options = Options { root, depth, no_signals };
        let templates = templates.read()?;
        common.export(|catalog| Ok(diagram::to_string(catalog, language, &options, &templates)?))
    }
}
