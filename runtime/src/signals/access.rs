//! Who asks, and what they may do.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use vss_codegen::model::Access;

use super::{Entry, InvalidPattern, Pattern, Registry, SignalError};

/// Somebody who uses signals. A socket is bound to one client for its whole life.
#[derive(Clone)]
pub struct Client(Arc<Identity>);

enum Identity {
    Outside,
    Runtime,
    App { id: Arc<str>, grants: Grants, rights: OnceLock<(Arc<Registry>, Vec<Rights>)> },
}

/// What an app may do with which signals: path patterns, each with an access.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    rules: Vec<(Pattern, Access)>,
}

/// The accesses that are granted for one signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rights(u8);

impl Grants {
    pub fn new(
        grants: impl IntoIterator<Item = (String, Access)>,
    ) -> Result<Grants, InvalidPattern> {
        let rules = grants
            .into_iter()
            .map(|(pattern, access)| Ok((Pattern::parse(&pattern)?, access)))
            .collect::<Result<_, InvalidPattern>>()?;
        Ok(Grants { rules })
    }

    /// Each access by itself: an app that may write a signal may not read it for that.
    pub fn allows(&self, path: &str, access: Access) -> bool {
        self.rules.iter().any(|(pattern, granted)| *granted == access && pattern.matches(path))
    }

    fn rights(&self, path: &str) -> Rights {
        let all = [Access::Read, Access::Write, Access::Provide];
        let granted = all.into_iter().filter(|access| self.allows(path, *access));
        Rights(granted.fold(0, |bits, access| bits | bit(access)))
    }
}

impl Rights {
    const NONE: Rights = Rights(0);
    const ALL: Rights = Rights(u8::MAX);

    fn allow(self, access: Access) -> bool {
        self.0 & bit(access) != 0
    }
}

fn bit(access: Access) -> u8 {
    match access {
        Access::Read => 1,
        Access::Write => 2,
        Access::Provide => 4,
    }
}

impl Client {
    /// Whoever can reach the TCP port, which is on loopback only: everything.
    pub fn outside() -> Client {
        Client(Arc::new(Identity::Outside))
    }

    /// The runtime itself: everything.
    pub fn runtime() -> Client {
        Client(Arc::new(Identity::Runtime))
    }

    /// An app: what it was granted, and nothing else.
    pub fn app(id: impl Into<Arc<str>>, grants: Grants) -> Client {
        Client(Arc::new(Identity::App { id: id.into(), grants, rights: OnceLock::new() }))
    }

    pub(super) fn is_app(&self) -> bool {
        matches!(&*self.0, Identity::App { .. })
    }

    /// Whether the signal may be shown in a listing.
    pub(super) fn may_see(&self, registry: &Arc<Registry>, entry: &Entry) -> bool {
        self.rights(registry, entry) != Rights::NONE
    }

    pub(super) fn may(&self, registry: &Arc<Registry>, entry: &Entry, access: Access) -> bool {
        self.rights(registry, entry).allow(access)
    }

    pub(super) fn check(
        &self,
        registry: &Arc<Registry>,
        entry: &Entry,
        access: Access,
    ) -> Result<(), SignalError> {
        if self.may(registry, entry, access) {
            return Ok(());
        }
        match &*self.0 {
            Identity::App { id, .. } => {
                Err(SignalError::Denied { app: id.clone(), path: entry.shared_path(), access })
            }
            Identity::Outside | Identity::Runtime => Ok(()),
        }
    }

    /// Patterns are matched once for all signals, at an app's first question.
    fn rights(&self, registry: &Arc<Registry>, entry: &Entry) -> Rights {
        let Identity::App { grants, rights, .. } = &*self.0 else { return Rights::ALL };
        let (known, table) = rights.get_or_init(|| {
            let all = registry.entries().iter().map(|entry| grants.rights(entry.path()));
            (registry.clone(), all.collect())
        });
        if Arc::ptr_eq(known, registry) {
            table.get(entry.index()).copied().unwrap_or(Rights::NONE)
        } else {
            grants.rights(entry.path())
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Identity::Outside => f.write_str("Client(outside)"),
            Identity::Runtime => f.write_str("Client(runtime)"),
            Identity::App { id, .. } => write!(f, "Client(app {id})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(rules: &[(&str, Access)]) -> Grants {
        Grants::new(rules.iter().map(|(pattern, access)| ((*pattern).to_owned(), *access))).unwrap()
    }

    #[test]
    fn one_access_does_not_bring_another() {
        let grants =
            grants(&[("Vehicle.Speed", Access::Provide), ("Vehicle.Cabin.**", Access::Read)]);
        assert!(grants.allows("Vehicle.Speed", Access::Provide));
        assert!(!grants.allows("Vehicle.Speed", Access::Read));
        assert!(grants.allows("Vehicle.Cabin.Door.IsOpen", Access::Read));
        assert!(!grants.allows("Vehicle.Cabin.Door.IsOpen", Access::Write));
        assert!(!grants.allows("Vehicle.CabinX", Access::Read));
        assert!(!Grants::default().allows("Vehicle.Speed", Access::Read));
    }

    #[test]
    fn a_bad_pattern_is_refused_when_granted() {
        assert!(Grants::new([("Vehicle..Speed".to_owned(), Access::Read)]).is_err());
    }
}
