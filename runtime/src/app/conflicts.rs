//! Which apps get into each other's way, by what they declare.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use vss_codegen::model::{Access, Signal};

use super::{AppId, Resolution, SignalRequest};

/// An app that is installed, or is to be.
#[derive(Clone, Copy, Debug)]
pub struct Contender<'a> {
    pub app: &'a AppId,
    pub signals: &'a [SignalRequest],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConflictKind {
    Providers,
    Writers,
}

/// Several apps want to be the one who provides or writes a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    pub path: String,
    pub kind: ConflictKind,
    pub apps: Vec<AppId>,
    /// Whether the policy has a rule for it.
    pub resolved: bool,
    /// How it ends, for a person.
    pub outcome: String,
}

/// The conflicts between these apps; with `only`, those that this one has a part in.
/// `matching` finds the signals of a path or pattern, `rule` what the policy says of a path.
pub fn conflicts<'m>(
    apps: &[Contender<'_>],
    only: Option<&AppId>,
    matching: impl Fn(&str) -> Vec<&'m Signal>,
    rule: impl Fn(&str) -> Option<Resolution>,
) -> Vec<Conflict> {
    let mut wanted: BTreeMap<(&str, ConflictKind), Vec<AppId>> = BTreeMap::new();
    for Contender { app, signals } in apps {
        for request in *signals {
            for (access, kind) in
                [(Access::Provide, ConflictKind::Providers), (Access::Write, ConflictKind::Writers)]
            {
                if !request.access.contains(&access) {
                    continue;
                }
                let signals = matching(&request.path);
                for signal in signals.iter().filter(|signal| signal.access.contains(&access)) {
                    let apps = wanted.entry((&signal.path, kind)).or_default();
                    if !apps.contains(app) {
                        apps.push((*app).clone());
                    }
                }
            }
        }
    }
    let several = wanted
        .into_iter()
        .filter(|(_, apps)| apps.len() > 1 && only.is_none_or(|only| apps.contains(only)));
    several
        .map(|((path, kind), apps)| {
            let rule = rule(path);
            let outcome = outcome(kind, rule.as_ref(), &apps);
            Conflict { path: path.to_owned(), kind, apps, resolved: rule.is_some(), outcome }
        })
        .collect()
}

fn outcome(kind: ConflictKind, rule: Option<&Resolution>, apps: &[AppId]) -> String {
    let rule = match (rule, kind) {
        (Some(rule), _) => rule,
        (None, ConflictKind::Providers) => {
            return "no rule: who claims it first provides it, the others are refused".to_owned();
        }
        (None, ConflictKind::Writers) => {
            return "no rule: all of them write it, against each other".to_owned();
        }
    };
    let how = match (rule, kind) {
        (Resolution::Priority(ranked), _) => {
            let highest = ranked.iter().find(|app| apps.contains(app));
            match highest {
                Some(app) => format!("{app} takes it over from the others"),
                None => "none of them is in its list, so who comes first keeps it".to_owned(),
            }
        }
        (Resolution::Lease(_), ConflictKind::Writers) => {
            "who writes it keeps it for that long after its last write".to_owned()
        }
        (Resolution::Lease(_) | Resolution::First, _) => {
            "who comes first keeps it until it ends".to_owned()
        }
        (Resolution::Last, _) => "who comes last has it".to_owned(),
    };
    format!("rule {rule}: {how}")
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let apps: Vec<&str> = self.apps.iter().map(AppId::as_str).collect();
        let verb = match self.kind {
            ConflictKind::Providers => "provide",
            ConflictKind::Writers => "write",
        };
        write!(f, "{}: {} {verb} it ({})", self.path, apps.join(" and "), self.outcome)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vss_codegen::model::SignalKind;

    use super::*;
    use crate::app::testing::signal;

    fn found(apps: &[(&str, &str, Access)], only: Option<&str>) -> Vec<String> {
        let model =
            [signal("V.Light", SignalKind::Actuator), signal("V.Speed", SignalKind::Sensor)];
        let apps: Vec<(AppId, Vec<SignalRequest>)> = apps
            .iter()
            .map(|(app, path, access)| {
                let request =
                    SignalRequest { path: (*path).to_owned(), access: vec![*access], at: None };
                (app.parse().unwrap(), vec![request])
            })
            .collect();
        let contenders: Vec<Contender<'_>> =
            apps.iter().map(|(app, signals)| Contender { app, signals }).collect();
        let only: Option<AppId> = only.map(|only| only.parse().unwrap());
        let matching = |pattern: &str| {
            model.iter().filter(|signal| signal.path == pattern || pattern == "V.**").collect()
        };
        let high = Resolution::Priority(vec!["b".parse().unwrap()]);
        let rule = |path: &str| (path == "V.Light").then(|| high.clone());
        let all = conflicts(&contenders, only.as_ref(), matching, rule);
        all.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_that_provide_or_write_one_signal_are_named_with_how_it_ends() {
        let apps = [
            ("a", "V.**", Access::Provide),
            ("b", "V.Speed", Access::Provide),
            ("b", "V.Light", Access::Write),
            ("c", "V.**", Access::Write),
            ("d", "V.Speed", Access::Read),
        ];
        let light =
            "V.Light: b and c write it (rule priority (b): b takes it over from the others)";
        let speed = "V.Speed: a and b provide it (no rule: who claims it first provides it, the \
                     others are refused)";
        assert_eq!(found(&apps, None), [light, speed]);
        assert_eq!(found(&apps, Some("c")), [light]);
        assert_eq!(found(&apps, Some("d")), [""; 0]);
    }

    proptest! {
        /// Whether two are in conflict does not depend on their order.
        #[test]
        fn the_order_of_apps_does_not_matter(kinds in proptest::collection::vec(0usize..6, 2..6)) {
            let names = ["a", "b", "c", "d", "e", "f"];
            let access = [Access::Read, Access::Write, Access::Provide];
            let apps: Vec<_> = kinds.iter().zip(names).map(|(kind, name)| {
                (name, if *kind < 3 { "V.**" } else { "V.Speed" }, access[kind % 3])
            }).collect();
            let mut turned = apps.clone();
            turned.reverse();
            prop_assert_eq!(found(&apps, None).len(), found(&turned, None).len());
        }
    }
}
