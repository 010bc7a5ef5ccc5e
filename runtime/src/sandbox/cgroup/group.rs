//! One app's group.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::{Layout, Slot, Version};
use crate::app::Limits;

/// The folders of one app, made by [`Group::create`]. Written into the run folder, so that
/// a daemon can clear up after a shim that was killed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    memory: Option<Slot>,
    cpu: Option<Slot>,
    pids: Option<Slot>,
    freezer: Option<Slot>,
}

/// Of a processor's time, how long is one share counted.
const PERIOD_US: u64 = 100_000;
const FREEZE_TIMEOUT: Duration = Duration::from_secs(5);
const REMOVE_TIMEOUT: Duration = Duration::from_secs(5);

impl Group {
    /// `name` must be the app's alone. What an earlier run left there is killed first.
    pub(crate) fn create(layout: &Layout, name: &str, limits: &Limits) -> io::Result<Group> {
        let slot = |wanted: bool, slot: &Option<Slot>| {
            let slot = slot.as_ref().filter(|_| wanted)?;
            Some(Slot { version: slot.version, parent: slot.parent.join(name) })
        };
        let group = Group {
            memory: slot(limits.mem_limit.is_some(), &layout.memory),
            cpu: slot(limits.cpus.is_some(), &layout.cpu),
            pids: slot(limits.pids_limit.is_some(), &layout.pids),
            freezer: slot(true, &layout.freezer),
        };
        group.remove()?;
        for (_, folder) in group.folders() {
            fs::create_dir_all(folder).map_err(|error| named(folder, error))?;
        }
        group.limit(limits)?;
        Ok(group)
    }

    pub(crate) fn limits_memory(&self) -> bool {
        self.memory.is_some()
    }

    pub(crate) fn limits_pids(&self) -> bool {
        self.pids.is_some()
    }

    pub(crate) fn can_freeze(&self) -> bool {
        self.freezer.is_some()
    }

    fn limit(&self, limits: &Limits) -> io::Result<()> {
        if let (Some(slot), Some(bytes)) = (&self.memory, limits.mem_limit) {
            match slot.version {
                Version::One => {
                    slot.put("memory.limit_in_bytes", bytes)?;
                    // Else the app would go on in swap. Absent without swap accounting.
                    let _ = slot.put("memory.memsw.limit_in_bytes", bytes);
                }
                Version::Two => {
                    slot.put("memory.max", bytes)?;
                    let _ = slot.put("memory.swap.max", 0);
                    let _ = slot.put("memory.oom.group", 1);
                }
            }
        }
        if let (Some(slot), Some(cpus)) = (&self.cpu, limits.cpus) {
            // The kernel takes no share below a millisecond.
            let quota = ((cpus * PERIOD_US as f64) as u64).max(1000);
            match slot.version {
                Version::One => {
                    slot.put("cpu.cfs_period_us", PERIOD_US)?;
                    slot.put("cpu.cfs_quota_us", quota)?;
                }
                Version::Two => slot.put("cpu.max", format!("{quota} {PERIOD_US}"))?,
            }
        }
        if let (Some(slot), Some(pids)) = (&self.pids, limits.pids_limit) {
            // The sandbox's own init is in the group too.
            slot.put("pids.max", pids.saturating_add(1))?;
        }
        Ok(())
    }

    /// The ways in that cost nothing. Writing a pid into `cgroup.procs` waits, for each
    /// hierarchy, until all processors have passed a quiet moment, which takes 10 ms and
    /// more; being born in a group, or moving one's own only thread, does not.
    pub(crate) fn entry(&self) -> io::Result<Entry> {
        let mut entry = Entry { folder: None, tasks: Vec::new() };
        for (version, folder) in self.folders() {
            let (path, write) = match version {
                Version::One => (folder.join("tasks"), true),
                Version::Two => (folder.to_owned(), false),
            };
            let file = fs::OpenOptions::new().read(!write).write(write).open(&path);
            let file = file.map_err(|error| named(&path, error))?;
            match version {
                Version::One => entry.tasks.push((path, file)),
                Version::Two => entry.folder = Some(file),
            }
        }
        Ok(entry)
    }

    /// The slow way into version 2, for a kernel without the other.
    pub(crate) fn add(&self, pid: Pid) -> io::Result<()> {
        for (_, folder) in self.folders().filter(|(version, _)| *version == Version::Two) {
            let file = folder.join("cgroup.procs");
            fs::write(&file, pid.as_raw_nonzero().to_string())
                .map_err(|error| named(&file, error))?;
        }
        Ok(())
    }

    /// Returns when every process stands still.
    pub(crate) fn freeze(&self) -> io::Result<()> {
        let Some(slot) = &self.freezer else { return Err(io::ErrorKind::Unsupported.into()) };
        match slot.version {
            Version::One => slot.put("freezer.state", "FROZEN")?,
            Version::Two => slot.put("cgroup.freeze", 1)?,
        }
        let frozen = || match slot.version {
            Version::One => slot.get("freezer.state").trim() == "FROZEN",
            Version::Two => slot.get("cgroup.events").contains("frozen 1"),
        };
        if wait_until(FREEZE_TIMEOUT, frozen) {
            return Ok(());
        }
        // Half frozen is neither paused nor running.
        let _ = self.thaw();
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("the kernel did not freeze it within {FREEZE_TIMEOUT:?}"),
        ))
    }

    pub(crate) fn thaw(&self) -> io::Result<()> {
        match &self.freezer {
            Some(slot) if slot.version == Version::One => slot.put("freezer.state", "THAWED"),
            Some(slot) => slot.put("cgroup.freeze", 0),
            None => Ok(()),
        }
    }

    /// Kills everything in it; a frozen v1 group dies when it thaws. Nothing in a group
    /// that does not exist (any more).
    pub(crate) fn kill(&self) {
        for slot in self.slots() {
            if slot.version == Version::Two && slot.put("cgroup.kill", 1).is_ok() {
                continue;
            }
            for pid in slot.get("cgroup.procs").lines().filter_map(|line| line.parse().ok()) {
                if let Some(pid) = Pid::from_raw(pid) {
                    let _ = kill_process(pid, Signal::KILL);
                }
            }
        }
        let _ = self.thaw();
    }

    /// How many processes the kernel has killed here for their memory.
    pub(crate) fn oom_kills(&self) -> u64 {
        let Some(slot) = &self.memory else { return 0 };
        let text = match slot.version {
            // `memory.failcnt` can stay at 0.
            Version::One => slot.get("memory.oom_control"),
            Version::Two => slot.get("memory.events"),
        };
        text.lines()
            .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
            .unwrap_or(0)
    }

    /// Kills what is left in it and takes the folders away.
    pub(crate) fn remove(&self) -> io::Result<()> {
        let mut left: Vec<&Path> = self.folders().map(|(_, folder)| folder).collect();
        left.retain(|folder| folder.exists());
        if left.is_empty() {
            return Ok(());
        }
        // A process takes a moment to die, and in version 1 may fork meanwhile.
        let gone = wait_until(REMOVE_TIMEOUT, || {
            left.retain(|folder| match fs::remove_dir(folder) {
                Ok(()) => false,
                Err(error) => error.kind() != io::ErrorKind::NotFound,
            });
            if !left.is_empty() {
                self.kill();
            }
            left.is_empty()
        });
        match left.first() {
            Some(folder) if !gone => Err(named(
                folder,
                io::Error::new(io::ErrorKind::TimedOut, "its processes do not end"),
            )),
            _ => Ok(()),
        }
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        [&self.memory, &self.cpu, &self.pids, &self.freezer].into_iter().flatten()
    }

    /// Each folder once: in version 2 all jobs share one.
    fn folders(&self) -> impl Iterator<Item = (Version, &Path)> {
        let slots = self.slots().map(|slot| (slot.parent.as_path(), slot.version));
        let folders: BTreeMap<&Path, Version> = slots.collect();
        folders.into_iter().map(|(folder, version)| (version, folder))
    }
}

/// How a new process gets into its group.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Of version 2: to be born in.
    pub(crate) folder: Option<File>,
    tasks: Vec<(PathBuf, File)>,
}

impl Entry {
    /// Of version 1, in the new process itself, while it has one thread.
    pub(crate) fn join(&self) -> io::Result<()> {
        for (path, file) in &self.tasks {
            let mut file: &File = file;
            file.write_all(b"0").map_err(|error| named(path, error))?;
        }
        Ok(())
    }
}

impl Slot {
    fn put(&self, name: &str, value: impl ToString) -> io::Result<()> {
        let file = self.parent.join(name);
        // Not `fs::write`, which would create and truncate.
        let open = fs::OpenOptions::new().write(true).open(&file);
        open.and_then(|mut file| file.write_all(value.to_string().as_bytes()))
            .map_err(|error| named(&file, error))
    }

    fn get(&self, name: &str) -> String {
        fs::read_to_string(self.parent.join(name)).unwrap_or_default()
    }
}

fn named(path: &Path, error: io::Error) -> io::Error {
    let path: PathBuf = path.into();
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_micros(100);
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}
