//! Packs an app's folder for the upload.

use std::{
    fs::{self, File},
    io::{self, Seek},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use flate2::{Compression, write::GzEncoder};
use tar::{Builder, Header, HeaderMode};

use crate::app::MANIFEST_NAMES;

/// Names that are no part of an app, wherever they stand.
const IGNORED: [&str; 8] = [
    ".git",
    "__pycache__",
    ".venv",
    "target",
    "node_modules",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
];

/// An archive in a file without a name, read from its start.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) archive: File,
    /// Left out, relative to the folder.
    pub(crate) ignored: Vec<PathBuf>,
}

/// The path of the manifest in `folder`.
pub(crate) fn manifest(folder: &Path) -> Result<PathBuf> {
    ensure!(folder.exists(), "{}: there is no such folder", folder.display());
    ensure!(
        folder.is_dir(),
        "{}: name the app's folder, the one with {} in it",
        folder.display(),
        MANIFEST_NAMES[0]
    );
    let found = MANIFEST_NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    if let Some(path) = found {
        return Ok(path);
    }
    let inside = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| MANIFEST_NAMES.iter().any(|name| path.join(name).is_file()));
    match inside {
        Some(inner) => bail!(
            "{} has no {}, but {} has one: install that folder",
            folder.display(),
            MANIFEST_NAMES[0],
            inner.display()
        ),
        None => bail!(
            "{} has no {1}. An app needs one; the smallest is:\n\n    \
             id: my-app\n    name: My app\n    version: 0.1.0\n    entrypoint: main.py\n",
            folder.display(),
            MANIFEST_NAMES[0]
        ),
    }
}

/// Packs everything but what is ignored, in the order of names.
pub(crate) fn pack(folder: &Path) -> Result<Packed> {
    let file = tempfile::tempfile().context("cannot make a temporary file")?;
    let root = fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
    let mut packer = Packer {
        tar: Builder::new(GzEncoder::new(file, Compression::fast())),
        root: root.clone(),
        ignored: Vec::new(),
    };
    packer.folder(&root, Path::new(""))?;
    let mut archive = packer.tar.into_inner()?.finish()?;
    archive.rewind()?;
    Ok(Packed { archive, ignored: packer.ignored })
}

struct Packer {
    tar: Builder<GzEncoder<File>>,
    root: PathBuf,
    ignored: Vec<PathBuf>,
}

impl Packer {
    fn folder(&mut self, folder: &Path, below: &Path) -> Result<()> {
        let mut entries = fs::read_dir(folder)
            .and_then(Iterator::collect::<io::Result<Vec<_>>>)
            .with_context(|| format!("cannot read {}", folder.display()))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let below = below.join(entry.file_name());
            if IGNORED.iter().any(|name| entry.file_name() == *name) {
                self.ignored.push(below);
            } else {
                self.entry(&entry.path(), &below)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, below: &Path) -> Result<()> {
        let unreadable = || format!("cannot read {}", path.display());
        let kind = fs::symlink_metadata(path).with_context(unreadable)?.file_type();
        if kind.is_dir() {
            return self.folder(path, below);
        }
        if kind.is_symlink() {
            return self.link(path, below);
        }
        ensure!(kind.is_file(), "{} is no regular file: take it out of the app", path.display());
        let mut file = File::open(path).with_context(unreadable)?;
        let mut header = Header::new_gnu();
        // Neither owner nor times: the same folder gives the same archive.
        header.set_metadata_in_mode(&file.metadata()?, HeaderMode::Deterministic);
        self.tar.append_data(&mut header, below, &mut file).with_context(unreadable)?;
        Ok(())
    }

    /// A link to a file of the app becomes that file; any other could mean anything elsewhere.
    fn link(&mut self, path: &Path, below: &Path) -> Result<()> {
        let target = fs::canonicalize(path)
            .with_context(|| format!("{} links to nothing", path.display()))?;
        ensure!(
            target.starts_with(&self.root) && target.is_file(),
            "{} links to {}, which is no file of the app: copy it into the app's folder",
            path.display(),
            target.display()
        );
        self.entry(&target, below)
    }
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;

    use super::*;

    fn app(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        folder
    }

    fn names(packed: Packed) -> Vec<String> {
        let mut tar = tar::Archive::new(GzDecoder::new(packed.archive));
        let entries = tar.entries().unwrap();
        entries.map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect()
    }

    #[test]
    fn what_is_no_part_of_an_app_stays_behind() {
        let folder = app(&["main.py", "lib/a.py", "lib/__pycache__/a.pyc", ".git/HEAD"]);
        let packed = pack(folder.path()).unwrap();
        assert_eq!(packed.ignored, [Path::new(".git"), Path::new("lib/__pycache__")]);
        assert_eq!(names(packed), ["lib/a.py", "main.py"]);
    }

    #[test]
    fn links_inside_are_followed_and_others_refused() {
        use std::os::unix::fs::symlink;
        let folder = app(&["main.py"]);
        symlink("main.py", folder.path().join("also.py")).unwrap();
        assert_eq!(names(pack(folder.path()).unwrap()), ["also.py", "main.py"]);
        symlink("/etc/passwd", folder.path().join("passwd")).unwrap();
        let error = pack(folder.path()).unwrap_err().to_string();
        assert!(error.contains("passwd links to /etc/passwd, which is no file"), "{error}");
    }

    #[test]
    fn a_folder_without_a_manifest_gets_help() {
        let folder = app(&["inner/vehicle-app.yaml", "main.py"]);
        let error = manifest(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("inner has one: install that folder"), "{error}");
        let error = manifest(&folder.path().join("main.py")).unwrap_err().to_string();
        assert!(error.contains("name the app's folder"), "{error}");
        assert!(manifest(&folder.path().join("inner")).is_ok());
    }
}
