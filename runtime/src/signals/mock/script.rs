//! What the mock is to play: rules for signals, triggers, and whether the rest is plausible.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use vss_codegen::model::Literal;

use super::{Behaviour, inputs::unknown};
use crate::signals::{Entry, Registry};

/// Line and column of the file that says it, for messages.
pub(super) type Place = Option<(u64, u64)>;

#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// Signals that no rule names are played as is plausible.
    pub defaults: bool,
    /// The most specific decides what a signal does, of equals the last.
    pub rules: Vec<Rule>,
    pub triggers: Vec<Trigger>,
    /// The file that says so, for messages.
    pub(super) file: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// A path or a pattern.
    pub signals: String,
    pub behaviour: Arc<Behaviour>,
    pub(super) at: Place,
}

/// When a condition becomes true, some signals change.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    pub when: String,
    pub deeds: Vec<(String, Deed)>,
    pub(super) at: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Set(Literal),
    /// From where the signal is.
    Ramp {
        to: f64,
        duration: Duration,
    },
}

/// One thing that is wrong with a script, and with which of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: Place,
    pub(super) rule: String,
    pub(super) message: String,
}

impl Default for Script {
    fn default() -> Script {
        Script { defaults: true, rules: Vec::new(), triggers: Vec::new(), file: None }
    }
}

impl Rule {
    pub fn new(signals: impl Into<String>, behaviour: Behaviour) -> Rule {
        Rule { signals: signals.into(), behaviour: Arc::new(behaviour), at: None }
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault { at: self.at, rule: format!("signals.{}", self.signals), message: message.into() }
    }
}

impl Script {
    /// The rule of each signal that has one, by the signal's id.
    pub(super) fn assign<'s>(
        &'s self,
        registry: &Registry,
        faults: &mut Vec<Fault>,
    ) -> BTreeMap<i32, &'s Rule> {
        let mut best: BTreeMap<i32, (Rank, &Rule)> = BTreeMap::new();
        for rule in &self.rules {
            let matching = match registry.matching(&rule.signals) {
                Ok(matching) if matching.is_empty() => {
                    faults.push(rule.fault(unmatched(registry, &rule.signals)));
                    continue;
                }
                Ok(matching) => matching,
                Err(error) => {
                    faults.push(rule.fault(error.to_string()));
                    continue;
                }
            };
            for entry in matching {
                let rank = Rank::of(&rule.signals, entry);
                match best.get(&entry.id()) {
                    Some((known, first)) if rank.is_exact && known.is_exact => {
                        faults.push(rule.fault(match first.at {
                            Some((line, _)) => format!("is named twice: line {line} has it too"),
                            None => "is named twice: leave one of the two out".to_owned(),
                        }));
                    }
                    Some((known, _)) if *known > rank => {}
                    _ => {
                        best.insert(entry.id(), (rank, rule));
                    }
                }
            }
        }
        best.into_iter().map(|(id, (_, rule))| (id, rule)).collect()
    }
}

/// How closely a pattern names a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_exact: bool,
    names: usize,
    /// `*` says more than `**`.
    ones: usize,
}

impl Rank {
    fn of(pattern: &str, entry: &Entry) -> Rank {
        let parts = || pattern.split('.').filter(|part| !part.is_empty());
        Rank {
            is_exact: pattern == entry.path(),
            names: parts().filter(|part| !part.starts_with('*')).count(),
            ones: parts().filter(|part| *part == "*").count(),
        }
    }
}

pub(super) fn unmatched(registry: &Registry, pattern: &str) -> String {
    match pattern.contains('*') {
        true => "matches no signal: 'vehicle-edge signals ls' lists them".to_owned(),
        false => unknown(registry, pattern),
    }
}

impl Fault {
    /// For people: `mock.yaml:3:5: signals.Vehicle.Speed: …`.
    pub(super) fn render(&self, file: Option<&str>) -> String {
        let Fault { at, rule, message } = self;
        match (file, at) {
            (Some(file), Some((line, column))) => {
                format!("{file}:{line}:{column}: {rule}: {message}")
            }
            (Some(file), None) => format!("{file}: {rule}: {message}"),
            (None, _) => format!("{rule}: {message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::testing;

    #[test]
    fn the_most_specific_rule_decides_and_of_equals_the_last() {
        let registry = testing::registry();
        let patterns = [
            "Vehicle.Cabin.Light.Level",
            "Vehicle.Cabin.Light.*",
            "Vehicle.Cabin.Light.**",
            "Vehicle.*",
            "Vehicle.**",
            "Vehicle",
        ];
        let rules = patterns.map(|pattern| Rule::new(pattern, Behaviour::Off)).to_vec();
        let script = Script { rules, ..Script::default() };
        let mut faults = Vec::new();
        let assigned = script.assign(&registry, &mut faults);
        assert_eq!(faults, []);
        let rule = |path: &str| assigned[&registry.get(path).unwrap().id()].signals.as_str();
        assert_eq!(rule("Vehicle.Cabin.Light.Level"), "Vehicle.Cabin.Light.Level");
        assert_eq!(rule("Vehicle.Speed"), "Vehicle.*");
        assert_eq!(rule("Vehicle.Cabin.Temperature"), "Vehicle");
    }

    #[test]
    fn a_signal_named_twice_and_one_that_is_not_there_are_faults() {
        let rules = ["Vehicle.Speed", "Vehicle.Speed", "Vehicle.Sped", "Vehicle.X.*", "Vehicle..A"];
        let rules = rules.map(|pattern| Rule::new(pattern, Behaviour::Off)).to_vec();
        let mut faults = Vec::new();
        Script { rules, ..Script::default() }.assign(&testing::registry(), &mut faults);
        let faults: Vec<String> = faults.iter().map(|fault| fault.render(None)).collect();
        insta::assert_snapshot!(faults.join("\n"), @r"
        signals.Vehicle.Speed: is named twice: leave one of the two out
        signals.Vehicle.Sped: no signal has the path 'Vehicle.Sped'; did you mean 'Vehicle.Speed'?
        signals.Vehicle.X.*: matches no signal: 'vehicle-edge signals ls' lists them
        signals.Vehicle..A: 'Vehicle..A' is not a path pattern: '' is neither a name, '*' nor '**' (like Vehicle.Cabin.*)
        ");
    }
}
