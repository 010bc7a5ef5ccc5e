//! How a command tells `vssc watch` what it looked for: in a nameless file that it finds in
//! the place of its standard input, which no watched command reads. Nothing is left behind,
//! however either of them ends.

use std::{
    collections::BTreeSet,
    env,
    fs::File,
    io::{self, Read, Seek, Write},
    os::fd::AsFd,
    path::PathBuf,
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

/// A loader that notes what it is asked for, where this process is watched.
#[derive(Debug)]
pub(in super::super) struct Recorder<L> {
    loader: L,
    list: Option<File>,
}

impl<L: Loader> Recorder<L> {
    pub(in super::super) fn new(loader: L) -> Recorder<L> {
        let is_watched = env::var_os(VARIABLE).is_some();
        let list = is_watched.then(|| io::stdin().as_fd().try_clone_to_owned().ok()).flatten();
        Recorder { loader, list: list.map(File::from) }
    }

    fn note(&self, input: &Input) {
        let path = match input {
            Input::Path(path) => path,
            Input::Archived { archive, .. } => return self.note(archive),
            _ => return,
        };
        if let Some(mut list) = self.list.as_ref() {
            // One that is not noted is not watched; that is no reason to fail.
            let _ = write!(list, "{}\0", path.display());
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
