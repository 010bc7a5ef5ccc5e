//! Named points at which a test has the runtime die, as by `kill -9` or a power cut.
//!
//! There with debug assertions alone: in a program that is handed out, [`point`] does nothing.
//! The file that `VEHICLE_EDGE_FAULT` names holds an app and a point, as in
//! `lights start.saved`.

use crate::app::AppId;

#[cfg(debug_assertions)]
pub(super) fn point(app: &AppId, operation: &str, step: &str) {
    let Some(file) = std::env::var_os("VEHICLE_EDGE_FAULT") else { return };
    let wanted = std::fs::read_to_string(file).unwrap_or_default();
    if wanted.trim() == format!("{app} {operation}.{step}") {
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

#[cfg(not(debug_assertions))]
pub(super) fn point(_app: &AppId, _operation: &str, _step: &str) {}
