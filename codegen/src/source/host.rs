use std::{
    fs::File,
    io::{self, ErrorKind},
    path::Path,
};

use super::{Input, LoadError, Loader, embedded, folder, read_all};

/// Reads files, standard input and, with the features `http` and `archive`, addresses and
/// archives. It blocks, and its http client must not be dropped on a thread that runs
/// asynchronous tasks: an asynchronous program compiles on a thread for blocking work.
/// It keeps the archives that it opened; to see changes in them, make a new one.
#[derive(Debug)]
pub struct HostLoader {
    #[cfg(feature = "http")]
    http: super::http::Client,
    #[cfg(feature = "archive")]
    archives: Archives,
}

#[cfg(feature = "archive")]
type Archives =
    std::sync::Mutex<std::collections::HashMap<Input, Result<super::archive::Archive, LoadError>>>;

impl HostLoader {
    /// Addresses are read as the environment says.
    pub fn new() -> HostLoader {
        #[cfg(feature = "http")]
        return HostLoader::with(super::Access::from_env());
        #[cfg(not(feature = "http"))]
        HostLoader {
            #[cfg(feature = "archive")]
            archives: Archives::default(),
        }
    }

    /// Addresses are read as `access` says.
    #[cfg(feature = "http")]
    pub fn with(access: super::Access) -> HostLoader {
        HostLoader {
            http: super::http::Client::new(access),
            #[cfg(feature = "archive")]
            archives: Archives::default(),
        }
    }

    /// Opens an archive, once, and asks it something.
    #[cfg(feature = "archive")]
    fn in_archive<T>(
        &self,
        archive: &Input,
        ask: impl FnOnce(&mut super::archive::Archive) -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        if matches!(archive, Input::Archived { .. }) {
            return Err(LoadError::Archive { cause: "it is inside another archive".to_owned() });
        }
        let mut archives = self.archives.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let opened = archives
            .entry(archive.clone())
            .or_insert_with(|| super::archive::Archive::open(self.load(archive)?));
        opened.as_mut().map_err(|error| error.clone()).and_then(ask)
    }
}

impl Default for HostLoader {
    fn default() -> HostLoader {
        HostLoader::new()
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
            Input::Archived { path, .. } if path.is_empty() => Err(LoadError::Advised {
                cause: "it is an archive".to_owned(),
                help: format!("name the file in it: {input}!FILE"),
            }),
            #[cfg(feature = "archive")]
            Input::Archived { archive, path } => {
                self.in_archive(archive, |archive| archive.read(path))
            }
            #[cfg(not(feature = "archive"))]
            Input::Archived { .. } => Err(no_archives()),
        }
    }

    fn list(&self, input: &Input, extension: &str) -> Result<Option<Vec<Input>>, LoadError> {
        match input {
            Input::Path(path) if path.is_dir() => {
                let files = folder::list(path, extension)?;
                let here = Input::Path(Default::default());
                Ok(Some(files.iter().map(|file| here.join(&file.to_string_lossy())).collect()))
            }
            #[cfg(feature = "archive")]
            Input::Archived { archive, path } => {
                let paths =
                    self.in_archive(archive, |archive| Ok(archive.list(path, extension)))?;
                let inside = |path| Input::Archived { archive: archive.clone(), path };
                Ok(paths.map(|paths| paths.into_iter().map(inside).collect()))
            }
            #[cfg(not(feature = "archive"))]
            Input::Archived { .. } => Err(no_archives()),
            _ => Ok(None),
        }
    }
}

#[cfg(not(feature = "archive"))]
fn no_archives() -> LoadError {
    LoadError::Other("this build reads no archives (it lacks the feature 'archive')".to_owned())
}

fn read_file(path: &Path) -> Result<Vec<u8>, LoadError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        // `a.vspec/b` where `a.vspec` is a file.
        ErrorKind::NotFound | ErrorKind::NotADirectory => LoadError::NotFound,
        _ => LoadError::Other(error.to_string()),
    })?;
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        return Err(LoadError::Other("it is a folder; name a file in it".to_owned()));
    }
    read_all(file)
}
