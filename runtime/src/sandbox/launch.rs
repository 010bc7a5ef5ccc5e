//! What to run, and what it may see.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::app::{AppId, Limits};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    pub app: AppId,
    /// Exists already; the shim's files live in it. Mode 0700 or 0755, never the app's.
    pub run_dir: PathBuf,
    /// Program and arguments. A program without a `/` is looked up in the `PATH` of `env`.
    pub command: Vec<String>,
    /// The whole environment, nothing of the daemon's is added.
    pub env: BTreeMap<String, String>,
    pub workdir: PathBuf,
    /// Files and folders shown at their own path. System folders (`/usr`, `/lib`, parts of
    /// `/etc`) are always there.
    pub readonly: Vec<PathBuf>,
    /// Folders shown at their own path. They are given to the app's user.
    pub writable: Vec<PathBuf>,
    /// (outside, inside): read-only, which still lets a socket below be connected to.
    /// Without isolation there is no inside: the `process` backend leaves them out.
    pub binds: Vec<(PathBuf, PathBuf)>,
    pub limits: Limits,
    /// From [`Control::terminate`](super::Control::terminate) to the kill.
    pub grace: Duration,
    /// The app's own user where the daemon is root (see [`Launch::uid_at`]); nothing else
    /// on the host should use it. None picks one by the app's name, which two apps could
    /// share. Not used by an ordinary user's daemon, nor by the `process` backend.
    pub uid: Option<u32>,
    /// Number of the first output line. A caller that goes on from the last run's number
    /// gets lines that are numbered over the app's whole life.
    pub first_seq: u64,
}

/// Far above the users of people and packages, and below the ranges of `subuid`.
const FIRST_UID: u32 = 200_000;
const UIDS: u32 = 60_000;

impl Launch {
    /// The user of the app with this index in the caller's table.
    pub fn uid_at(index: u32) -> u32 {
        FIRST_UID + index % UIDS
    }
}
