use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, builder::NonEmptyStringValueParser};

use super::Common;
use crate::{
    cli::output::{self, counted, say},
    model::{Catalog, Node},
    source::Input,
    target::{
        id,
        static_id::{self, Case, StaticId},
    },
};

const EXAMPLES: &str = "\
Examples:
  vssc export id -o ids.yaml
  vssc export id --validate-static-uid ids.yaml --validate-only
  vssc export id vss/VehicleEdge.vspec --case-sensitive

An id is a hash of a node's name, datatype, unit, type, bounds and allowed values. A node that
is renamed keeps it with 'fka: [Old.Name]', one that changes on purpose with 'constUID'.

Exit code: 0; 1 where the model has errors, two nodes have the same id, or the check against
an older file finds ids that changed or are gone: nothing is written then; 2 for arguments
that make no sense.
";

/// Static ids: four bytes for each node that stay as long as its meaning does, as YAML.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Id {
    #[command(flatten)]
    common: Common,

    /// Let names that differ only in case have different ids.
    #[arg(long)]
    case_sensitive: bool,

    /// Older file of ids to check against; overlays are not laid over it.
    #[arg(long, value_name = "FILE", alias = "validate-static-id")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    validate_static_uid: Option<String>,

    /// File for the ids of struct types [default: they are left out].
    #[arg(long, value_name = "FILE")]
    types_output: Option<PathBuf>,

    /// Check, and write nothing.
    #[arg(long, requires = "validate_static_uid")]
    validate_only: bool,
}

/// `None` where nodes share an id, which is said.
fn assign(root: &Node, case: Case) -> Option<Vec<(&Node, StaticId)>> {
    let ids = static_id::assign(root, case);
    for collision in ids.as_ref().err().into_iter().flatten() {
        say(format_args!("error: {collision}: give one of them a 'constUID'"));
    }
    ids.ok()
}

impl Id {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let case = if self.case_sensitive { Case::Sensitive } else { Case::Insensitive };
        let (catalog, older) = match self.compile() {
            Ok(models) => models,
            Err(code) => return Ok(code),
        };
        let types = catalog.types.iter().map(|root| assign(root, case)).collect::<Option<Vec<_>>>();
        let (Some(ids), Some(types)) = (assign(&catalog.root, case), types) else {
            return Ok(ExitCode::FAILURE);
        };
        if let (Some(older), Some(name)) = (&older, &self.validate_static_uid)
            && let Err(code) = validate(&ids, older, name, case)?
        {
            return Ok(code);
        }
        if !self.validate_only {
            self.common.write(id::to_string(&ids))?;
            self.write_types(&types.concat())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn write_types(&self, ids: &[(&Node, StaticId)]) -> anyhow::Result<()> {
        match &self.types_output {
            _ if ids.is_empty() => {}
            Some(file) => output::write(Some(file), &id::to_string(ids))?,
            None => say("the ids of struct types are left out; --types-output takes them"),
        }
        Ok(())
    }

    /// The model, and the older file of ids where there is one.
    fn compile(&self) -> Result<(Catalog, Option<Catalog>), ExitCode> {
        let Some(older) = &self.validate_static_uid else {
            return Ok((self.common.model.compile()?, None));
        };
        let mut request = self.common.model.request();
        request.model = Some(Input::parse(older));
        request.overlays.clear();
        request.extended_attributes.push(id::ATTRIBUTE.to_owned());
        let (older, catalog) = self.common.model.compile_with_ancient(request)?;
        Ok((catalog, Some(older)))
    }
}

/// Says what changed. `Err` is the exit code where that breaks something.
fn validate(
    ids: &[(&Node, StaticId)],
    older: &Catalog,
    name: &str,
    case: Case,
) -> anyhow::Result<Result<(), ExitCode>> {
    let changes = id::compare(ids, &older.root, case)
        .with_context(|| format!("{name} is no file that 'vssc export id' wrote"))?;
    for change in &changes {
        say(format_args!("{}: {change}", if change.is_breaking() { "error" } else { "note" }));
    }
    let breaking = changes.iter().filter(|change| change.is_breaking()).count();
    let others = counted(changes.len() - breaking, "other change");
    match (breaking, changes.len()) {
        (0, 0) => say(format_args!("no change since {name}")),
        (0, _) => say(format_args!("no id changed since {name}, {others}")),
        _ => {
            say(format_args!("{} lost since {name}, {others}", counted(breaking, "id")));
            return Ok(Err(ExitCode::FAILURE));
        }
    }
    Ok(Ok(()))
}
