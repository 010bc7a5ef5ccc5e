//! Where the result goes, and what is said about it.

use std::{
    fmt, fs,
    io::{self, ErrorKind, Write},
    path::Path,
};

use anyhow::{Context, ensure};

/// Writes to the file, or to standard output where none is named.
pub(super) fn write(file: Option<&Path>, text: &str) -> anyhow::Result<()> {
    let Some(file) = file else { return print(text.as_bytes()) };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        let shown = (file.display(), folder.display());
        ensure!(folder.is_dir(), "cannot write {}: there is no folder {}", shown.0, shown.1);
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Writes to standard output.
pub(super) fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        // The reader has seen enough, as with `| head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

/// Says something on standard error. Unlike `eprintln!` it goes on where nobody listens.
pub(super) fn say(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says lines that end in line ends themselves.
pub(super) fn say_as_is(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// `1 file`, `2 files`.
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
