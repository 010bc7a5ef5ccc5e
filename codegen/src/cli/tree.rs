use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use anyhow::bail;
use clap::Args;

use super::{
    model::{ModelOptions, VSPEC_HELP, no_file_here},
    output,
};
use crate::{
    model::{Catalog, Node, nearest},
    outline::Outline,
};

const EXAMPLES: &str = "\
Examples:
  vssc tree --depth 2
  vssc tree Vehicle.Cabin.Door
  vssc tree -s vss/VehicleEdge.vspec --no-leaves --no-expand
";

/// Show a model as a tree, with type, datatype and unit of each signal.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(mut_arg("model", |arg| arg.long("model").hide(true)))]
#[command(mut_arg("vspec", |arg| arg.help(VSPEC_HELP)))]
pub(super) struct Tree {
    /// The node to begin with, with or without the name of the root [default: the root].
    path: Option<String>,

    #[command(flatten)]
    model: ModelOptions,

    /// How many levels to show below the first node; of what is deeper, only how much it is.
    #[arg(short, long, value_name = "N")]
    depth: Option<usize>,

    /// Count signals at their branches instead of showing them.
    #[arg(long)]
    no_leaves: bool,
}

impl Tree {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let catalog = match self.model.compile() {
            Ok(catalog) => catalog,
            Err(code) => return Ok(code),
        };
        let node = match &self.path {
            Some(path) => find(&catalog, path)?,
            None => &catalog.root,
        };
        let outline = Outline {
            depth: self.depth.unwrap_or(usize::MAX),
            leaves: !self.no_leaves,
            lines: io::stdout().is_terminal(),
        };
        output::print(outline.draw(node).as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn find<'a>(catalog: &'a Catalog, path: &str) -> anyhow::Result<&'a Node> {
    let roots = || std::iter::once(&catalog.root).chain(&catalog.types);
    let nodes = || roots().flat_map(Node::descend);
    let below_root = format!("{}.{path}", catalog.root.name);
    let found = nodes().find(|node| node.path == path);
    if let Some(node) = found.or_else(|| nodes().find(|node| node.path == below_root)) {
        return Ok(node);
    }
    if let Some(help) = no_file_here(&[path.to_owned()]) {
        bail!("there is no '{path}' in the model; {help}");
    }
    let paths = || nodes().map(|node| node.path.as_str());
    match nearest(path, paths()).or_else(|| nearest(&below_root, paths())) {
        Some(near) => bail!("there is no '{path}' in the model; did you mean '{near}'?"),
        None => bail!("there is no '{path}' in the model"),
    }
}
