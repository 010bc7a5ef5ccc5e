//! `vehicle-edge signals export FILE -o OUT`: no runtime is needed.

use std::{
    fs::Permissions,
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::{
    cli::failure::Failure,
    signals::trace::{TraceReader, export},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals export drive.trace > drive.csv
  vehicle-edge signals export drive.trace -o speed.csv --wide Vehicle.Speed
  vehicle-edge signals export drive.trace -o drive.parquet")]
pub(crate) struct Export {
    /// A recording of `signals record`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Paths, branches, or patterns with * and **; all of the recording without any
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// File to write, whose name ends in .csv or .parquet; csv on standard output without it
    #[arg(short = 'o', long = "out", value_name = "OUT")]
    out: Option<PathBuf>,
    /// The format, where the name does not say it
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// A column for each signal instead of a row for each update (csv)
    #[arg(long)]
    wide: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Parquet,
}

impl Export {
    pub(crate) fn run(self) -> Result<()> {
        let format = self.format()?;
        let Some(out) = &self.out else {
            return self.write(format, io::stdout()).map(drop);
        };
        // Beside it first: a file that is there is replaced by a whole one or not at all.
        let named = || format!("cannot write {}", out.display());
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut fresh = tempfile::Builder::new()
            // As other programs make files: the person's umask decides.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .with_context(named)?;
        let updates = self.write(format, BufWriter::new(&mut fresh))?;
        fresh.persist(out).map_err(|error| error.error).with_context(named)?;
        println!("{}: {updates} updates", out.display());
        Ok(())
    }

    fn format(&self) -> Result<Format> {
        let by_name = match self.out.as_deref().and_then(Path::extension) {
            _ if self.out.is_none() => Some(Format::Csv),
            Some(end) if end == "csv" => Some(Format::Csv),
            Some(end) if end == "parquet" => Some(Format::Parquet),
            _ => None,
        };
        let format = self.format.or(by_name).ok_or_else(|| {
            Failure::Usage("name the file .csv or .parquet, or say --format csv".to_owned())
        })?;
        match (format, self.wide) {
            (Format::Parquet, true) => {
                Err(Failure::Usage("--wide is for csv: parquet has a row for each update".into())
                    .into())
            }
            _ => Ok(format),
        }
    }

    fn write(&self, format: Format, out: impl Write + Send) -> Result<u64> {
        if self.wide {
            return Ok(export::csv_wide(&self.file, &self.patterns, out)?);
        }
        let mut reader = TraceReader::open(&self.file)?;
        Ok(match format {
            Format::Csv => export::csv(&mut reader, &self.patterns, out)?,
            Format::Parquet => export::parquet(&mut reader, &self.patterns, out)?,
        })
    }
}
