//! From a launch to a running app.

use std::{
    cell::RefCell,
    fs::{self, File},
    io::{self, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    process::{Command, Stdio},
};

use rustix::{
    fs::{Gid, Uid, fchown},
    io::ioctl_fionbio,
    pipe::{PipeFlags, pipe_with},
    process::{
        Pid, PidfdFlags, Resource, Rlimit, Signal, WaitOptions, chdir, getrlimit, kill_process,
        pidfd_open, set_parent_process_death_signal, setrlimit, setsid, waitpid,
    },
    thread::set_name,
};

use super::{
    Cell, Failure, Pipes, Walls,
    fork::fork,
    init,
    report::{self, Writer},
    signals,
};
use crate::sandbox::{Launch, cgroup::Group};

const JOIN: &str = "put the app into its control group";

/// stdin, stdout, stderr.
type Three = [OwnedFd; 3];

/// Returns when the app's program was executed.
pub(crate) fn start(
    launch: &Launch,
    walls: &dyn Walls,
    group: Group,
) -> Result<(Cell, Pipes), Failure> {
    let (ours, theirs) = pipes(walls.user()).map_err(Failure::at("make the app's pipes"))?;
    let (lifeline, inner) = UnixStream::pair().map_err(Failure::at("make the lifeline"))?;
    let (reader, writer) = report::channel().map_err(Failure::at("make the report's socket"))?;
    let limits = rlimits(launch, &group, walls);
    let mut entry = group.entry().map_err(Failure::at(JOIN))?;
    let folder = entry.folder.take();

    // The child gets a copy of our ends too, and takes its copy out of here to close it:
    // an init that holds its own lifeline would never see it end.
    let near = RefCell::new(Some((ours, lifeline, reader)));
    let forked = fork(walls.namespaces(), folder.as_ref().map(AsFd::as_fd), || {
        drop(near.take());
        match entry
            .join()
            .map_err(Failure::at(JOIN))
            .and_then(|()| init_main(launch, walls, &limits, theirs, inner, &writer))
        {
            Ok(()) => 0,
            Err(failure) => {
                writer.failure(&failure);
                1
            }
        }
    })
    .map_err(Failure::at("make new namespaces"))?;
    let init_pid = forked.pid;
    drop(writer);
    let Some((ours, lifeline, reader)) = near.take() else {
        return Err(Failure::new("make the app's pipes", "they are gone"));
    };

    let (mut pid, mut app) = (None, None);
    let outcome = pidfd_open(init_pid, PidfdFlags::empty())
        .map_err(Failure::at("hold the sandbox's init"))
        .and_then(|init| {
            if !forked.in_group {
                group.add(init_pid).map_err(Failure::at(JOIN))?;
            }
            // A failure of the init comes as its report.
            let _ = (&lifeline).write_all(init::GO);
            reader.wait(|sender| {
                pid = Some(sender);
                app = pidfd_open(sender, PidfdFlags::empty()).ok();
            })?;
            Ok(init)
        });
    let (init, pid) = match (outcome, pid) {
        (Ok(init), Some(pid)) => (init, pid),
        (outcome, _) => {
            let _ = kill_process(init_pid, Signal::KILL);
            let _ = waitpid(Some(init_pid), WaitOptions::empty());
            let _ = group.remove();
            return Err(outcome.err().unwrap_or_else(|| {
                Failure::new("build the sandbox", "its first process ended without a word")
            }));
        }
    };
    prefer_as_victim(pid);
    let [stdin, stdout, stderr] = ours.map(File::from);
    let cell = Cell {
        pid,
        app,
        init_pid,
        init,
        lifeline,
        group,
        dies_with_its_init: walls.dies_with_its_init(),
    };
    Ok((cell, Pipes { stdin, stdout, stderr }))
}

fn init_main(
    launch: &Launch,
    walls: &dyn Walls,
    limits: &[(Resource, u64)],
    stdio: Three,
    mut lifeline: UnixStream,
    writer: &Writer,
) -> Result<(), Failure> {
    let signals = signals::as_descriptor().map_err(Failure::at("watch for signals"))?;
    let _ = set_name(c"vehicle-init");
    walls.enclose()?;
    if walls.dies_with_its_init() {
        // Beside the lifeline, for an init that is frozen or stopped. The shim's only thread
        // made us, so this does not fire early; a change of user would have reset it.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
    }
    // Not before the shim has put us into the control group.
    lifeline.read_exact(&mut [0; init::GO.len()]).map_err(Failure::at("hear from the shim"))?;
    let app = fork(0, None, || {
        let failure = app_main(launch, walls, limits, stdio, writer);
        writer.failure(&failure);
        127
    })
    .map_err(Failure::at("make the app's process"))?;
    writer.close();
    init::watch(app.pid, lifeline, &signals, walls.dies_with_its_init());
    Ok(())
}

/// Returns only with the reason why the app is not running.
fn app_main(
    launch: &Launch,
    walls: &dyn Walls,
    limits: &[(Resource, u64)],
    [stdin, stdout, stderr]: Three,
    writer: &Writer,
) -> Failure {
    let Some((program, arguments)) = launch.command.split_first() else {
        return Failure::new("read the command", "it is empty");
    };
    signals::reset();
    if let Err(error) = setsid() {
        return Failure::new("make a session", error);
    }
    if let Err(error) = chdir(&launch.workdir) {
        return Failure::new(format!("enter {}", launch.workdir.display()), error);
    }
    for (resource, value) in limits {
        if let Err(error) = lower(*resource, *value) {
            return Failure::new(format!("set the limit {resource:?}"), error);
        }
    }
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(&launch.env);
    command.stdin(Stdio::from(stdin)).stdout(Stdio::from(stdout)).stderr(Stdio::from(stderr));
    if let Err(failure) = walls.lock() {
        return failure;
    }
    writer.ready();
    Failure::new(format!("execute {program}"), command.exec())
}

/// Ours and the app's ends. Ours never block the shim.
fn pipes(user: Option<u32>) -> io::Result<(Three, Three)> {
    let (stdin_read, stdin_write) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stdout_read, stdout_write) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stderr_read, stderr_write) = pipe_with(PipeFlags::CLOEXEC)?;
    let ours = [stdin_write, stdout_read, stderr_read];
    let theirs = [stdin_read, stdout_write, stderr_write];
    for end in &ours {
        ioctl_fionbio(end, true)?;
    }
    if let Some(user) = user {
        for end in &theirs {
            fchown(end, Some(Uid::from_raw(user)), Some(Gid::from_raw(user)))?;
        }
    }
    Ok((ours, theirs))
}

/// What the kernel's per-process limits have to do: always no core files, and what no
/// control group does.
fn rlimits(launch: &Launch, group: &Group, walls: &dyn Walls) -> Vec<(Resource, u64)> {
    let mut limits = vec![(Resource::Core, 0)];
    if let (Some(bytes), false) = (launch.limits.mem_limit, group.limits_memory()) {
        // Not the address space, of which threads and numpy reserve far more than they use.
        limits.push((Resource::Data, bytes));
    }
    // Counted per user: of use only where the app's user, or its namespace, has nobody else.
    let alone = walls.dies_with_its_init() && !group.limits_pids();
    if let (Some(pids), true) = (launch.limits.pids_limit, alone) {
        limits.push((Resource::Nproc, pids.saturating_add(1)));
    }
    limits
}

/// Never above the hard limit, which even root may lack the capability to raise.
fn lower(resource: Resource, value: u64) -> rustix::io::Result<()> {
    let hard = getrlimit(resource).maximum;
    let value = Some(hard.map_or(value, |hard| hard.min(value)));
    setrlimit(resource, Rlimit { current: value, maximum: value })
}

/// When the whole host runs out of memory, apps go before the daemon and the shims do.
fn prefer_as_victim(app: Pid) {
    let _ = fs::write(format!("/proc/{}/oom_score_adj", app.as_raw_nonzero()), "500");
}
