//! `vssc export FORMAT`: one file per format, with its options and its help.

mod csv;
mod diagram;
mod graphql;
mod id;
mod json;
mod jsonschema;
mod model;
mod protobuf;
mod template;
mod yaml;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

use super::{messages::Stream, model::ModelOptions, output};
use crate::{
    Request,
    model::{Catalog, Node},
};

const EXAMPLES: &str = "\
Examples:
  vssc export json
  vssc export json -s vss/VehicleEdge.vspec -u vss/units.yaml -o model.json
  vssc export json --no-expand --pretty
  vssc export protobuf -o vehicle.proto
  vssc export mermaid --root Vehicle.Cabin
";

/// Write a model in another format.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Export {
    #[command(subcommand)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Format {
    Json(json::Json),
    Yaml(yaml::Yaml),
    Csv(csv::Csv),
    Id(id::Id),
    Model(model::Model),
    Template(template::Template),
    #[command(name = "jsonschema")]
    JsonSchema(jsonschema::JsonSchema),
    Protobuf(protobuf::Protobuf),
    #[command(name = "graphql")]
    GraphQl(graphql::GraphQl),
    #[command(name = "plantuml")]
    PlantUml(diagram::PlantUml),
    Mermaid(diagram::Mermaid),
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.format {
            Format::Json(command) => command.run(),
            Format::Yaml(command) => command.run(),
            Format::Csv(command) => command.run(),
            Format::Id(command) => command.run(),
            Format::Model(command) => command.run(),
            Format::Template(command) => command.run(),
            Format::JsonSchema(command) => command.run(),
            Format::Protobuf(command) => command.run(),
            Format::GraphQl(command) => command.run(),
            Format::PlantUml(command) => command.run(),
            Format::Mermaid(command) => command.run(),
        }
    }
}

/// What every format takes.
#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    model: ModelOptions,

    /// File to write [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What formats take that can hold struct types apart from signals.
#[derive(Debug, Args)]
struct TypesOutput {
    /// File for the struct types [default: they are written with the signals].
    #[arg(long, value_name = "FILE")]
    types_output: Option<PathBuf>,
}

impl TypesOutput {
    /// Takes the types out of the model, and writes them where they have a file. A model
    /// without types makes none.
    fn take(
        &self,
        catalog: &mut Catalog,
        render: impl FnOnce(&[Node]) -> String,
    ) -> anyhow::Result<()> {
        let Some(file) = &self.types_output else { return Ok(()) };
        let types = std::mem::take(&mut catalog.types);
        if types.is_empty() {
            output::say(format_args!("{} is not written: there are no types", file.display()));
            return Ok(());
        }
        output::write(Some(file), &render(&types))
    }
}

impl Common {
    fn request(&self) -> Request {
        self.model.request()
    }

    /// Compiles, renders and writes. A file gets the bytes as they are; a terminal gets
    /// whole lines.
    fn export(
        &self,
        render: impl FnOnce(&Catalog) -> anyhow::Result<String>,
    ) -> anyhow::Result<ExitCode> {
        self.export_as(&self.request(), |catalog| render(catalog))
    }

    /// The same with the struct types apart, where that is asked for.
    fn export_apart(
        &self,
        apart: &TypesOutput,
        render: impl FnOnce(&Catalog) -> String,
        render_types: impl FnOnce(&[Node]) -> String,
    ) -> anyhow::Result<ExitCode> {
        self.export_as(&self.request(), |catalog| {
            apart.take(catalog, render_types)?;
            Ok(render(catalog))
        })
    }

    /// The same for a request that was made from these options and changed.
    fn export_as(
        &self,
        request: &Request,
        render: impl FnOnce(&mut Catalog) -> anyhow::Result<String>,
    ) -> anyhow::Result<ExitCode> {
        let mut catalog = match self.model.compile_as(request, Stream::Stderr) {
            Ok(catalog) => catalog,
            Err(code) => return Ok(code),
        };
        self.write(render(&mut catalog)?)?;
        // The process ends here: taking a large tree apart first would be idle work.
        std::mem::forget(catalog);
        Ok(ExitCode::SUCCESS)
    }

    fn write(&self, mut text: String) -> anyhow::Result<()> {
        if self.output.is_none() && !text.ends_with('\n') {
            text.push('\n');
        }
        output::write(self.output.as_deref(), &text)
    }
}
