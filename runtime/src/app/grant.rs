//! Grants that were given or taken by hand, one after the other.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vss_codegen::model::Access;

/// More than any person gives; a program that gives without end is stopped here.
pub(crate) const MOST: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ruling {
    Grant,
    Revoke,
}

/// Of two that speak of a signal, the later one holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub ruling: Ruling,
    pub access: Access,
    pub pattern: String,
    pub at: Timestamp,
}

/// How it stands with something that an app declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrantState {
    Granted,
    /// Some of the signals of a pattern.
    Partly,
    /// Not granted, and somebody is to say whether it shall be.
    Asked,
    Revoked,
    /// The policy does not grant it.
    Withheld,
}

impl GrantState {
    pub fn name(self) -> &'static str {
        match self {
            GrantState::Granted => "granted",
            GrantState::Partly => "partly",
            GrantState::Asked => "asked",
            GrantState::Revoked => "revoked",
            GrantState::Withheld => "withheld",
        }
    }
}

/// The decisions after a new one, without those that say nothing any more.
pub(crate) fn after(mut decisions: Vec<Decision>, new: Decision) -> Vec<Decision> {
    decisions.retain(|old| {
        let same = old.pattern == new.pattern || new.pattern == "**";
        old.access != new.access || !same
    });
    decisions.push(new);
    decisions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_replaces_those_of_the_same_and_all_that_it_covers() {
        let decision = |pattern: &str, access, ruling| Decision {
            ruling,
            access,
            pattern: pattern.to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        let mut decisions = Vec::new();
        for (pattern, access, ruling) in [
            ("A.B", Access::Read, Ruling::Grant),
            ("A.C", Access::Write, Ruling::Grant),
            ("A.B", Access::Read, Ruling::Revoke),
            ("A.D", Access::Read, Ruling::Grant),
        ] {
            decisions = after(decisions, decision(pattern, access, ruling));
        }
        let patterns: Vec<&str> = decisions.iter().map(|d| d.pattern.as_str()).collect();
        assert_eq!(patterns, ["A.C", "A.B", "A.D"]);
        assert_eq!(decisions[1].ruling, Ruling::Revoke);
        decisions = after(decisions, decision("**", Access::Read, Ruling::Revoke));
        let patterns: Vec<&str> = decisions.iter().map(|d| d.pattern.as_str()).collect();
        assert_eq!(patterns, ["A.C", "**"]);
    }
}
