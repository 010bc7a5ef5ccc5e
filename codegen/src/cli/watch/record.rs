//! How a command tells `vssc watch` what it looked for: in a nameless file that it finds in
//! the place of its standard input, which no watched command reads. Nothing is left behind,
//! however either of them ends.

use std::{
    collections::BTreeSet,
    env,
    fs::File,
    io::{self, Read, Seek, Write},
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use crate::source::{Input, LoadError, Loader};

/// Says that standard input is the list.
const VARIABLE: &str = "VSSC_WATCHED";

/// Runs a command; gives how it ended, and the files it looked for.
pub(super) fn run(mut command: Command) -> io::Result<(ExitStatus, BTreeSet<PathBuf>)> {
    let mut list = tempfile::tempfile()?;
    let status = command.env(VARIABLE, "1").stdin(Stdio::from(list.try_clone()?)).status()?;
    let mut text = String::new();
    list.rewind()?;
    list.read_to_string(&mut text)?;
    // A file name holds any character but this one.
    let names = text.split('\0').filter(|name| !name.is_empty());
    Ok((status, names.map(PathBuf::from).collect()))
}

/// Notes files that no loader reads, where this process is watched.
pub(in super::super) fn note(files: impl IntoIterator<Item = PathBuf>) {
    let list = list();
    files.into_iter().for_each(|file| write(list.as_ref(), &file));
}

fn list() -> Option<File> {
    env::var_os(VARIABLE)?;
    io::stdin().as_fd().try_clone_to_owned().ok().map(File::from)
}

fn write(list: Option<&File>, file: &Path) {
    if let Some(mut list) = list {
        // One that is not noted is not watched; that is no reason to fail.
        let _ = write!(list, "{}\0", file.display());
    }
}

/// A loader that notes what it is asked for, where this process is watched.
#[derive(Debug)]
pub(in super::super) struct Recorder<L> {
    loader: L,
    list: Option<File>,
}

impl<L: Loader> Recorder<L> {
    pub(in super::super) fn new(loader: L) -> Recorder<L> {
        Recorder { loader, list: list() }
    }

    fn note(&self, input: &Input) {
        match input {
            Input::Path(path) => write(self.list.as_ref(), path),
            Input::Archived { archive, .. } => self.note(archive),
            _ => {}
        }
    }
}

impl<L: Loader> Loader for Recorder<L> {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        self.note(input);
        self.loader.load(input)
    }

    fn list(&self, input: &Input, extension: &str) -> Result<Option<Vec<Input>>, LoadError> {
        let files = self.loader.list(input, extension)?;
        // Any of them may become the root file.
        files.iter().flatten().for_each(|file| self.note(file));
        Ok(files)
    }
}
