//! `/api/signals`: what the signals are, hold, and ought to hold.

pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod mock;
pub(crate) mod set;

use std::{collections::HashSet, sync::Arc};

use super::error::ApiError;
use crate::signals::{Entry, Registry};

const MAX_PATTERNS: usize = 1000;
/// Longer paths exist nowhere, and looking for one that is near would take long.
const MAX_PATH: usize = 1000;

/// The signals of these paths and patterns, in the order of the model where a pattern names
/// several. One that names nothing is an error with the nearest path.
pub(super) fn select<'r, 'p>(
    registry: &'r Registry,
    patterns: impl IntoIterator<Item = &'p str>,
) -> Result<Vec<&'r Arc<Entry>>, ApiError> {
    let mut selected = Vec::new();
    let mut seen = HashSet::new();
    for (index, pattern) in patterns.into_iter().enumerate() {
        if index == MAX_PATTERNS {
            let message = format!("more than {MAX_PATTERNS} paths in one request");
            return Err(ApiError::bad_request(message));
        }
        let matching = registry.matching(pattern).map_err(ApiError::bad_request)?;
        if matching.is_empty() {
            return Err(unknown(registry, pattern));
        }
        selected.extend(matching.into_iter().filter(|entry| seen.insert(entry.id())));
    }
    Ok(selected)
}

fn unknown(registry: &Registry, path: &str) -> ApiError {
    let nearest = if path.len() > MAX_PATH { None } else { registry.nearest(path) };
    ApiError::unknown_signal(path, nearest)
}
