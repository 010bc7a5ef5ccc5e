//! Archives of a model, read in memory: nothing is unpacked to disk.
//!
//! In: the bytes of a `.zip`, `.tar` or `.tar.gz`. Out: its files by name. Hostile ones are
//! refused: names that lead out of the archive, contents that unpack to far more than any
//! text does, entries without end. Links are not followed.
//! Must not know: where the bytes came from.

mod tar;
mod zip;

use std::{collections::BTreeMap, io::Read};

use super::{LoadError, MAX_BYTES};

/// More than a catalogue holds; an archive of a large repository has fewer, too.
const MAX_ENTRIES: usize = 50_000;
/// Text is packed to a tenth; what unpacks to more than this many times is no text.
const MAX_RATIO: u64 = 100;
/// Any archive may unpack to this.
const SMALL: u64 = 16 << 20;

#[derive(Debug)]
pub(super) struct Archive {
    entries: BTreeMap<String, Entry>,
    content: Content,
    /// The one folder that holds everything, as in the archives of a forge.
    top: Option<String>,
    /// How much more may be unpacked.
    budget: Budget,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    /// By its place in the content.
    File(usize),
    Link,
}

#[derive(Debug)]
enum Content {
    Zip(zip::Zip),
    Tar(Vec<Vec<u8>>),
}

impl Archive {
    /// The kind shows in the first bytes, whatever the name says.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Archive, LoadError> {
        let mut budget = Budget::new(bytes.len());
        let (entries, content) = if bytes.starts_with(b"PK") {
            let (entries, zip) = zip::open(bytes)?;
            (entries, Content::Zip(zip))
        } else {
            let (entries, files) = tar::read(&bytes, &mut budget)?;
            (entries, Content::Tar(files))
        };
        let top = top_folder(&entries.0);
        Ok(Archive { entries: entries.0, content, top, budget })
    }

    /// The content of a file, whose path may leave out the one folder around everything.
    pub(super) fn read(&mut self, path: &str) -> Result<Vec<u8>, LoadError> {
        let below_top = || self.entries.get(&format!("{}/{path}", self.top.as_deref()?));
        let entry = self.entries.get(path).or_else(below_top);
        match (entry.copied().ok_or(LoadError::NotFound)?, &mut self.content) {
            (Entry::Link, _) => {
                Err(broken("it is a link, and links in an archive are not followed"))
            }
            (Entry::File(at), Content::Zip(zip)) => zip.read(at, &mut self.budget),
            (Entry::File(at), Content::Tar(files)) => {
                files.get(at).cloned().ok_or(LoadError::NotFound)
            }
        }
    }

    /// The paths of the files with this extension below a folder; `None` where there is no
    /// such folder.
    pub(super) fn list(&self, folder: &str, extension: &str) -> Option<Vec<String>> {
        let below = |folder: &str| {
            let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let paths = self.entries.range(prefix.clone()..).map(|(path, _)| path);
            paths.take_while(|path| path.starts_with(&prefix)).collect::<Vec<_>>()
        };
        let mut paths = below(folder);
        if paths.is_empty()
            && let Some(top) = &self.top
        {
            paths = below(&format!("{top}/{folder}"));
        }
        let ending = format!(".{extension}");
        let has_ending = |path: &&&String| path.ends_with(&ending);
        let is_there = folder.is_empty() || !paths.is_empty();
        is_there.then(|| paths.iter().filter(has_ending).map(|path| (*path).clone()).collect())
    }
}

/// The entries of an archive as they are found.
#[derive(Debug, Default)]
struct Entries(BTreeMap<String, Entry>);

impl Entries {
    /// A later entry of the same name counts, as it does for programs that unpack.
    fn add(&mut self, name: &str, entry: Entry) -> Result<(), LoadError> {
        self.0.insert(safe_name(name)?, entry);
        Ok(())
    }
}

fn check_count(entries: usize) -> Result<(), LoadError> {
    if entries > MAX_ENTRIES {
        return Err(broken(format!("it holds more than {MAX_ENTRIES} files")));
    }
    Ok(())
}

/// The name with the parts that mean nothing taken out.
fn safe_name(name: &str) -> Result<String, LoadError> {
    // Some programs write the separators of their system.
    let name = name.replace('\\', "/");
    let is_outside = name.starts_with('/')
        || name.as_bytes().get(1) == Some(&b':')
        || name.split('/').any(|part| part == "..");
    if is_outside {
        let shown: String = name.chars().take(100).collect();
        return Err(broken(format!("it holds '{shown}', a path that leads out of it")));
    }
    let parts = name.split('/').filter(|part| !part.is_empty() && *part != ".");
    Ok(parts.collect::<Vec<_>>().join("/"))
}

fn top_folder(entries: &BTreeMap<String, Entry>) -> Option<String> {
    let (top, _) = entries.keys().next()?.split_once('/')?;
    let prefix = format!("{top}/");
    entries.keys().all(|path| path.starts_with(&prefix)).then(|| top.to_owned())
}

/// How much an archive may still unpack to, over all that is read of it.
#[derive(Debug)]
struct Budget {
    left: u64,
}

impl Budget {
    fn new(packed: usize) -> Budget {
        let left = (packed as u64).saturating_mul(MAX_RATIO).clamp(SMALL, MAX_BYTES);
        Budget { left }
    }

    fn take(&mut self, bytes: u64) -> Result<(), LoadError> {
        self.left = self.left.checked_sub(bytes).ok_or_else(too_large)?;
        Ok(())
    }

    /// The content of an entry. What the entry says of its size may be wrong, and a sparse one
    /// is larger than all that the archive holds.
    fn read(&mut self, entry: impl Read) -> Result<Vec<u8>, LoadError> {
        let mut bytes = Vec::new();
        let read = entry.take(self.left + 1).read_to_end(&mut bytes);
        self.take(bytes.len() as u64)?;
        read.map_err(|error| broken(format!("it is broken: {error}")))?;
        Ok(bytes)
    }
}

fn too_large() -> LoadError {
    broken("it unpacks to far more than a model can be")
}

fn broken(cause: impl Into<String>) -> LoadError {
    LoadError::Archive { cause: cause.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_archive() {
        assert_eq!(safe_name("./a//b.vspec").unwrap(), "a/b.vspec");
        assert_eq!(safe_name("a\\b.vspec").unwrap(), "a/b.vspec");
        assert_eq!(safe_name("a..b/...").unwrap(), "a..b/...");
        for name in ["/etc/passwd", "..", "a/../../b", "..\\b", "C:/b", "\\\\host\\b"] {
            let error = safe_name(name).unwrap_err().to_string();
            assert!(error.contains("leads out of it"), "{name}: {error}");
        }
    }

    fn entries(names: &[&str]) -> BTreeMap<String, Entry> {
        names.iter().map(|name| ((*name).to_owned(), Entry::Link)).collect()
    }

    #[test]
    fn the_top_folder_holds_everything() {
        assert_eq!(top_folder(&entries(&["a/b", "a/c/d"])).as_deref(), Some("a"));
        assert_eq!(top_folder(&entries(&["a/b", "ab/c"])), None);
        assert_eq!(top_folder(&entries(&["a/b", "c"])), None);
        assert_eq!(top_folder(&entries(&["a"])), None);
        assert_eq!(top_folder(&entries(&[])), None);
    }
}
