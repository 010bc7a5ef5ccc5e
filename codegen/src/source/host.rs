use std::{
    fs::File,
    io::{self, ErrorKind},
    path::Path,
};

use super::{Input, LoadError, Loader, embedded, read_all};

/// Reads files, standard input and, with the feature `http`, addresses. It blocks, and its
/// http client must not be dropped on a thread that runs asynchronous tasks: an asynchronous
/// program compiles on a thread for blocking work.
#[derive(Debug, Default)]
pub struct HostLoader {
    #[cfg(feature = "http")]
    http: super::http::Client,
}

impl HostLoader {
    pub fn new() -> HostLoader {
        HostLoader::default()
    }
}

impl Loader for HostLoader {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        match input {
            Input::Path(path) => read_file(path),
            Input::Stdin => read_all(io::stdin().lock()),
            Input::Embedded(path) => {
                embedded::file(path).map(<[u8]>::to_vec).ok_or(LoadError::NotFound)
            }
            #[cfg(feature = "http")]
            Input::Url(url) => self.http.get(url),
            #[cfg(not(feature = "http"))]
            Input::Url(_) => Err(LoadError::Other(
                "this build reads no addresses (it lacks the feature 'http')".to_owned(),
            )),
        }
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, LoadError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        // `a.vspec/b` where `a.vspec` is a file.
        ErrorKind::NotFound | ErrorKind::NotADirectory => LoadError::NotFound,
        _ => LoadError::Other(error.to_string()),
    })?;
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        return Err(LoadError::Other("it is a folder; name the root file in it".to_owned()));
    }
    read_all(file)
}
