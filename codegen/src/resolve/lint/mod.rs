//! What is allowed and hardly meant, each with its file: warnings that no other pass has
//! an eye on.
//!
//! In: what there is between two passes. Out: reports alone. A lint that cannot be certain
//! stays silent: the released catalogues give none of these.

pub(super) mod case;
pub(super) mod include;
pub(super) mod unit;
pub(super) mod word;
