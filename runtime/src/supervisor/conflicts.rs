//! Where apps get into each other's way, by what they declare.

use vss_codegen::model::Signal;

use super::{Result, Supervisor, core::Core};
use crate::{
    app::{AppId, AppManifest, Conflict, Contender, Resolution, conflicts},
    signals::Pattern,
};

impl Supervisor {
    /// The conflicts that an installed app has a part in.
    pub fn conflicts(&self, app: &AppId) -> Result<Vec<Conflict>> {
        let handle = self.core.handle(app)?;
        Ok(self.core.conflicts(&handle.app.manifest))
    }

    /// The conflicts that an app would have a part in if it were installed.
    pub fn conflicts_of(&self, manifest: &AppManifest) -> Vec<Conflict> {
        self.core.conflicts(manifest)
    }
}

impl Core {
    fn conflicts(&self, manifest: &AppManifest) -> Vec<Conflict> {
        let handles = self.handles();
        // A new version takes the old one's place.
        let others = handles.iter().filter(|handle| handle.app.id() != &manifest.id);
        let others = others.map(|handle| contender(&handle.app.manifest));
        let apps: Vec<Contender<'_>> = others.chain([contender(manifest)]).collect();
        let registry = self.broker.registry();
        let matching = |pattern: &str| -> Vec<&Signal> {
            let found = registry.matching(pattern).unwrap_or_default();
            found.into_iter().map(|entry| entry.signal()).collect()
        };
        conflicts(&apps, Some(&manifest.id), matching, |path| self.resolution(path))
    }

    /// The policy's rule for a signal.
    fn resolution(&self, path: &str) -> Option<Resolution> {
        let matches =
            |pattern: &String| Pattern::parse(pattern).is_ok_and(|pattern| pattern.matches(path));
        let policy = self.policy.load();
        let mut rules = policy.conflicts.iter();
        let rule = rules.find(|rule| rule.signals.iter().any(matches))?;
        Some(rule.resolution.clone())
    }
}

fn contender(manifest: &AppManifest) -> Contender<'_> {
    Contender { app: &manifest.id, signals: &manifest.vehicle_signal_lib.signals }
}
