//! Where the text comes from: the only part of the compiler that reads anything.
//!
//! In: an [`Input`] (a path, an address, standard input, a file of the embedded model, a
//! file in an archive).
//! Out: a [`SourceId`] with its text in the [`SourceMap`]; each place is read once, however
//! often it is named. A [`Span`] is a range of bytes in one source.
//! How bytes are fetched is behind [`Loader`], so that tests and other programs can serve
//! their own; [`HostLoader`] is the real one.
//! Must not know: YAML, JSON, vspec. An unreadable place is a [`LoadError`]; the caller
//! knows who asked for it and makes the diagnostic.

mod address;
#[cfg(feature = "archive")]
mod archive;
mod embedded;
mod folder;
mod host;
#[cfg(feature = "http")]
mod http;
mod input;
mod map;

use std::io::Read;

pub use host::HostLoader;
#[cfg(feature = "http")]
pub use http::{Access, Credentials, Download, Limits};
pub use input::Input;
pub(crate) use map::{Inclusion, ReadError, SourceId, SourceMap, Span};

/// Fetches the bytes of an input.
pub trait Loader: std::fmt::Debug {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError>;

    /// The files with this extension anywhere below a folder or in an archive, in the order
    /// of their names; `None` where the input is no folder.
    fn list(&self, _: &Input, _extension: &str) -> Result<Option<Vec<Input>>, LoadError> {
        Ok(None)
    }
}

/// Why an input could not be read. The text names the cause alone, not the input.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    #[error("there is no such file")]
    NotFound,
    /// An address of which there is no copy, while nothing may be read from the network.
    #[error("it is not in the cache")]
    NotCached,
    /// An archive that is broken, hostile, or of a kind that cannot be read.
    #[error("{cause}")]
    Archive { cause: String },
    /// Credentials that are asked for, refused, or must not be sent.
    #[error("{cause}")]
    Access { cause: String, help: String },
    #[error("{cause}")]
    Advised { cause: String, help: String },
    #[error("{0}")]
    Other(String),
}

impl LoadError {
    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            LoadError::Access { help, .. } | LoadError::Advised { help, .. } => Some(help),
            LoadError::NotCached => Some("read it once without --offline"),
            LoadError::NotFound | LoadError::Archive { .. } | LoadError::Other(_) => None,
        }
    }
}

/// No model comes near this; a wrong path to a disk image does.
const MAX_BYTES: u64 = 256 << 20;

fn read_all(reader: impl Read) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    let read = reader.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| LoadError::Other(error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(LoadError::Other(format!("it is larger than {} MiB", MAX_BYTES >> 20)));
    }
    Ok(bytes)
}
