//! Copies of what servers sent, a file each, for the user alone.
//!
//! ```text
//! {"etag": …, "last_modified": …, "sha256": …}     sha256 of what follows; null: no such file
//! the bytes
//! ```
//!
//! A file's time is that of the server's last word on it. Nothing depends on the cache: what
//! cannot be read or written is as if it were not there.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use reqwest::Url;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Files without content count, too.
const MAX_COPIES: usize = 10_000;
/// What a run that was killed left behind is this old at least.
const ABANDONED: Duration = Duration::from_secs(3600);
const TEMPORARY: &str = "tmp";

#[derive(Debug)]
pub(super) struct Cache {
    folder: Option<PathBuf>,
    max_bytes: u64,
    /// Whether something was added, so that old copies may have to go.
    has_grown: AtomicBool,
}

/// By what a server tells whether something has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Validators {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

#[derive(Debug)]
pub(super) struct Copied {
    pub(super) validators: Validators,
    /// `None`: the server said that there is no such file.
    pub(super) content: Option<Vec<u8>>,
    /// For people.
    pub(super) date: String,
}

#[derive(Serialize, Deserialize)]
struct Head {
    #[serde(flatten)]
    validators: Validators,
    sha256: Option<String>,
}

/// The name of a copy. With credentials a server may show another file.
pub(super) fn key(url: &Url, with_login: bool) -> String {
    digest(format!("{url}\n{with_login}").as_bytes())
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Cache {
    pub(super) fn new(folder: Option<PathBuf>, max_bytes: u64) -> Cache {
        Cache { folder, max_bytes, has_grown: AtomicBool::new(false) }
    }

    pub(super) fn get(&self, key: &str) -> Option<Copied> {
        let path = self.folder.as_ref()?.join(key);
        let date = date(fs::metadata(&path).ok()?.modified().ok()?);
        let mut bytes = fs::read(path).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
        let content = match head.sha256 {
            Some(expected) => {
                bytes.drain(..=end);
                (digest(&bytes) == expected).then_some(Some(bytes))?
            }
            None => None,
        };
        Some(Copied { validators: head.validators, content, date })
    }

    pub(super) fn put(&self, key: &str, validators: &Validators, content: Option<&[u8]>) {
        let Some(folder) = &self.folder else { return };
        let head = Head { validators: validators.clone(), sha256: content.map(digest) };
        let Ok(mut bytes) = serde_json::to_vec(&head) else { return };
        bytes.push(b'\n');
        bytes.extend_from_slice(content.unwrap_or_default());
        if make_folder(folder).and_then(|()| write(folder, key, &bytes)).is_ok() {
            self.has_grown.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn remove(&self, key: &str) {
        if let Some(folder) = &self.folder {
            let _ = fs::remove_file(folder.join(key));
        }
    }

    /// The server said that the copy is still right.
    pub(super) fn touch(&self, key: &str) {
        if let Some(folder) = &self.folder {
            let file = OpenOptions::new().append(true).open(folder.join(key));
            let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
        }
    }
}

/// Once per run is enough: a run adds little to what may be kept.
impl Drop for Cache {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder
            && self.has_grown.load(Ordering::Relaxed)
        {
            let _ = sweep(folder, self.max_bytes);
        }
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Another run sees the whole file or none.
fn write(folder: &Path, key: &str, bytes: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // Containers that share a folder have the same process ids.
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let run = format!("{}-{}", process::id(), time.as_nanos());
    let path = folder.join(format!("{key}.{run}-{count}.{TEMPORARY}"));
    let mut options = File::options();
    // Never into a file, or behind a link, that somebody else has put there.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&path)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&path, folder.join(key)));
    if written.is_err() {
        let _ = fs::remove_file(&path);
    }
    written
}

/// Removes the oldest copies until the rest is small enough. Only what looks like a copy is
/// touched: somebody may have named a folder that holds other files, too.
fn sweep(folder: &Path, max_bytes: u64) -> io::Result<()> {
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(data) = entry.metadata() else { continue };
        let Ok(modified) = data.modified() else { continue };
        if is_key(&name) {
            copies.push((modified, data.len(), entry.path()));
        } else if is_temporary(&name) && modified.elapsed().is_ok_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(entry.path());
        }
    }
    copies.sort();
    let mut bytes: u64 = copies.iter().map(|(_, length, _)| length).sum();
    let mut left = copies.len();
    for (_, length, path) in copies {
        if bytes <= max_bytes && left <= MAX_COPIES {
            break;
        }
        let _ = fs::remove_file(path);
        bytes -= length;
        left -= 1;
    }
    Ok(())
}

fn is_key(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_temporary(name: &str) -> bool {
    name.split_once('.').is_some_and(|(key, rest)| is_key(key) && rest.ends_with(TEMPORARY))
}

/// `2026-03-01 09:05 UTC`.
fn date(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::MIN);
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validators() -> Validators {
        Validators { etag: Some("\"1\"".to_owned()), last_modified: None }
    }

    #[test]
    fn a_copy_is_what_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(folder.path().join("a/b")), 1000);
        let [one, two] =
            ["http://a.test/1", "http://a.test/2"].map(|url| key(&Url::parse(url).unwrap(), false));
        assert!(cache.get(&one).is_none());
        cache.put(&one, &validators(), Some(b"Car:\nx"));
        cache.put(&two, &Validators::default(), None);
        let copy = cache.get(&one).unwrap();
        assert_eq!((copy.validators, copy.content), (validators(), Some(b"Car:\nx".to_vec())));
        assert!(cache.get(&two).unwrap().content.is_none());
    }

    #[test]
    fn a_broken_copy_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(folder.path().to_owned()), 1000);
        cache.put("k", &validators(), Some(b"Car:\n"));
        let whole = fs::read(folder.path().join("k")).unwrap();
        for end in 0..whole.len() {
            fs::write(folder.path().join("k"), &whole[..end]).unwrap();
            assert!(cache.get("k").is_none(), "{end}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn copies_are_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(folder.path().join("vssc")), 1000);
        cache.put("k", &validators(), Some(b"Car:\n"));
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().join("vssc")), 0o700);
        assert_eq!(mode(folder.path().join("vssc/k")), 0o600);
    }

    #[test]
    fn the_oldest_copies_go_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..4).map(|number| format!("{number:064}")).collect();
        let old = format!("{}.1-1.tmp", names[0]);
        for (age, name) in names.iter().chain([&old, &"mine".to_owned()]).enumerate() {
            let path = folder.path().join(name);
            fs::write(&path, [0; 100]).unwrap();
            let time = SystemTime::now() - Duration::from_secs(4000 * (1 + age as u64));
            File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        }
        sweep(folder.path(), 250).unwrap();
        let mut left: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, [names[0].as_str(), &names[1], "mine"]);
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let at = |seconds| date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01 00:00 UTC");
        assert_eq!(at(951_782_399), "2000-02-28 23:59 UTC");
        assert_eq!(at(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(at(978_307_199), "2000-12-31 23:59 UTC");
        assert_eq!(at(1_772_355_900), "2026-03-01 09:05 UTC");
    }
}
