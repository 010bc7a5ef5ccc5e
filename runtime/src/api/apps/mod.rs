//! `/api/apps`: the apps and their operations, one endpoint per file.

pub(crate) mod conflicts;
pub(crate) mod install;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod operate;
mod settle;
pub(crate) mod show;
pub(crate) mod stdin;
