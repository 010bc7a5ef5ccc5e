//! What a process has used, from `/proc`.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    pid: u32,
}

impl Process {
    pub(crate) fn of(pid: u32) -> Process {
        Process { pid }
    }

    pub(crate) fn own() -> Process {
        Process { pid: std::process::id() }
    }

    /// Processor time of all threads that live: finer than the hundredths of a second of `stat`.
    pub(crate) fn cpu(self) -> Result<Duration> {
        let folder = format!("/proc/{}/task", self.pid);
        let mut nanoseconds = 0;
        for thread in fs::read_dir(&folder).with_context(|| folder.clone())? {
            let file = thread?.path().join("schedstat");
            // A thread may end meanwhile.
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let spent = text.split(' ').next().and_then(|word| word.parse::<u64>().ok());
            nanoseconds += spent.with_context(|| format!("{} has no number", file.display()))?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Resident memory.
    pub(crate) fn megabytes(self) -> Result<f64> {
        let file = format!("/proc/{}/status", self.pid);
        let text = fs::read_to_string(&file).with_context(|| file.clone())?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        Ok(kib.with_context(|| format!("{file} has no VmRSS"))? * 1024.0 / 1e6)
    }
}
