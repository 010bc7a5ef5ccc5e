//! Control groups: limits, freezing and killing an app as a whole.
//!
//! In: what the daemon found on this host ([`Layout`], probed once). Out: one [`Group`] per
//! app: its limits, its freezer, its count of out-of-memory kills.
//! Must not know: the sandbox's walls, the shim's protocol.
//!
//! A host may have version 2, version 1, both (hybrid: controllers in v1, an empty v2 tree
//! that still freezes and kills), a delegated part of v2, or nothing that we may write to.
//! So each job finds its own folder, whichever version that is.

mod group;
mod layout;

pub(crate) use group::Group;
pub(crate) use layout::{Layout, Slot, Version};
