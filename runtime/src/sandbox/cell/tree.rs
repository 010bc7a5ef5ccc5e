//! All processes below one, where no control group holds them together.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io, thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

const PATIENCE: Duration = Duration::from_secs(5);

/// Stops every process below `root` (not `root` itself), until no moving one is left: one
/// that forks while we look is found the next time.
pub(super) fn stop(root: Pid) -> io::Result<()> {
    let still = |process: &Process, told: bool| match process.state {
        'T' | 't' | 'Z' | 'X' => true,
        // In the middle of a system call that only the kernel can end, for instance waiting
        // for a vfork's child that we have stopped: it stops before it runs on.
        'D' => told,
        _ => false,
    };
    if signal_until(root, Signal::STOP, still)? {
        return Ok(());
    }
    resume(root)?;
    Err(io::Error::new(io::ErrorKind::TimedOut, "its processes do not stop"))
}

/// Everybody, whatever they look like: one may have its stop still before it.
pub(super) fn resume(root: Pid) -> io::Result<()> {
    let moving = |_: &Process, told: bool| told;
    signal_until(root, Signal::CONT, moving).map(|_| ())
}

/// For the init, to which orphans come back: whoever is left is below it.
pub(super) fn kill(root: Pid) -> io::Result<()> {
    let dead = |process: &Process, _| matches!(process.state, 'Z' | 'X');
    signal_until(root, Signal::KILL, dead).map(|_| ())
}

/// Whether all were as wanted within our patience. `good` hears whether the process has been
/// sent the signal before.
fn signal_until(
    root: Pid,
    signal: Signal,
    good: impl Fn(&Process, bool) -> bool,
) -> io::Result<bool> {
    let end = Instant::now() + PATIENCE;
    let mut told = BTreeSet::new();
    loop {
        let others: Vec<Pid> = below(root, &processes()?)
            .into_iter()
            .filter(|process| !good(process, told.contains(&process.pid)))
            .filter_map(|process| Pid::from_raw(process.pid))
            .collect();
        if others.is_empty() {
            return Ok(true);
        }
        if Instant::now() > end {
            return Ok(false);
        }
        for pid in others {
            // It may have ended since we looked.
            let _ = kill_process(pid, signal);
            told.insert(pid.as_raw_nonzero().get());
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Process {
    pid: i32,
    parent: i32,
    state: char,
}

fn processes() -> io::Result<Vec<Process>> {
    let names =
        fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|pid| parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?))
        .collect())
}

/// `7 (a name) with) any) sign) S 3 …`
fn parse(stat: &str) -> Option<Process> {
    let (pid, rest) = stat.split_once(" (")?;
    let mut fields = rest.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some(Process { pid: pid.parse().ok()?, parent: fields.next()?.parse().ok()?, state })
}

fn below(root: Pid, all: &[Process]) -> BTreeSet<Process> {
    let mut children: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
    for process in all {
        children.entry(process.parent).or_default().push(*process);
    }
    let mut found = BTreeSet::new();
    let mut open = vec![root.as_raw_nonzero().get()];
    while let Some(pid) = open.pop() {
        for child in children.remove(&pid).unwrap_or_default() {
            open.push(child.pid);
            found.insert(child);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_call_itself_anything() {
        let parsed = parse("7 (a) S 1 (b) T 3 7 7 0 -1");
        assert_eq!(parsed, Some(Process { pid: 7, parent: 3, state: 'T' }));
        assert_eq!(parse("garbage"), None);
    }

    #[test]
    fn only_what_is_below_is_found_at_any_depth() {
        let process = |pid, parent| Process { pid, parent, state: 'S' };
        let all = [process(5, 4), process(4, 2), process(3, 1), process(2, 1), process(1, 0)];
        let root = Pid::from_raw(2).unwrap();
        let found: Vec<i32> = below(root, &all).iter().map(|process| process.pid).collect();
        assert_eq!(found, [4, 5]);
    }
}
