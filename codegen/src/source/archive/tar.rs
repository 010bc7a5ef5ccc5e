//! Tar archives, plain or compressed: one pass over everything.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::{Budget, Entries, Entry, broken, check_count, too_large};
use crate::source::LoadError;

pub(super) fn read(
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<(Entries, Vec<Vec<u8>>), LoadError> {
    let is_packed = bytes.starts_with(&[0x1f, 0x8b]);
    let unpacked: Box<dyn Read + '_> =
        if is_packed { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
    // A plain archive is as large as it is.
    let limit = if is_packed { budget.left } else { u64::MAX };
    let mut limited = Limited { inner: unpacked, left: limit, is_exceeded: false };
    // The checksum of a compressed archive comes after all that tar looks at.
    let result = read_entries(&mut limited, budget).and_then(|read| {
        io::copy(&mut limited, &mut io::sink()).map_err(describe)?;
        Ok(read)
    });
    if limited.is_exceeded { Err(too_large()) } else { result }
}

fn read_entries(
    reader: impl Read,
    budget: &mut Budget,
) -> Result<(Entries, Vec<Vec<u8>>), LoadError> {
    let mut entries = Entries::default();
    let mut files = Vec::new();
    let mut archive = Archive::new(reader);
    let mut count = 0;
    for entry in archive.entries().map_err(describe)? {
        let mut entry = match entry {
            Err(error) if count == 0 && error.kind() != io::ErrorKind::UnexpectedEof => {
                return Err(none());
            }
            other => other.map_err(describe)?,
        };
        count += 1;
        check_count(count)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let content = budget.read(&mut entry)?;
                if (content.len() as u64) < entry.size() {
                    return Err(broken("it is broken: it ends too early"));
                }
                entries.add(&name, Entry::File(files.len()))?;
                files.push(content);
            }
            EntryType::Link | EntryType::Symlink => entries.add(&name, Entry::Link)?,
            _ => {}
        }
    }
    if count == 0 {
        return Err(none());
    }
    Ok((entries, files))
}

fn none() -> LoadError {
    broken("it is no zip or tar archive, or an empty one")
}

fn describe(error: io::Error) -> LoadError {
    broken(format!("it is broken: {error}"))
}

/// Ends with an error, not as if the content had ended.
struct Limited<R> {
    inner: R,
    left: u64,
    is_exceeded: bool,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                self.is_exceeded = true;
                return Err(io::Error::other("too large"));
            }
        }
        Ok(read)
    }
}
