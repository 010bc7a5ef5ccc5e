//! Ends a uv that outlived whoever started it, before its folder is removed: it would go
//! on to write there.

use std::{
    fs,
    os::unix::ffi::OsStrExt,
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// A killed process is gone after some milliseconds, unless the disk hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// Kills every `uv` that works on something below the folder, and waits until it is gone.
/// Only its very command line tells: it names our uv, and a path in our own folder. Blocks.
pub(super) fn end(uv: &Path, below: &Path) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let strays = find(uv, below);
        if strays.is_empty() || Instant::now() > deadline {
            return;
        }
        for pid in strays {
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn find(uv: &Path, below: &Path) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            // Empty for a zombie, which writes nothing any more.
            let command = fs::read(entry.path().join("cmdline")).ok()?;
            works_below(&command, uv, below).then_some(pid)
        })
        .collect()
}

fn works_below(command: &[u8], uv: &Path, below: &Path) -> bool {
    let mut words = command.split(|byte| *byte == 0);
    let is_below = |word: &[u8]| Path::new(std::ffi::OsStr::from_bytes(word)).starts_with(below);
    words.next() == Some(uv.as_os_str().as_bytes()) && words.any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_uv_at_our_folder_is_a_stray() {
        let (uv, below) = (Path::new("/x/uv"), Path::new("/s/apps/a"));
        assert!(works_below(b"/x/uv\0pip\0sync\0/s/apps/a/lock\0", uv, below));
        assert!(!works_below(b"/x/uv\0pip\0sync\0/s/apps/ab/lock\0", uv, below));
        assert!(!works_below(b"/y/uv\0pip\0sync\0/s/apps/a/lock\0", uv, below));
        assert!(!works_below(b"vi\0/s/apps/a/lock\0", uv, below));
        assert!(!works_below(b"", uv, below));
    }

    #[test]
    fn a_stray_is_ended_and_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        // Any program will do for a uv that takes its time; its words are for a shell.
        let uv = Path::new("/bin/sh");
        let mut child = std::process::Command::new(uv)
            .args(["-c", "while true; do sleep 0.01; done"])
            .arg(folder.path())
            .spawn()
            .unwrap();
        // The kernel shows a new program's command line a moment after it has begun.
        while find(uv, folder.path()).is_empty() {
            std::thread::yield_now();
        }
        end(uv, folder.path());
        assert!(find(uv, folder.path()).is_empty());
        assert!(!child.wait().unwrap().success());
    }
}
