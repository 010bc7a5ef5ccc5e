//! What this host offers, found out by trying.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::Arc,
    time::Duration,
};

use rustix::process::{WaitOptions, geteuid, waitpid};

use super::{
    Backend, Capabilities, Choice, Enforcement, Lack, Launch, Pause, Sandbox, SandboxError,
    backend::ShimSandbox,
    cell::{Failure, Walls, fork},
    cgroup::Layout,
    native,
};
use crate::app::Limits;

/// The sandbox that was asked for. A few milliseconds of trying, in a process of its own;
/// meant to be called once, before apps are started.
pub fn select(choice: Choice) -> Result<Arc<dyn Sandbox>, SandboxError> {
    // Not by its name: after an upgrade the file there is another.
    select_with(choice, Path::new("/proc/self/exe"))
}

/// `program` is the `vehicle-edge` to start shims with.
pub fn select_with(choice: Choice, program: &Path) -> Result<Arc<dyn Sandbox>, SandboxError> {
    let backend = match choice {
        Choice::Auto | Choice::Native => Backend::Native,
        Choice::Process => Backend::Process,
    };
    if backend == Backend::Native {
        try_native(program)?;
    }
    let layout = Layout::probe();
    let capabilities = capabilities(backend, &layout);
    Ok(Arc::new(ShimSandbox { capabilities, layout, program: PathBuf::from(program) }))
}

fn try_native(program: &Path) -> Result<(), SandboxError> {
    let output = Command::new(program)
        .arg(super::PROBE)
        .env_clear()
        .output()
        .map_err(SandboxError::io(program))?;
    if output.status.success() {
        return Ok(());
    }
    let failure = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| Failure::new("try it", "the attempt ended without a word"));
    Err(SandboxError::Unavailable(format!(
        "the native sandbox does not work here: {failure}. {}. \
         Or run apps without isolation: --sandbox process",
        advice(&failure)
    )))
}

/// The hidden subcommand: builds a sandbox, locks itself in, and says on its standard
/// output what did not work.
pub(super) fn run() -> ExitCode {
    match attempt() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            say(&failure);
            ExitCode::FAILURE
        }
    }
}

/// Whether it worked; the child says itself why it did not.
fn attempt() -> Result<bool, Failure> {
    let launch = Launch {
        app: "probe".parse().map_err(Failure::at("name the probe"))?,
        run_dir: PathBuf::from("/usr"),
        command: Vec::new(),
        env: BTreeMap::new(),
        workdir: PathBuf::from("/"),
        readonly: Vec::new(),
        writable: Vec::new(),
        binds: Vec::new(),
        limits: Limits::default(),
        grace: Duration::ZERO,
        uid: Some(Launch::uid_at(0)),
        first_seq: 1,
    };
    let rooms = native::Rooms::plan(&launch)?;
    let child =
        fork(rooms.namespaces(), None, || match rooms.enclose().and_then(|()| rooms.lock()) {
            Ok(()) => 0,
            Err(failure) => {
                say(&failure);
                1
            }
        })
        .map_err(Failure::at("make new namespaces"))?;
    let ended = waitpid(Some(child.pid), WaitOptions::empty()).map_err(Failure::at("wait"))?;
    Ok(ended.is_some_and(|(_, status)| status.exit_status() == Some(0)))
}

fn say(failure: &Failure) {
    let text = serde_json::to_vec(failure).unwrap_or_default();
    let _ = std::io::stdout().write_all(&text).and_then(|()| std::io::stdout().flush());
}

fn advice(failure: &Failure) -> String {
    let step = failure.step.as_str();
    let text = match step {
        "make new namespaces" if geteuid().is_root() => {
            "Root lacks CAP_SYS_ADMIN: run vehicle-edge on the host, \
             or give its container that capability"
        }
        "make new namespaces" => native::user_namespace_obstacle().unwrap_or(
            "A container or a security profile forbids user namespaces: \
             run vehicle-edge on the host",
        ),
        "make /proc" => {
            "Parts of /proc are hidden, as they are in a container: run vehicle-edge on the \
             host, or its container with unmasked system paths"
        }
        _ if step.starts_with("become user") => {
            "This container has too few users mapped: run vehicle-edge on the host"
        }
        _ if step.starts_with("restrict") || step.starts_with("take hold") => {
            "Linux 5.12 or newer is needed"
        }
        _ => {
            return native::user_namespace_obstacle().unwrap_or("See its documentation").to_owned();
        }
    };
    text.to_owned()
}

fn capabilities(backend: Backend, layout: &Layout) -> Capabilities {
    let native = backend == Backend::Native;
    let landlock = native::landlock_abi().filter(|_| native);
    let without =
        |per_process: bool| if per_process { Enforcement::Rlimit } else { Enforcement::None };
    let limit =
        |slot: bool, per_process| if slot { Enforcement::Cgroup } else { without(per_process) };
    let mut found = Capabilities {
        backend,
        isolation: match backend {
            Backend::Native if geteuid().is_root() => "namespaces, own user per app",
            Backend::Native => "namespaces, user namespace",
            Backend::Process => "none",
        }
        .to_owned(),
        isolated: native,
        network_isolated: native,
        pause: if layout.freezer.is_some() { Pause::Atomic } else { Pause::BestEffort },
        memory: limit(layout.memory.is_some(), true),
        cpu: limit(layout.cpu.is_some(), false),
        pids: limit(layout.pids.is_some(), native),
        landlock,
        lacks: Vec::new(),
    };
    found.lacks = lacks(&found);
    found
}

fn lacks(found: &Capabilities) -> Vec<Lack> {
    const HOW: &str = "run vehicle-edge as root, or as a systemd service with Delegate=yes";
    let mut lacks = Vec::new();
    let mut lack = |missing: bool, what: &str, sentence: String| {
        if missing {
            lacks.push(Lack { what: what.to_owned(), sentence });
        }
    };
    lack(
        !found.isolated,
        "isolation",
        "Apps run as ordinary processes of this user and see all its files and the network; \
         leave out '--sandbox process' to isolate them."
            .to_owned(),
    );
    lack(
        found.isolated && found.landlock.is_none(),
        "Landlock",
        "This kernel has no Landlock (or not among its 'lsm=' modules): the mounts alone keep \
         apps from files."
            .to_owned(),
    );
    lack(
        found.pause == Pause::BestEffort,
        "atomic pause",
        format!("No control group to freeze: apps are paused process by process; {HOW}."),
    );
    lack(
        found.memory == Enforcement::Rlimit,
        "memory limit",
        format!("mem_limit holds for each process, not for an app as a whole; {HOW}."),
    );
    lack(
        found.cpu == Enforcement::None,
        "cpu limit",
        format!("'cpus' has no effect: no control group for it; {HOW}."),
    );
    lack(
        found.pids == Enforcement::None,
        "process limit",
        format!("pids_limit has no effect: no control group for it; {HOW}."),
    );
    lacks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_control_groups_says_what_follows_and_what_to_do() {
        let found = capabilities(Backend::Process, &Layout::default());
        assert_eq!(found.pause, Pause::BestEffort);
        assert_eq!(found.memory, Enforcement::Rlimit);
        let whats: Vec<&str> = found.lacks.iter().map(|lack| lack.what.as_str()).collect();
        let all = ["isolation", "atomic pause", "memory limit", "cpu limit", "process limit"];
        assert_eq!(whats, all);
        for lack in found.lacks {
            assert!(lack.sentence.ends_with('.'), "{lack:?}");
        }
    }
}
