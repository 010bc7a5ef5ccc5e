//! Unpacks an uploaded app, which is read as hostile.
//!
//! The archive is read twice. The first reading looks at raw headers only and writes
//! nothing: it bounds sizes, counts and extension headers (which the tar library would
//! read into memory whole). The second writes regular files and folders into a fresh
//! folder. As no link is ever made there, no later entry can leave it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek},
    os::unix::fs::OpenOptionsExt,
    path::{Component, Path, PathBuf},
};

use flate2::read::GzDecoder;
use tar::{Archive, Entry, EntryType, PaxExtensions};

/// What an upload may cost.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Of the compressed archive.
    pub(crate) packed: u64,
    /// Of everything in it, headers included.
    pub(crate) unpacked: u64,
    pub(crate) entries: usize,
    /// How many times larger than packed the content may be, once past a mebibyte.
    pub(crate) ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { packed: 128 << 20, unpacked: 512 << 20, entries: 20_000, ratio: 200 }
    }
}

/// A path in the archive longer or deeper than this is no app's.
const MAX_PATH: usize = 1024;
const MAX_DEPTH: usize = 32;
/// Extension headers hold a path or a time; more is an attack on memory.
const MAX_EXTENSION: u64 = 64 << 10;
/// Zeros compress without bound, so small archives are exempt from the ratio.
const RATIO_FLOOR: u64 = 1 << 20;

/// Why an upload was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error("the body is no gzip-compressed tar archive: {0}")]
    NotAnArchive(io::Error),
    #[error("the archive holds {kind} '{path}'; only regular files and folders are allowed")]
    Kind { path: String, kind: &'static str },
    #[error("the archive holds '{path}', which {problem}")]
    Path { path: String, problem: &'static str },
    #[error("the archive is larger than {limit} bytes when unpacked")]
    TooLarge { limit: u64 },
    #[error("the archive holds more than {limit} entries")]
    TooMany { limit: usize },
    #[error("the archive unpacks to more than {limit} times its size")]
    Ratio { limit: u64 },
    #[error("the archive is empty: pack the content of the app's folder, manifest at the top")]
    Empty,
    #[error("cannot write the unpacked app: {0}")]
    Write(#[from] io::Error),
}

/// Unpacks into `target`, an empty folder. After an error `target` may hold some files:
/// whoever made it removes it.
pub(crate) fn unpack(
    archive: &mut File,
    target: &Path,
    limits: &Limits,
) -> Result<(), UnpackError> {
    let packed = archive.metadata()?.len();
    let allowance = limits.unpacked.min(RATIO_FLOOR.max(packed.saturating_mul(limits.ratio)));
    archive.rewind()?;
    survey(archive, allowance, limits)?;
    archive.rewind()?;
    extract(archive, allowance, target).map_err(|error| match error {
        UnpackError::NotAnArchive(inner) | UnpackError::Write(inner) if is_over(&inner) => {
            too_large(allowance, limits)
        }
        other => other,
    })
}

fn too_large(allowance: u64, limits: &Limits) -> UnpackError {
    match allowance == limits.unpacked {
        true => UnpackError::TooLarge { limit: limits.unpacked },
        false => UnpackError::Ratio { limit: limits.ratio },
    }
}

fn survey(archive: &mut File, allowance: u64, limits: &Limits) -> Result<(), UnpackError> {
    let mut tar = Archive::new(Bounded { inner: GzDecoder::new(archive), left: allowance });
    let over = || too_large(allowance, limits);
    let broken = |error: io::Error| match is_over(&error) {
        true => over(),
        false => UnpackError::NotAnArchive(error),
    };
    let mut members = 0;
    for (index, entry) in tar.entries().map_err(broken)?.raw(true).enumerate() {
        let mut entry = entry.map_err(broken)?;
        if index >= limits.entries {
            return Err(UnpackError::TooMany { limit: limits.entries });
        }
        if entry.size() > allowance {
            return Err(over());
        }
        let kind = entry.header().entry_type();
        if !is_extension(kind) {
            refuse_kind(&entry, kind)?;
            members += 1;
        } else if entry.size() > MAX_EXTENSION {
            let path = shown(&entry);
            return Err(UnpackError::Path { path, problem: "has an oversized extended header" });
        } else if kind == EntryType::XHeader && gives_size(&mut entry).map_err(broken)? {
            // The second reading would follow it, and so see other entries than this one.
            let path = shown(&entry);
            return Err(UnpackError::Path { path, problem: "gives a size beside its header's" });
        }
    }
    if members == 0 { Err(UnpackError::Empty) } else { Ok(()) }
}

fn extract(archive: &mut File, allowance: u64, target: &Path) -> Result<(), UnpackError> {
    let mut tar = Archive::new(Bounded { inner: GzDecoder::new(archive), left: allowance });
    for entry in tar.entries().map_err(UnpackError::NotAnArchive)? {
        let mut entry = entry.map_err(UnpackError::NotAnArchive)?;
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            // `git archive` puts its commit there; it names no file.
            continue;
        }
        // Once more: what is written must not hang on two readings agreeing.
        refuse_kind(&entry, kind)?;
        let Some(path) = safe_path(&entry)? else { continue };
        let path = target.join(path);
        match kind.is_dir() {
            true => make_folder(&path, &entry)?,
            false => write_file(&mut entry, &path)?,
        }
    }
    Ok(())
}

fn write_file(entry: &mut Entry<'_, impl Read>, path: &Path) -> Result<(), UnpackError> {
    if let Some(folder) = path.parent() {
        make_folder(folder, entry)?;
    }
    let executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
    let mode = if executable { 0o755 } else { 0o644 };
    // `create_new`: a name that comes twice is an error, not a silent overwrite.
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = file.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            UnpackError::Path { path: shown(entry), problem: "is there twice" }
        }
        _ => UnpackError::Write(error),
    })?;
    io::copy(entry, &mut file)?;
    Ok(())
}

fn make_folder(path: &Path, entry: &Entry<'_, impl Read>) -> Result<(), UnpackError> {
    fs::create_dir_all(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            UnpackError::Path { path: shown(entry), problem: "stands where a file is" }
        }
        _ => UnpackError::Write(error),
    })
}

/// Whether an extended header overrides the size of the entry after it. No app has a file
/// too large for an ordinary header.
fn gives_size(entry: &mut Entry<'_, impl Read>) -> io::Result<bool> {
    let mut records = Vec::new();
    entry.read_to_end(&mut records)?;
    Ok(PaxExtensions::new(&records).flatten().any(|record| record.key_bytes() == b"size"))
}

fn refuse_kind(entry: &Entry<'_, impl Read>, kind: EntryType) -> Result<(), UnpackError> {
    let kind = match kind {
        EntryType::Regular | EntryType::Directory => return Ok(()),
        EntryType::Symlink => "the symbolic link",
        EntryType::Link => "the hard link",
        EntryType::Char | EntryType::Block => "the device",
        EntryType::Fifo => "the pipe",
        _ => "the unusual entry",
    };
    Err(UnpackError::Kind { path: shown(entry), kind })
}

/// The entry's path below the app's folder; `None` for that folder itself (`./`).
fn safe_path(entry: &Entry<'_, impl Read>) -> Result<Option<PathBuf>, UnpackError> {
    let refuse = |problem| Err(UnpackError::Path { path: shown(entry), problem });
    let raw = entry.path_bytes();
    let Ok(text) = std::str::from_utf8(&raw) else {
        return refuse("is not UTF-8");
    };
    if text.chars().any(char::is_control) {
        return refuse("has control characters in its name");
    }
    if text.len() > MAX_PATH {
        return refuse("is too long");
    }
    let mut path = PathBuf::new();
    for component in Path::new(text).components() {
        match component {
            Component::Normal(name) if name.len() <= 255 => path.push(name),
            Component::Normal(_) => return refuse("has too long a name"),
            Component::CurDir => {}
            Component::ParentDir => return refuse("climbs out of the app's folder"),
            Component::RootDir | Component::Prefix(_) => return refuse("is an absolute path"),
        }
    }
    if path.components().count() > MAX_DEPTH {
        return refuse("is nested too deeply");
    }
    Ok((!path.as_os_str().is_empty()).then_some(path))
}

fn is_extension(kind: EntryType) -> bool {
    matches!(
        kind,
        EntryType::XHeader
            | EntryType::XGlobalHeader
            | EntryType::GNULongName
            | EntryType::GNULongLink
    )
}

fn shown(entry: &Entry<'_, impl Read>) -> String {
    let text = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    text.chars().take(200).flat_map(char::escape_debug).collect()
}

/// Fails once more than `left` bytes came out of the decompressor.
struct Bounded<R> {
    inner: R,
    left: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("too large")]
struct Over;

fn is_over(error: &io::Error) -> bool {
    let mut source = error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
    while let Some(error) = source {
        if error.is::<Over>() || error.downcast_ref::<io::Error>().is_some_and(is_over) {
            return true;
        }
        source = error.source();
    }
    false
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| io::Error::other(Over))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use tar::{Builder, Header};

    use super::*;

    /// One entry whose name is written raw, as no honest tool would write it.
    fn entry(tar: &mut Builder<impl Write>, name: &str, kind: EntryType, content: &[u8]) {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o4755);
        header.set_cksum();
        tar.append(&header, content).unwrap();
    }

    fn packed(fill: impl FnOnce(&mut Builder<GzEncoder<File>>)) -> File {
        let file = tempfile::tempfile().unwrap();
        let mut tar = Builder::new(GzEncoder::new(file, Compression::fast()));
        fill(&mut tar);
        tar.into_inner().unwrap().finish().unwrap()
    }

    fn unpacked(mut file: File, limits: &Limits) -> Result<tempfile::TempDir, String> {
        let folder = tempfile::tempdir().unwrap();
        unpack(&mut file, folder.path(), limits).map_err(|error| error.to_string())?;
        Ok(folder)
    }

    fn refusal(name: &str, kind: EntryType) -> String {
        let file = packed(|tar| entry(tar, name, kind, b""));
        unpacked(file, &Limits::default()).unwrap_err()
    }

    #[test]
    fn an_honest_archive_arrives_as_it_was() {
        use std::os::unix::fs::PermissionsExt;
        let file = packed(|tar| {
            entry(tar, "./", EntryType::Directory, b"");
            entry(tar, "./main.py", EntryType::Regular, b"print(1)\n");
            entry(tar, "lib/deep/x.txt", EntryType::Regular, b"x");
        });
        let folder = unpacked(file, &Limits::default()).unwrap();
        assert_eq!(fs::read(folder.path().join("main.py")).unwrap(), b"print(1)\n");
        assert_eq!(fs::read(folder.path().join("lib/deep/x.txt")).unwrap(), b"x");
        let mode = fs::metadata(folder.path().join("main.py")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777 & !0o022, 0o755, "set-uid does not survive");
    }

    #[test]
    fn paths_that_leave_the_folder_are_refused() {
        let regular = EntryType::Regular;
        assert_eq!(
            refusal("../evil", regular),
            "the archive holds '../evil', which climbs out of the app's folder"
        );
        assert_eq!(
            refusal("a/../../evil", regular),
            "the archive holds 'a/../../evil', which climbs out of the app's folder"
        );
        assert_eq!(
            refusal("/etc/passwd", regular),
            "the archive holds '/etc/passwd', which is an absolute path"
        );
        assert!(refusal("a\nb", regular).contains("control characters"));
        assert!(refusal(&"a/".repeat(40), EntryType::Directory).contains("nested too deeply"));
    }

    #[test]
    fn links_devices_and_pipes_are_refused() {
        assert_eq!(
            refusal("link", EntryType::Symlink),
            "the archive holds the symbolic link 'link'; \
             only regular files and folders are allowed"
        );
        for kind in [EntryType::Link, EntryType::Char, EntryType::Block, EntryType::Fifo] {
            assert!(refusal("x", kind).contains("only regular files"), "{kind:?}");
        }
        assert!(refusal("x", EntryType::GNUSparse).contains("only regular files"));
    }

    #[test]
    fn a_name_that_comes_twice_is_refused() {
        let file = packed(|tar| {
            entry(tar, "a", EntryType::Regular, b"1");
            entry(tar, "a", EntryType::Regular, b"2");
        });
        let error = unpacked(file, &Limits::default()).unwrap_err();
        assert_eq!(error, "the archive holds 'a', which is there twice");
    }

    #[test]
    fn size_count_and_ratio_are_bounded() {
        let zeros = vec![0; 3 << 20];
        let bomb = || packed(|tar| entry(tar, "zeros", EntryType::Regular, &zeros));
        let limits = Limits { ratio: 50, ..Limits::default() };
        assert_eq!(
            unpacked(bomb(), &limits).unwrap_err(),
            "the archive unpacks to more than 50 times its size"
        );
        let limits = Limits { unpacked: 2 << 20, ratio: 100_000, ..Limits::default() };
        assert_eq!(
            unpacked(bomb(), &limits).unwrap_err(),
            "the archive is larger than 2097152 bytes when unpacked"
        );
        let many = packed(|tar| {
            for index in 0..5 {
                entry(tar, &index.to_string(), EntryType::Regular, b"");
            }
        });
        let limits = Limits { entries: 4, ..Limits::default() };
        assert_eq!(unpacked(many, &limits).unwrap_err(), "the archive holds more than 4 entries");
    }

    #[test]
    fn a_huge_extended_header_is_refused_unread() {
        let file = packed(|tar| {
            entry(tar, "pax", EntryType::XHeader, &vec![b'a'; 100 << 10]);
            entry(tar, "a", EntryType::Regular, b"");
        });
        let error = unpacked(file, &Limits::default()).unwrap_err();
        assert_eq!(error, "the archive holds 'pax', which has an oversized extended header");
    }

    #[test]
    fn a_size_that_only_the_second_reading_would_see_is_refused() {
        let file = packed(|tar| {
            entry(tar, "pax", EntryType::XHeader, b"19 size=1073741824\n");
            entry(tar, "zeros", EntryType::Regular, b"");
        });
        assert_eq!(
            unpacked(file, &Limits::default()).unwrap_err(),
            "the archive holds 'pax', which gives a size beside its header's"
        );
    }

    #[test]
    fn what_follows_the_end_of_the_archive_is_bounded_as_well() {
        let mut file = packed(|tar| {
            entry(tar, "pax", EntryType::XHeader, b"16 size=8388608\n");
            entry(tar, "zeros", EntryType::Regular, b"");
            tar.finish().unwrap();
            tar.get_mut().write_all(&vec![0; 9 << 20]).unwrap();
        });
        let folder = tempfile::tempdir().unwrap();
        file.rewind().unwrap();
        let error = extract(&mut file, 1 << 20, folder.path()).unwrap_err();
        assert!(matches!(error, UnpackError::Write(error) if is_over(&error)));
        assert!(fs::metadata(folder.path().join("zeros")).unwrap().len() <= 1 << 20);
    }

    #[test]
    fn a_folder_where_a_file_stands_is_refused() {
        let file = packed(|tar| {
            entry(tar, "a", EntryType::Regular, b"1");
            entry(tar, "a/b", EntryType::Regular, b"2");
        });
        let error = unpacked(file, &Limits::default()).unwrap_err();
        assert_eq!(error, "the archive holds 'a/b', which stands where a file is");
    }

    #[test]
    fn a_body_that_is_no_archive_says_so() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"PK\x03\x04 a zip file").unwrap();
        let error = unpacked(file, &Limits::default()).unwrap_err();
        assert!(error.starts_with("the body is no gzip-compressed tar archive"), "{error}");
        let error = unpacked(packed(|_| ()), &Limits::default()).unwrap_err();
        assert!(error.starts_with("the archive is empty"), "{error}");
    }
}
