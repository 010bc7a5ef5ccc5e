//! Waits until one of a set of files changes, appears or goes.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant, SystemTime},
};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// An editor changes a file in several steps, close together.
const QUIET: Duration = Duration::from_millis(5);
/// A file that never rests is not waited for.
const LONGEST: Duration = Duration::from_millis(200);

/// Folders are watched, not files: an editor that writes a new file in the place of the old
/// one would leave a watch on a file that is no longer there.
#[derive(Debug)]
pub(super) struct Changes {
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    folders: HashSet<PathBuf>,
    files: HashSet<PathBuf>,
}

impl Changes {
    pub(super) fn new() -> notify::Result<Changes> {
        let (sender, events) = channel();
        let watcher = notify::recommended_watcher(sender)?;
        Ok(Changes { watcher, events, folders: HashSet::new(), files: HashSet::new() })
    }

    /// Watches these files from now on, and no others.
    pub(super) fn watch(&mut self, files: &BTreeSet<PathBuf>) {
        self.files = files.iter().flat_map(|file| names_of(file)).collect();
        for folder in self.files.iter().filter_map(|file| file.parent()) {
            // One that is not there, or may not be read, holds nothing that could change.
            if self.folders.insert(folder.to_path_buf())
                && self.watcher.watch(folder, RecursiveMode::NonRecursive).is_err()
            {
                self.folders.remove(folder);
            }
        }
    }

    /// Whether a file was changed since then. One of tomorrow, by another machine's clock, was
    /// not.
    pub(super) fn is_newer(&self, then: SystemTime) -> bool {
        let changed = |file: &PathBuf| fs::metadata(file).and_then(|data| data.modified()).ok();
        let since = then..=SystemTime::now();
        self.files.iter().filter_map(changed).any(|time| since.contains(&time))
    }

    /// Blocks until a file changes and all are at rest again; gives the first.
    pub(super) fn wait(&self) -> anyhow::Result<PathBuf> {
        let changed = loop {
            if let Some(file) = self.concerned(&self.events.recv()??) {
                break file;
            }
        };
        let begun = Instant::now();
        while begun.elapsed() < LONGEST && self.events.recv_timeout(QUIET).is_ok() {}
        Ok(changed)
    }

    fn concerned(&self, event: &Event) -> Option<PathBuf> {
        let is_read = matches!(event.kind, EventKind::Access(_));
        event.paths.iter().find(|path| !is_read && self.files.contains(*path)).cloned()
    }
}

/// The names under which a change of the file may be told: its own in its real folder, and
/// that of the file behind a link. Where its folder is not there, that of the first folder
/// that would have to be made.
fn names_of(file: &Path) -> Vec<PathBuf> {
    let mut names = Vec::new();
    let mut name = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    while let (Some(folder), Some(last)) = (name.parent(), name.file_name()) {
        if let Ok(folder) = folder.canonicalize() {
            names.push(folder.join(last));
            break;
        }
        name = folder.to_path_buf();
    }
    names.extend(file.canonicalize());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_tomorrow_has_not_just_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("car.vspec");
        let file = fs::File::create(&path).unwrap();
        let mut changes = Changes::new().unwrap();
        changes.watch(&BTreeSet::from([path]));
        let now = SystemTime::now();
        let hour = Duration::from_secs(3600);
        for (time, is_newer) in [(now - 2 * hour, false), (now, true), (now + hour, false)] {
            file.set_modified(time).unwrap();
            assert_eq!(changes.is_newer(now - hour), is_newer, "{time:?}");
        }
    }
}
