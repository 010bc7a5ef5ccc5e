//! Which signals of a trace somebody wants.

use std::{collections::HashMap, sync::Arc};

use crate::signals::{InvalidPattern, Pattern};

/// Patterns, and what they said of each path so far: at most as many as the trace has.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    patterns: Vec<Pattern>,
    known: HashMap<Arc<str>, bool>,
}

impl Chosen {
    /// No pattern at all chooses everything.
    pub(super) fn new(patterns: &[String]) -> Result<Chosen, InvalidPattern> {
        let patterns =
            patterns.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>()?;
        Ok(Chosen { patterns, known: HashMap::new() })
    }

    pub(super) fn has(&mut self, path: &Arc<str>) -> bool {
        if self.patterns.is_empty() {
            return true;
        }
        if let Some(known) = self.known.get(path) {
            return *known;
        }
        let matches = self.patterns.iter().any(|pattern| pattern.matches(path));
        self.known.insert(path.clone(), matches);
        matches
    }
}
