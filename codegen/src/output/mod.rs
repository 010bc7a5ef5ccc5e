//! Writing generated files below a folder of the user's.
//!
//! In: a folder and [`GeneratedFile`]s. Out: the files on disk and what was done, or,
//! for a check, how the folder differs. A file that is there already with the same
//! contents is not touched (builds that watch times stay still), and nothing is ever
//! removed but what an earlier run generated and this one would not ([`stale`]).

mod stale;

use std::{
    fmt, fs, io,
    path::{Component, Path, PathBuf},
};

use crate::GeneratedFile;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub written: usize,
    pub unchanged: usize,
    /// Files of an earlier run that are gone now.
    pub removed: usize,
}

/// How a file on disk is not what would be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub path: PathBuf,
    pub kind: DifferenceKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    Missing,
    /// An earlier run generated it; this one would not.
    Stale,
    /// The first line that differs; none where one text ends before the other.
    Changed {
        line: usize,
        on_disk: Option<String>,
        generated: Option<String>,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    // The cause is part of the text and so no `source`: a chain would say it twice.
    #[error("cannot {action} {}: {cause}", path.display())]
    Io { action: &'static str, path: PathBuf, cause: io::Error },
    #[error("{} is a file; the output goes to a folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("refusing to write '{0}': a generated path stays below the output folder")]
    Outside(String),
}

/// Writes the files that differ from what is there, and removes those of an earlier run.
pub fn write(folder: &Path, files: &[GeneratedFile]) -> Result<Written, OutputError> {
    refuse_file(folder)?;
    let mut result = Written::default();
    for file in files {
        let path = place(folder, &file.path)?;
        if read(&path)?.is_some_and(|current| current == file.contents.as_bytes()) {
            result.unchanged += 1;
        } else {
            replace(&path, &file.contents)?;
            result.written += 1;
        }
    }
    for path in stale::files(folder, files)? {
        fs::remove_file(&path).map_err(failed("remove", &path))?;
        result.removed += 1;
    }
    Ok(result)
}

/// What [`write`] would change, without changing it.
pub fn check(folder: &Path, files: &[GeneratedFile]) -> Result<Vec<Difference>, OutputError> {
    refuse_file(folder)?;
    let mut differences = Vec::new();
    for file in files {
        let path = place(folder, &file.path)?;
        let kind = match read(&path)? {
            None => DifferenceKind::Missing,
            Some(current) if current == file.contents.as_bytes() => continue,
            Some(current) => first_change(&String::from_utf8_lossy(&current), &file.contents),
        };
        differences.push(Difference { path, kind });
    }
    let stale = stale::files(folder, files)?.into_iter();
    differences.extend(stale.map(|path| Difference { path, kind: DifferenceKind::Stale }));
    Ok(differences)
}

fn refuse_file(folder: &Path) -> Result<(), OutputError> {
    if folder.is_file() { Err(OutputError::NotAFolder(folder.to_owned())) } else { Ok(()) }
}

fn place(folder: &Path, path: &str) -> Result<PathBuf, OutputError> {
    let relative = Path::new(path);
    let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || path.is_empty() {
        return Err(OutputError::Outside(path.to_owned()));
    }
    Ok(folder.join(relative))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, OutputError> {
    match fs::read(path) {
        Ok(contents) => Ok(Some(contents)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(failed("read", path)(cause)),
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OutputError + use<> {
    let path = path.to_owned();
    move |cause| OutputError::Io { action, path, cause }
}

/// By way of a file beside it, so that nobody ever reads half a module. A file keeps who may
/// read it; a link is replaced, since it may lead anywhere.
pub(crate) fn replace(path: &Path, contents: &str) -> Result<(), OutputError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let old = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file);
    let mut written = fs::write(&temporary, contents);
    // Most files have a sibling that came before, so the folder is made only when missed.
    if let (Err(error), Some(parent)) = (&written, path.parent())
        && error.kind() == io::ErrorKind::NotFound
    {
        fs::create_dir_all(parent).map_err(failed("create the folder", parent))?;
        written = fs::write(&temporary, contents);
    }
    if let Some(old) = old {
        written = written.and_then(|()| fs::set_permissions(&temporary, old.permissions()));
    }
    written.and_then(|()| fs::rename(&temporary, path)).map_err(|cause| {
        // Best effort: the error that matters is the one on its way out.
        let _ = fs::remove_file(&temporary);
        failed("write", path)(cause)
    })
}

fn first_change(on_disk: &str, generated: &str) -> DifferenceKind {
    let (mut old, mut new) = (on_disk.lines(), generated.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (old.next(), new.next()) {
            (Some(a), Some(b)) if a == b => {}
            // Equal lines to the end: the texts differ in line ends alone.
            (a, b) => {
                let (on_disk, generated) = (a.map(str::to_owned), b.map(str::to_owned));
                return DifferenceKind::Changed { line, on_disk, generated };
            }
        }
    }
}

/// `sdk/lib.rs:12: differs` with both lines below.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.kind {
            DifferenceKind::Missing => write!(f, "{path}: missing"),
            DifferenceKind::Stale => write!(f, "{path}: left by an earlier run"),
            DifferenceKind::Changed { on_disk: None, generated: None, .. } => {
                write!(f, "{path}: differs in its line ends")
            }
            DifferenceKind::Changed { line, on_disk, generated } => {
                write!(f, "{path}:{line}: differs")?;
                for (mark, text) in [('-', on_disk), ('+', generated)] {
                    if let Some(text) = text {
                        write!(f, "\n  {mark} {text}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, contents: &str) -> GeneratedFile {
        GeneratedFile { path: path.to_owned(), contents: contents.to_owned() }
    }

    #[test]
    fn only_what_differs_is_written_and_nothing_else_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.txt"), "mine").unwrap();
        let mut files = vec![file("a.rs", "a\n"), file("deep/er/b.rs", "b\n")];
        let first = write(folder.path(), &files).unwrap();
        assert_eq!(first, Written { written: 2, ..Written::default() });
        files[1].contents = "c\n".to_owned();
        let second = write(folder.path(), &files).unwrap();
        assert_eq!(second, Written { written: 1, unchanged: 1, removed: 0 });
        assert_eq!(fs::read_to_string(folder.path().join("deep/er/b.rs")).unwrap(), "c\n");
        assert_eq!(fs::read_to_string(folder.path().join("mine.txt")).unwrap(), "mine");
        let names = fs::read_dir(folder.path().join("deep/er")).unwrap().count();
        assert_eq!(names, 1, "no temporary file is left");
    }

    #[test]
    fn a_check_says_which_line_differs_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.rs"), "one\ntwo\n").unwrap();
        fs::write(folder.path().join("b.rs"), "one\n").unwrap();
        fs::write(folder.path().join("c.rs"), "one\r\n").unwrap();
        let files = [
            file("a.rs", "one\n2\n"),
            file("b.rs", "one\n"),
            file("c.rs", "one\n"),
            file("d.rs", ""),
        ];
        let differences = check(folder.path(), &files).unwrap();
        let prefix = format!("{}/", folder.path().display());
        let shown: Vec<String> =
            differences.iter().map(|d| d.to_string().replace(&prefix, "")).collect();
        assert_eq!(
            shown,
            ["a.rs:2: differs\n  - two\n  + 2", "c.rs: differs in its line ends", "d.rs: missing"]
        );
        assert!(!folder.path().join("d.rs").exists());
    }

    #[test]
    fn a_path_never_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["../a", "/a", "a/../../b", ""] {
            let error = write(folder.path(), &[file(path, "")]).unwrap_err();
            assert!(matches!(error, OutputError::Outside(_)), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_keeps_who_may_read_it_and_a_link_leads_nowhere() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("out")).unwrap();
        fs::write(at("out/a.rs"), "old\n").unwrap();
        fs::set_permissions(at("out/a.rs"), fs::Permissions::from_mode(0o640)).unwrap();
        fs::write(at("elsewhere"), "mine").unwrap();
        symlink(at("elsewhere"), at("out/b.rs")).unwrap();
        write(&at("out"), &[file("a.rs", "a\n"), file("b.rs", "b\n")]).unwrap();
        let mode = fs::metadata(at("out/a.rs")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read_to_string(at("out/b.rs")).unwrap(), "b\n");
        assert_eq!(fs::read_to_string(at("elsewhere")).unwrap(), "mine");
    }

    #[test]
    fn a_folder_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a.rs")).unwrap();
        let error = write(folder.path(), &[file("a.rs", "")]).unwrap_err().to_string();
        assert!(error.starts_with("cannot read ") && error.contains("a.rs"), "{error}");
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_refused() {
        let file_there = tempfile::NamedTempFile::new().unwrap();
        let expected =
            format!("{} is a file; the output goes to a folder", file_there.path().display());
        let files = [file("a.rs", "")];
        let errors =
            [write(file_there.path(), &files).err(), check(file_there.path(), &files).err()];
        assert_eq!(errors.map(|error| error.unwrap().to_string()), [expected.clone(), expected]);
    }
}
