//! `/api/access`: what apps may do with signals, and what was denied.

pub(super) mod audit;
pub(super) mod grants;
