//! No isolation at all, for development and for hosts where nothing better works: the app
//! is an ordinary process of the daemon's user.

use rustix::process::{getpid, set_child_subreaper};

use super::cell::{Failure, Walls};

#[derive(Debug)]
pub(super) struct Bare;

impl Walls for Bare {
    fn namespaces(&self) -> libc::c_int {
        0
    }

    /// Orphans come back to the init, so that the whole tree can always be found.
    fn enclose(&self) -> Result<(), Failure> {
        set_child_subreaper(Some(getpid())).map_err(Failure::at("become the reaper"))
    }

    fn lock(&self) -> Result<(), Failure> {
        Ok(())
    }

    fn user(&self) -> Option<u32> {
        None
    }
}
