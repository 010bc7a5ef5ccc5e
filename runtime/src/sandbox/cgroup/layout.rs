//! Where on this host groups may be made.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Version {
    One,
    Two,
}

/// A folder below which apps' groups are made, and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slot {
    pub(crate) version: Version,
    pub(crate) parent: PathBuf,
}

/// None: not on this host, or not for this user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Layout {
    pub(crate) memory: Option<Slot>,
    pub(crate) cpu: Option<Slot>,
    pub(crate) pids: Option<Slot>,
    pub(crate) freezer: Option<Slot>,
}

/// The folder that holds the groups of all our apps.
const OURS: &str = "vehicle-edge";

impl Layout {
    /// Looks and really tries: makes `vehicle-edge` below our own group, or below the next
    /// ancestor that lets us.
    pub(crate) fn probe() -> Layout {
        let (Ok(mounts), Ok(own)) =
            (fs::read_to_string("/proc/self/mountinfo"), fs::read_to_string("/proc/self/cgroup"))
        else {
            return Layout::default();
        };
        let hierarchies = hierarchies(&mounts, &own);
        let two = hierarchies.get("").and_then(|path| claim_v2(path));
        let one = |controller: &str, file: &str| {
            let parent = hierarchies.get(controller)?.join(OURS);
            fs::create_dir_all(&parent).ok()?;
            let works = parent.join(file).exists() && writable(&parent.join("cgroup.procs"));
            works.then_some(Slot { version: Version::One, parent })
        };
        let choose = |controller: &str, file: &str| match &two {
            Some((parent, controllers)) if controllers.iter().any(|c| c == controller) => {
                Some(Slot { version: Version::Two, parent: parent.clone() })
            }
            _ => one(controller, file),
        };
        Layout {
            memory: choose("memory", "memory.limit_in_bytes"),
            cpu: choose("cpu", "cpu.cfs_quota_us"),
            pids: choose("pids", "cgroup.procs"),
            freezer: match &two {
                // Not a controller: every group of version 2 has it.
                Some((parent, _)) => Some(Slot { version: Version::Two, parent: parent.clone() }),
                None => one("freezer", "cgroup.procs"),
            },
        }
    }
}

/// The folder of our own group by controller, `""` being version 2.
fn hierarchies(mountinfo: &str, own: &str) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        for controller in controllers.split(',') {
            if let Some(folder) = mounted(mountinfo, controller, path) {
                found.insert(controller.to_owned(), folder);
            }
        }
    }
    found
}

fn mounted(mountinfo: &str, controller: &str, own: &str) -> Option<PathBuf> {
    mountinfo.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let (root, point) = {
            let mut fields = left.split(' ').skip(3);
            (fields.next()?, fields.next()?)
        };
        let mut fields = right.split(' ');
        let (kind, options) = (fields.next()?, fields.nth(1)?);
        let fits = match controller {
            "" => kind == "cgroup2",
            name => kind == "cgroup" && options.split(',').any(|option| option == name),
        };
        // In a container the mount shows only the part below its own root.
        let below = Path::new(own).strip_prefix(root).unwrap_or(Path::new(""));
        fits.then(|| Path::new(point).join(below))
    })
}

/// Our folder in version 2, with the controllers that groups in it have: the ancestor that
/// offers most of them, the nearest of equals. A group that holds processes itself cannot
/// hand controllers on, so a delegated session often finds them one level up.
fn claim_v2(own: &Path) -> Option<(PathBuf, Vec<String>)> {
    let mut best: Option<(PathBuf, Vec<String>)> = None;
    for ancestor in own.ancestors().take_while(|path| path.join("cgroup.procs").exists()) {
        if !writable(&ancestor.join("cgroup.procs")) {
            continue;
        }
        let parent = ancestor.join(OURS);
        if fs::create_dir_all(&parent).is_err() {
            continue;
        }
        hand_on(ancestor);
        hand_on(&parent);
        let controllers = words(&parent.join("cgroup.subtree_control"));
        if best.as_ref().is_none_or(|(_, most)| controllers.len() > most.len()) {
            if let Some((worse, _)) = best.replace((parent, controllers)) {
                // Only ever empty: it was made a moment ago, or another daemon keeps it.
                let _ = fs::remove_dir(worse);
            }
        } else {
            let _ = fs::remove_dir(parent);
        }
    }
    best
}

/// One by one: a single missing controller fails a joint request as a whole.
fn hand_on(group: &Path) {
    for controller in words(&group.join("cgroup.controllers")) {
        if ["memory", "cpu", "pids"].contains(&controller.as_str()) {
            let _ = fs::write(group.join("cgroup.subtree_control"), format!("+{controller}"));
        }
    }
}

fn words(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

fn writable(file: &Path) -> bool {
    fs::OpenOptions::new().write(true).open(file).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";

    #[test]
    fn each_controller_is_found_where_it_is_mounted() {
        let own = "4:memory:/a/b\n2:cpu,cpuacct:/\n1:name=systemd:/\n0::/user.slice\n";
        let found = hierarchies(HYBRID, own);
        let expected: Vec<(&str, &Path)> = vec![
            ("", "/sys/fs/cgroup/unified/user.slice".as_ref()),
            ("cpu", "/sys/fs/cgroup/cpu,cpuacct".as_ref()),
            ("cpuacct", "/sys/fs/cgroup/cpu,cpuacct".as_ref()),
            ("memory", "/sys/fs/cgroup/memory/a/b".as_ref()),
        ];
        let found: Vec<_> = found.iter().map(|(name, path)| (name.as_str(), &**path)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_containers_mount_shows_only_its_own_part() {
        let mounts = "41 31 0:38 /docker/c1 /sys/fs/cgroup ro - cgroup2 cgroup rw,nsdelegate\n";
        let found = hierarchies(mounts, "0::/docker/c1/inner\n");
        assert_eq!(found[""], Path::new("/sys/fs/cgroup/inner"));
    }
}
