//! Zip archives: an index first, each file when it is asked for.

use std::{fmt, io::Cursor};

use zip::{ZipArchive, result::ZipError};

use super::{Budget, Entries, Entry, broken, check_count};
use crate::source::LoadError;

pub(super) struct Zip(ZipArchive<Cursor<Vec<u8>>>);

pub(super) fn open(bytes: Vec<u8>) -> Result<(Entries, Zip), LoadError> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(describe)?;
    check_count(archive.len())?;
    let mut entries = Entries::default();
    for at in 0..archive.len() {
        let file = archive.by_index_data(at).map_err(describe)?;
        let name = file.name().map_err(describe)?;
        if file.is_symlink() {
            entries.add(&name, Entry::Link)?;
        } else if !file.is_dir() {
            entries.add(&name, Entry::File(at))?;
        }
    }
    Ok((entries, Zip(archive)))
}

impl Zip {
    pub(super) fn read(&mut self, at: usize, budget: &mut Budget) -> Result<Vec<u8>, LoadError> {
        let file = self.0.by_index(at).map_err(describe)?;
        budget.read(file)
    }
}

impl fmt::Debug for Zip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zip({} entries)", self.0.len())
    }
}

fn describe(error: ZipError) -> LoadError {
    broken(match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            "it is encrypted; unpack it and name the folder".to_owned()
        }
        ZipError::CompressionMethodNotSupported(method) => {
            format!("it is packed by method {method}, of which only 0 and 8 (deflate) can be read")
        }
        other => format!("it is broken: {other}"),
    })
}
