//! `--templates`, for every command that prints by the built-in templates.

use std::path::PathBuf;

use clap::Args;

use super::watch;
use crate::Templates;

#[derive(Debug, Args)]
pub(super) struct TemplateOptions {
    /// Folder of templates that stand in for built-in ones, DIR/python/…, DIR/protobuf/… and
    /// the like.
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
}

impl TemplateOptions {
    pub(super) fn read(&self) -> anyhow::Result<Templates> {
        let Some(folder) = &self.templates else { return Ok(Templates::embedded()) };
        // Also those that are not there: they may come.
        watch::note(Templates::embedded_files(folder));
        let templates = Templates::from_dir(folder)?;
        watch::note(templates.files());
        Ok(templates)
    }
}
