//! Who asks, and what they may do.

use std::{fmt, future::pending, sync::Arc, time::Duration};

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vss_codegen::model::Access;

use super::{
    Entry, InvalidPattern, Pattern, Registry, SignalError,
    rules::{Name, Party},
};

/// Somebody who uses signals; all clones are the same one.
#[derive(Clone)]
pub struct Client(Arc<Identity>);

enum Identity {
    Outside,
    Runtime,
    Guest(Guest),
}

/// Somebody who may do what was granted, for as long as that stands.
struct Guest {
    who: Who,
    standing: ArcSwap<Standing>,
    /// Patterns are matched once for all signals, at the first question.
    table: ArcSwapOption<Table>,
    expires: Option<Timestamp>,
}

/// What a guest may do at the moment.
pub(super) struct Standing {
    grants: Grants,
    is_closed: bool,
    /// Cancelled when another standing takes this one's place.
    superseded: CancellationToken,
}

struct Table {
    generation: u64,
    standing: Arc<Standing>,
    rights: Vec<Rights>,
}

/// A guest's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// An app, by its id.
    App(Arc<str>),
    /// Who has a token, by its subject.
    Token(Arc<str>),
}

/// What a guest may do with which signals: path patterns, each with an access.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Of the clauses about one signal the last one counts.
    clauses: Vec<Clause>,
    /// Nothing beyond these.
    bounds: Option<Arc<Grants>>,
    /// Whether signals may be added to the registry.
    creates: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Clause {
    pattern: Pattern,
    access: Access,
    is_granted: bool,
}

/// The accesses that are granted for one signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rights(u8);

impl Grants {
    pub fn new(
        grants: impl IntoIterator<Item = (String, Access)>,
    ) -> Result<Grants, InvalidPattern> {
        let mut all = Grants::default();
        for (pattern, access) in grants {
            all = all.and(Pattern::parse(&pattern)?, access);
        }
        Ok(all)
    }

    /// These as well.
    #[must_use]
    pub fn and(self, pattern: Pattern, access: Access) -> Grants {
        self.with(Clause { pattern, access, is_granted: true })
    }

    /// The same without these.
    #[must_use]
    pub fn but_not(self, pattern: Pattern, access: Access) -> Grants {
        self.with(Clause { pattern, access, is_granted: false })
    }

    /// Of these only what `bounds` allow as well.
    #[must_use]
    pub fn within(self, bounds: Grants) -> Grants {
        Grants { bounds: Some(Arc::new(bounds)), ..self }
    }

    fn with(mut self, clause: Clause) -> Grants {
        self.clauses.push(clause);
        self
    }

    /// The same, and the right to add signals.
    #[must_use]
    pub fn with_create(self) -> Grants {
        Grants { creates: true, ..self }
    }

    /// Each access by itself: an app that may write a signal may not read it for that.
    pub fn allows(&self, path: &str, access: Access) -> bool {
        let about = |clause: &&Clause| clause.access == access && clause.pattern.matches(path);
        let is_granted = self.clauses.iter().rfind(about).is_some_and(|clause| clause.is_granted);
        is_granted && self.bounds.as_ref().is_none_or(|bounds| bounds.allows(path, access))
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
    /// Whoever can reach the TCP port while it asks for no token, on loopback only: everything.
    pub fn outside() -> Client {
        Client(Arc::new(Identity::Outside))
    }

    /// The runtime itself: everything.
    pub fn runtime() -> Client {
        Client(Arc::new(Identity::Runtime))
    }

    /// An app: what it was granted, and nothing else.
    pub fn app(id: impl Into<Arc<str>>, grants: Grants) -> Client {
        Client::guest(Who::App(id.into()), grants, None)
    }

    /// Who has a token, until it expires.
    pub fn token(subject: impl Into<Arc<str>>, grants: Grants, expires: Timestamp) -> Client {
        Client::guest(Who::Token(subject.into()), grants, Some(expires))
    }

    fn guest(who: Who, grants: Grants, expires: Option<Timestamp>) -> Client {
        let standing = ArcSwap::new(Standing::new(grants, false));
        let guest = Guest { who, standing, table: ArcSwapOption::empty(), expires };
        Client(Arc::new(Identity::Guest(guest)))
    }

    /// Grants something else from now on, on open streams too. Nothing for those who may do
    /// everything, or are closed.
    pub fn set_grants(&self, grants: Grants) {
        self.stand(Standing::new(grants, false));
    }

    /// Takes everything away for good, on open streams too.
    pub fn close(&self) {
        self.stand(Standing::new(Grants::default(), true));
    }

    fn stand(&self, new: Arc<Standing>) {
        let Identity::Guest(guest) = &*self.0 else { return };
        let before = guest.standing.rcu(|now| match now.is_closed {
            true => Arc::clone(now),
            false => Arc::clone(&new),
        });
        before.superseded.cancel();
    }

    pub(super) fn is_app(&self) -> bool {
        matches!(self.who(), Some(Who::App(_)))
    }

    /// `None` for those who may do everything.
    pub(super) fn who(&self) -> Option<&Who> {
        self.as_guest().map(|guest| &guest.who)
    }

    fn as_guest(&self) -> Option<&Guest> {
        match &*self.0 {
            Identity::Guest(guest) => Some(guest),
            Identity::Outside | Identity::Runtime => None,
        }
    }

    /// As whom rules know it. Everybody who needs no token is one party.
    pub(super) fn party(&self) -> Party {
        let (name, number) = match &*self.0 {
            Identity::Outside => (Name::Other("an outside client".into()), 0),
            Identity::Runtime => (Name::Other("the runtime".into()), 1),
            Identity::Guest(guest) => {
                let name = match &guest.who {
                    Who::App(id) => Name::App(id.clone()),
                    token @ Who::Token(_) => Name::Other(token.to_string().into()),
                };
                // Nobody else's while this client is kept.
                (name, Arc::as_ptr(&self.0).addr() as u64)
            }
        };
        Party { name, number }
    }

    /// How long until this client ends by itself; `None` for one that does not.
    pub(super) fn left(&self) -> Option<Duration> {
        let left = self.as_guest()?.expires?.duration_since(Timestamp::now());
        Some(Duration::try_from(left).unwrap_or_default())
    }

    /// What a stream is to look at again when it is superseded.
    pub(super) fn standing(&self) -> Option<Arc<Standing>> {
        Some(self.as_guest()?.standing.load_full())
    }

    /// Waits until the client stands otherwise than so, or expires.
    pub(super) async fn changed(&self, standing: Option<Arc<Standing>>) {
        let superseded = async {
            match &standing {
                Some(standing) => standing.superseded.cancelled().await,
                None => pending().await,
            }
        };
        let expired = async {
            match self.left() {
                Some(left) => sleep(left).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = superseded => {}
            () = expired => {}
        }
    }

    /// Waits until nothing at all may be asked any more, and says why.
    pub(super) async fn ended(&self) -> SignalError {
        loop {
            let standing = self.standing();
            if let Err(error) = self.check_open() {
                return error;
            }
            self.changed(standing).await;
        }
    }

    /// Whether anything at all may be asked now.
    pub(super) fn check_open(&self) -> Result<(), SignalError> {
        let Some(guest) = self.as_guest() else { return Ok(()) };
        if guest.expires.is_some_and(|expires| expires <= Timestamp::now()) {
            return Err(SignalError::Expired { who: guest.who.clone() });
        }
        match guest.standing.load().is_closed {
            true => Err(SignalError::Closed { who: guest.who.clone() }),
            false => Ok(()),
        }
    }

    /// Whether signals may be added.
    pub(super) fn may_create(&self) -> bool {
        self.as_guest().is_none_or(|guest| guest.standing.load().grants.creates)
    }

    /// Whether the signal may be shown in a listing.
    pub(super) fn may_see(&self, registry: &Registry, entry: &Entry) -> bool {
        self.rights(registry, entry) != Rights::NONE
    }

    pub(super) fn may(&self, registry: &Registry, entry: &Entry, access: Access) -> bool {
        self.rights(registry, entry).allow(access)
    }

    pub(super) fn check(
        &self,
        registry: &Registry,
        entry: &Entry,
        access: Access,
    ) -> Result<(), SignalError> {
        self.check_open()?;
        match self.as_guest() {
            Some(guest) if !self.may(registry, entry, access) => {
                let (who, path) = (guest.who.clone(), entry.shared_path());
                Err(SignalError::Denied { who, path, access })
            }
            _ => Ok(()),
        }
    }

    fn rights(&self, registry: &Registry, entry: &Entry) -> Rights {
        let Some(guest) = self.as_guest() else { return Rights::ALL };
        let standing = guest.standing.load();
        let known = guest.table.load();
        if let Some(table) = &*known
            && table.generation == entry.generation()
            && Arc::ptr_eq(&table.standing, &standing)
        {
            return table.rights.get(entry.index()).copied().unwrap_or(Rights::NONE);
        }
        // An entry of a registry that is history by now is rare: no table for those.
        if registry.generation() == entry.generation() {
            let all = registry.entries().iter();
            let rights = all.map(|entry| standing.grants.rights(entry.path())).collect();
            let (generation, standing) = (registry.generation(), Arc::clone(&standing));
            guest.table.store(Some(Arc::new(Table { generation, standing, rights })));
        }
        standing.grants.rights(entry.path())
    }
}

impl Standing {
    fn new(grants: Grants, is_closed: bool) -> Arc<Standing> {
        Arc::new(Standing { grants, is_closed, superseded: CancellationToken::new() })
    }

    pub(super) fn superseded(&self) -> &CancellationToken {
        &self.superseded
    }
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing").field("grants", &self.grants).finish_non_exhaustive()
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::App(id) => write!(f, "app {id}"),
            Who::Token(subject) => write!(f, "the token of {subject}"),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Identity::Outside => f.write_str("Client(outside)"),
            Identity::Runtime => f.write_str("Client(runtime)"),
            Identity::Guest(guest) => write!(f, "Client({})", guest.who),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::testing::registry;

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
    fn the_last_word_counts_within_the_bounds() {
        let pattern = |text| Pattern::parse(text).unwrap();
        let own = grants(&[("Vehicle.Cabin.**", Access::Read), ("Vehicle.Speed", Access::Read)]);
        let grants = grants(&[("Vehicle.Cabin.**", Access::Read)])
            .but_not(pattern("Vehicle.Cabin.Door.**"), Access::Read)
            .and(pattern("Vehicle.Cabin.Door.IsOpen"), Access::Read)
            .and(pattern("Vehicle.**"), Access::Write)
            .within(own);
        assert!(grants.allows("Vehicle.Cabin.Light", Access::Read));
        assert!(!grants.allows("Vehicle.Cabin.Door.IsLocked", Access::Read));
        assert!(grants.allows("Vehicle.Cabin.Door.IsOpen", Access::Read));
        assert!(!grants.allows("Vehicle.Speed", Access::Read));
        assert!(!grants.allows("Vehicle.Cabin.Light", Access::Write));
    }

    #[test]
    fn a_bad_pattern_is_refused_when_granted() {
        assert!(Grants::new([("Vehicle..Speed".to_owned(), Access::Read)]).is_err());
    }

    #[test]
    fn what_was_granted_ends_with_the_next_grant_and_with_the_client() {
        let registry = registry();
        let speed = registry.get("Vehicle.Speed").unwrap();
        let app = Client::app("a", grants(&[("Vehicle.*", Access::Read)]));
        let standing = app.standing();
        app.check(&registry, speed, Access::Read).unwrap();
        app.set_grants(grants(&[("Vehicle.Mode", Access::Read)]));
        assert!(standing.unwrap().superseded().is_cancelled());
        let error = app.check(&registry, speed, Access::Read).unwrap_err();
        assert!(matches!(error, SignalError::Denied { .. }), "{error}");

        app.set_grants(grants(&[("Vehicle.Speed", Access::Read)]));
        app.check(&registry, speed, Access::Read).unwrap();
        app.close();
        app.set_grants(grants(&[("Vehicle.Speed", Access::Read)]));
        let error = app.check(&registry, speed, Access::Read).unwrap_err();
        assert!(matches!(error, SignalError::Closed { .. }), "{error}");
    }

    #[tokio::test]
    async fn the_end_of_a_client_can_be_waited_for() {
        let soon = Timestamp::now() + jiff::SignedDuration::from_millis(20);
        let error = Client::token("bob", Grants::default(), soon).ended().await;
        assert!(matches!(error, SignalError::Expired { .. }), "{error}");
        let app = Client::app("a", Grants::default());
        let (waiting, granted) = (app.clone(), app.clone());
        let waiting = tokio::spawn(async move { waiting.ended().await });
        granted.set_grants(grants(&[("Vehicle.*", Access::Read)]));
        granted.close();
        let error = waiting.await.unwrap();
        assert!(matches!(error, SignalError::Closed { .. }), "{error}");
    }

    #[test]
    fn a_token_ends_by_itself() {
        let registry = registry();
        let speed = registry.get("Vehicle.Speed").unwrap();
        let all = || grants(&[("Vehicle.**", Access::Read)]);
        let second = jiff::SignedDuration::from_secs(1);
        let token = Client::token("bob", all(), Timestamp::now() + second * 60);
        token.check(&registry, speed, Access::Read).unwrap();
        let old = Client::token("bob", all(), Timestamp::now() - second);
        let error = old.check(&registry, speed, Access::Read).unwrap_err();
        assert_eq!(error.to_string(), "the token of bob has expired: get a new one");
    }
}
