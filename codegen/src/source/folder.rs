//! Folders of this machine: which files are in them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::LoadError;

/// No tree of models is deeper.
const MAX_DEPTH: usize = 32;
/// Of files and folders looked at.
const MAX_ENTRIES: usize = 50_000;

/// The files with this extension below a folder, in the order of their names. Hidden ones
/// are left out, and links to folders are not followed.
pub(super) fn list(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, LoadError> {
    let mut walk = Walk { extension, files: Vec::new(), entries: 0 };
    walk.enter(folder, 0)?;
    walk.files.sort();
    Ok(walk.files)
}

struct Walk<'e> {
    extension: &'e str,
    files: Vec<PathBuf>,
    entries: usize,
}

impl Walk<'_> {
    fn enter(&mut self, folder: &Path, depth: usize) -> Result<(), LoadError> {
        let unreadable = |error: io::Error| {
            LoadError::Other(format!("its folder {} cannot be read: {error}", folder.display()))
        };
        // The working folder may be written as nothing.
        let named = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        for entry in fs::read_dir(named).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(LoadError::Advised {
                    cause: format!("the folder holds more than {MAX_ENTRIES} files"),
                    help: "name the root file itself".to_owned(),
                });
            }
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            let path = folder.join(&name);
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                if depth < MAX_DEPTH {
                    self.enter(&path, depth + 1)?;
                }
            } else if path.extension().is_some_and(|e| e == self.extension) && path.is_file() {
                self.files.push(path);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_searched_to_the_bottom() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.vspec", "a/c.vspec", "a/d.txt", ".git/e.vspec", ".f.vspec"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/again")).unwrap();
        let files = list(folder.path(), "vspec").unwrap();
        assert_eq!(files, ["a/c.vspec", "b.vspec"].map(|name| folder.path().join(name)));
    }
}
