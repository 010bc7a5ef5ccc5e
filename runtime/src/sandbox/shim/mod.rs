//! The process that stands between the daemon and one app.
//!
//! In: a spec file; requests at its socket. Out: one line on its standard output (the app
//! runs, or why not), then output and exit to whichever daemon is attached.
//! Must not know: app states, the daemon's database, tokio. One thread and one poll loop: an
//! app costs little, and the loop never waits for a reader.

mod connection;
mod lines;
mod pipes;
mod ring;
mod serve;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use rustix::process::setsid;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Launch,
    capabilities::Backend,
    cell::{self, Cell, Failure, Pipes, Walls, close_on_exec_from_3, ignore_requests_to_end},
    cgroup::{Group, Layout},
    native, process,
    protocol::Launched,
};

pub(super) const SOCKET: &str = "shim.sock";
pub(super) const SPEC: &str = "spec.json";
pub(super) const LOG: &str = "shim.log";
const RECORD: &str = "shim.json";

/// What the daemon tells a new shim. Probed things come along, so that a start does not
/// probe again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spec {
    pub(super) launch: Launch,
    pub(super) backend: Backend,
    pub(super) layout: Layout,
}

/// What a daemon needs to clear up after a shim that cannot be asked any more.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) shim: u32,
    pub(super) group: Group,
}

impl Record {
    pub(super) fn read(run_dir: &Path) -> Option<Record> {
        serde_json::from_slice(&fs::read(run_dir.join(RECORD)).ok()?).ok()
    }

    fn write(&self, run_dir: &Path) -> io::Result<()> {
        fs::write(run_dir.join(RECORD), serde_json::to_vec(self)?)
    }
}

/// Everything that [`run`] and the daemon put into the run folder, but for the log, which
/// may be wanted still.
pub(super) fn clear(run_dir: &Path) -> io::Result<()> {
    for name in [SOCKET, SPEC, RECORD] {
        match fs::remove_file(run_dir.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn run(spec: &Path) -> ExitCode {
    close_on_exec_from_3();
    ignore_requests_to_end();
    // Away from the daemon's terminal and process group, and so from its Ctrl-C.
    let _ = setsid();
    let _ = rustix::process::chdir("/");
    match launch(spec) {
        Ok((cell, pipes, spec, listener)) => {
            announce(&Launched::Running { pid: cell.pid.as_raw_nonzero().get() as u32 });
            if let Err(error) = serve::serve(&cell, pipes, &spec.launch, &listener) {
                eprintln!("shim of {}: {error}", spec.launch.app);
                cell.kill();
                return ExitCode::FAILURE;
            }
            ExitCode::SUCCESS
        }
        Err(Failure { step, reason }) => {
            eprintln!("{step}: {reason}");
            announce(&Launched::Failed { step, reason });
            ExitCode::FAILURE
        }
    }
}

type Started = (Cell, Pipes, Spec, std::os::unix::net::UnixListener);

fn launch(file: &Path) -> Result<Started, Failure> {
    let text = fs::read(file).map_err(Failure::at(format!("read {}", file.display())))?;
    let spec: Spec = serde_json::from_slice(&text)
        .map_err(Failure::at(format!("understand {}", file.display())))?;
    let launch = &spec.launch;
    let walls: Box<dyn Walls> = match spec.backend {
        Backend::Native => Box::new(native::Rooms::plan(launch)?),
        Backend::Process => Box::new(process::Bare),
    };
    let group = Group::create(&spec.layout, &group_name(launch), &launch.limits)
        .map_err(Failure::at("make the control group"))?;
    let record = Record { shim: std::process::id(), group };
    // Both before the app exists: no moment in which nobody could find it.
    let listener = record
        .write(&launch.run_dir)
        .and_then(|()| listen(&launch.run_dir.join(SOCKET)))
        .map_err(Failure::at(format!("write into {}", launch.run_dir.display())));
    let started = listener.and_then(|listener| {
        let (cell, pipes) = cell::start(launch, walls.as_ref(), record.group.clone())?;
        Ok((cell, pipes, listener))
    });
    match started {
        Ok((cell, pipes, listener)) => Ok((cell, pipes, spec, listener)),
        Err(failure) => {
            let _ = record.group.remove();
            let _ = clear(&launch.run_dir);
            Err(failure)
        }
    }
}

fn listen(path: &PathBuf) -> io::Result<std::os::unix::net::UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    // Narrow from the first moment; the mode set afterwards does not depend on it.
    let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
    let listener = crate::socket::bind(path);
    rustix::process::umask(before);
    let listener = listener?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Two daemons with an app of the same name each must not share a group.
fn group_name(launch: &Launch) -> String {
    let place = Sha256::digest(launch.run_dir.as_os_str().as_encoded_bytes());
    let place: String = place.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{place}", launch.app)
}

/// The daemon reads one line. It may be gone already, which changes nothing.
fn announce(launched: &Launched) {
    use std::io::Write;
    let mut out = io::stdout().lock();
    let _ = serde_json::to_writer(&mut out, launched);
    let _ = out.write_all(b"\n");
    let _ = out.flush();
}
