//! Who gives way when two providers claim one signal, or two clients write one actuator.
//!
//! In: what the policy says of a path, who holds it, who asks, when. Out: a decision; slots
//! carry it out. Without a rule the first provider has the claim, and anybody who may write
//! an actuator does.
//! Must not know: what a policy file looks like, how claims are stored.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Client, Entry, Pattern, SignalError};

/// What holds for a signal that more than one wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Who came first keeps it until it ends.
    First,
    /// These apps, the highest first; then everybody else, among whom the first counts.
    Priority(Vec<Arc<str>>),
    /// A writer keeps it for this long after its last write. Of providers the first counts:
    /// their claims end with them.
    Lease(Duration),
    /// Who comes last takes it over.
    Last,
}

/// Rules by path; the first whose pattern matches counts.
#[derive(Clone, Debug, Default)]
pub struct Rules(Vec<(Pattern, Rule)>);

/// One who wants to hold a signal.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) name: Name,
    /// Whoever has this number is the same one.
    pub(super) number: u64,
}

/// How a party is called in rules and messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    App(Arc<str>),
    Other(Arc<str>),
}

/// Who writes an actuator now.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    client: Client,
    party: Party,
    last_write: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is free, or the asker's own.
    Take,
    /// Its holder gives way.
    TakeOver,
    /// Its holder keeps it: for so long if nothing else happens, or until it ends.
    Refuse(Option<Duration>),
}

impl Rules {
    pub fn new(rules: impl IntoIterator<Item = (Pattern, Rule)>) -> Rules {
        Rules(rules.into_iter().collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn of(&self, path: &str) -> Option<&Rule> {
        self.0.iter().find(|(pattern, _)| pattern.matches(path)).map(|(_, rule)| rule)
    }
}

impl Rule {
    /// Who claims to provide what `holder` does.
    pub(super) fn provider(&self, holder: &Party, asker: &Party) -> Decision {
        if holder.number == asker.number {
            return Decision::Take;
        }
        match self {
            Rule::Last => Decision::TakeOver,
            Rule::Priority(apps) if rank(apps, asker) < rank(apps, holder) => Decision::TakeOver,
            Rule::First | Rule::Lease(_) | Rule::Priority(_) => Decision::Refuse(None),
        }
    }

    /// Who writes what `holder` last wrote so long ago.
    pub(super) fn writer(&self, holder: &Party, ago: Duration, asker: &Party) -> Decision {
        if holder.number == asker.number {
            return Decision::Take;
        }
        match self {
            Rule::Lease(lease) => match lease.checked_sub(ago).filter(|left| !left.is_zero()) {
                Some(left) => Decision::Refuse(Some(left)),
                None => Decision::TakeOver,
            },
            _ => self.provider(holder, asker),
        }
    }
}

/// The place in the list, or the one after it.
fn rank(apps: &[Arc<str>], party: &Party) -> usize {
    let place = match &party.name {
        Name::App(id) => apps.iter().position(|app| app == id),
        Name::Other(_) => None,
    };
    place.unwrap_or(apps.len())
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::App(id) => write!(f, "app {id}"),
            Name::Other(name) => f.write_str(name),
        }
    }
}

/// What a batch of writes took, given back unless all of them could be taken.
pub(super) struct Taken<'e> {
    entries: Vec<(&'e Entry, Option<Writer>)>,
    party: Party,
}

impl Rules {
    /// Makes the client the writer of all that rules speak of, or of nothing.
    pub(super) fn take<'e>(
        &self,
        client: &Client,
        entries: impl IntoIterator<Item = &'e Entry>,
    ) -> Result<(), SignalError> {
        let mut taken = Taken { entries: Vec::new(), party: client.party() };
        for entry in entries {
            let Some(rule) = self.of(entry.path()) else { continue };
            let now = Instant::now();
            let asker = Writer { client: client.clone(), party: client.party(), last_write: now };
            match entry.slot().write(rule, asker) {
                Ok(before) => taken.entries.push((entry, before)),
                Err((by, left)) => {
                    let (path, by) = (entry.shared_path(), by.to_string());
                    return Err(SignalError::Held { path, by, left });
                }
            }
        }
        taken.entries.clear();
        Ok(())
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // The other way round, for an actuator that is written twice.
        for (entry, before) in self.entries.drain(..).rev() {
            entry.slot().write_undone(self.party.number, before);
        }
    }
}

impl Writer {
    /// The writer after `asker` came: the one before it, or who keeps it and for how long.
    pub(super) fn succeed(
        place: &mut Option<Writer>,
        rule: &Rule,
        asker: Writer,
    ) -> Result<Option<Writer>, (Name, Option<Duration>)> {
        let holder = place.as_ref().filter(|holder| holder.holds(rule));
        if let Some(holder) = holder {
            let ago = asker.last_write.saturating_duration_since(holder.last_write);
            if let Decision::Refuse(left) = rule.writer(&holder.party, ago, &asker.party) {
                return Err((holder.party.name.clone(), left));
            }
        }
        Ok(place.replace(asker))
    }

    /// Ends with its owner. Who has no end, as those who need no token, holds by leases only.
    fn holds(&self, rule: &Rule) -> bool {
        let has_end = self.client.who().is_some();
        self.client.check_open().is_ok() && (has_end || matches!(rule, Rule::Lease(_)))
    }

    pub(super) fn is(&self, number: u64) -> bool {
        self.party.number == number
    }

    /// Its name, for as long as the rule lets it keep others out.
    pub(super) fn name(&self, rule: &Rule, now: Instant) -> Option<Name> {
        let kept = match rule {
            Rule::Lease(lease) => now.saturating_duration_since(self.last_write) < *lease,
            Rule::First | Rule::Priority(_) => true,
            Rule::Last => false,
        };
        (kept && self.holds(rule)).then(|| self.party.name.clone())
    }
}

#[cfg(test)]
mod tests;
