use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use vss_codegen::model::{Access, Value};

use super::*;
use crate::signals::{Broker, Grants, SignalRef, testing};

const LEVEL: &str = "Vehicle.Cabin.Light.Level";
const OPEN: &str = "Vehicle.Cabin.Door.Row1.Left.IsOpen";

fn party(number: u64) -> Party {
    // Two runs of one app share a name.
    let name: Arc<str> = format!("app{}", number % 4).into();
    Party {
        name: if number.is_multiple_of(5) { Name::Other(name) } else { Name::App(name) },
        number,
    }
}

fn rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        Just(Rule::First),
        Just(Rule::Last),
        (1u64..50).prop_map(|millis| Rule::Lease(Duration::from_millis(millis))),
        proptest::collection::vec(0u64..4, 0..4).prop_map(|apps| {
            Rule::Priority(apps.iter().map(|number| format!("app{number}").into()).collect())
        }),
    ]
}

proptest! {
    #[test]
    fn one_of_two_gives_way_and_nobody_to_itself(
        rule in rule(), a in 0u64..20, b in 0u64..20, ago in 0u64..100,
    ) {
        let (holder, asker, ago) = (party(a), party(b), Duration::from_millis(ago));
        let decisions = [rule.provider(&holder, &asker), rule.writer(&holder, ago, &asker)];
        if a == b {
            prop_assert_eq!(decisions, [Decision::Take; 2]);
        }
        for decision in decisions {
            match (&rule, decision) {
                (_, Decision::Take) => prop_assert_eq!(a, b),
                (Rule::First, decision) => prop_assert_eq!(decision, Decision::Refuse(None)),
                (Rule::Last, decision) => prop_assert_eq!(decision, Decision::TakeOver),
                // The other way round, who was higher is not to lose it again.
                (Rule::Priority(_), Decision::TakeOver) => {
                    prop_assert_eq!(rule.provider(&asker, &holder), Decision::Refuse(None));
                }
                (Rule::Lease(lease), Decision::Refuse(Some(left))) => {
                    prop_assert_eq!(*lease, ago + left);
                    prop_assert!(!left.is_zero());
                }
                (Rule::Lease(lease), Decision::TakeOver) => prop_assert!(ago >= *lease),
                (Rule::Lease(_) | Rule::Priority(_), _) => {}
            }
        }
    }

    /// Whatever writes come at whatever times: a lease has one holder, and no gap longer
    /// than it goes unused by who asks after it.
    #[test]
    fn a_lease_has_one_holder_at_a_time(
        writes in proptest::collection::vec((0u64..4, 0u64..30), 1..60),
    ) {
        let (lease, mut held, mut now) = (Duration::from_millis(20), None, Duration::ZERO);
        for (who, pause) in writes {
            now += Duration::from_millis(pause);
            let asker = party(who + 1);
            let decision = match &held {
                None => Decision::Take,
                Some((holder, last)) => Rule::Lease(lease).writer(holder, now - *last, &asker),
            };
            let is_free = held.as_ref().is_none_or(|(holder, last)| {
                holder.number == asker.number || now - *last >= lease
            });
            prop_assert_eq!(!matches!(decision, Decision::Refuse(_)), is_free);
            if is_free {
                held = Some((asker, now));
            }
        }
    }
}

fn rules(rules: &[(&str, Rule)]) -> Rules {
    let parse = |(pattern, rule): &(&str, Rule)| (Pattern::parse(pattern).unwrap(), rule.clone());
    Rules::new(rules.iter().map(parse))
}

fn app(id: &str) -> Client {
    let all = [Access::Read, Access::Write, Access::Provide];
    Client::app(id, Grants::new(all.map(|access| ("**".to_owned(), access))).unwrap())
}

fn ranked(apps: &[&str]) -> Rule {
    Rule::Priority(apps.iter().map(|app| Arc::from(*app)).collect())
}

/// With somebody who carries out what is written.
fn broker(rule: Rule) -> (Broker, impl Sized) {
    let broker = testing::broker();
    broker.set_rules(rules(&[(LEVEL, rule)]));
    let (provider, actuations) = broker.provider(&Client::runtime());
    provider.claim_actuations(&[SignalRef::Path(LEVEL), SignalRef::Path(OPEN)]).unwrap();
    (broker, (provider, actuations))
}

#[test]
fn the_first_rule_that_matches_counts() {
    let rules = rules(&[(LEVEL, Rule::Last), ("Vehicle.Cabin.**", Rule::First)]);
    assert_eq!(rules.of(LEVEL), Some(&Rule::Last));
    assert_eq!(rules.of(OPEN), Some(&Rule::First));
    assert_eq!(rules.of("Vehicle.Speed"), None);
}

#[tokio::test]
async fn a_writer_keeps_others_out_until_it_ends() {
    let (broker, _provider) = broker(Rule::First);
    let (a, b, level) = (app("a"), app("b"), || Value::Uint32(1));
    broker.actuate(&a, LEVEL, level()).await.unwrap();
    let error = broker.actuate(&b, LEVEL, level()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Vehicle.Cabin.Light.Level is held by app a, to which the policy's rule for it gives it \
         for as long as that runs"
    );
    assert_eq!(broker.holders(LEVEL).writer.as_deref(), Some("app a"));
    // Where there is no rule, anybody writes.
    broker.actuate(&a, OPEN, Value::Bool(true)).await.unwrap();
    broker.actuate(&b, OPEN, Value::Bool(false)).await.unwrap();
    a.close();
    assert_eq!(broker.holders(LEVEL).writer, None);
    broker.actuate(&b, LEVEL, level()).await.unwrap();
}

#[tokio::test]
async fn a_higher_writer_takes_over_and_a_lower_one_is_refused() {
    let (broker, _provider) = broker(ranked(&["high", "low"]));
    let (high, low, level) = (app("high"), app("low"), || Value::Uint32(1));
    broker.actuate(&low, LEVEL, level()).await.unwrap();
    broker.actuate(&high, LEVEL, level()).await.unwrap();
    for lower in [low, app("stranger"), Client::outside()] {
        let error = broker.actuate(&lower, LEVEL, level()).await.unwrap_err().to_string();
        assert!(error.contains("is held by app high"), "{error}");
    }
}

#[tokio::test]
async fn a_lease_says_who_has_it_and_how_long() {
    let (broker, _provider) = broker(Rule::Lease(Duration::from_secs(3600)));
    let (a, b) = (app("a"), app("b"));
    broker.actuate(&a, LEVEL, Value::Uint32(1)).await.unwrap();
    let error = broker.actuate(&b, LEVEL, Value::Uint32(2)).await.unwrap_err();
    let SignalError::Held { by, left: Some(left), .. } = &error else { panic!("{error}") };
    assert_eq!(by, "app a");
    assert!(*left > Duration::from_secs(3000), "{error}");
    broker.set_rules(rules(&[(LEVEL, Rule::Lease(Duration::ZERO))]));
    broker.actuate(&b, LEVEL, Value::Uint32(2)).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_is_refused_takes_nothing() {
    let (broker, _provider) = broker(Rule::First);
    broker.set_rules(rules(&[("Vehicle.Cabin.**", Rule::First)]));
    let (a, b) = (app("a"), app("b"));
    broker.actuate(&a, LEVEL, Value::Uint32(1)).await.unwrap();
    let entries = [OPEN, OPEN, LEVEL].map(|path| broker.registry().get(path).cloned().unwrap());
    let rules = rules(&[("Vehicle.Cabin.**", Rule::First)]);
    assert!(rules.take(&b, entries.iter().map(|entry| &**entry)).is_err());
    assert_eq!(broker.holders(OPEN).writer, None);
    assert_eq!(broker.holders(LEVEL).writer.as_deref(), Some("app a"));
}

#[tokio::test]
async fn a_provider_that_gives_way_is_told_and_ends() {
    let broker = testing::broker();
    broker.set_rules(rules(&[(LEVEL, ranked(&["high", "low"]))]));
    let (low, _actuations) = broker.provider(&app("low"));
    let level = [SignalRef::Path(LEVEL)];
    low.claim_signals(&level).unwrap();
    low.claim_actuations(&[SignalRef::Path(LEVEL), SignalRef::Path(OPEN)]).unwrap();
    let (high, mut actuations) = broker.provider(&app("high"));
    // Of both, the second is kept, where no rule is: so the first is not taken either.
    let both = [SignalRef::Path(LEVEL), SignalRef::Path(OPEN)];
    high.claim_actuations(&both).unwrap_err();
    low.publish(level[0], Some(Value::Uint32(1))).unwrap();
    assert_eq!(broker.holders(LEVEL).actuation.as_deref(), Some("app low"));

    high.claim_actuations(&level).unwrap();
    high.claim_signals(&level).unwrap();
    let error = low.revoked().await;
    assert_eq!(
        error.to_string(),
        "Vehicle.Cabin.Light.Level was taken over by app high, to which the policy's rule for it \
         gives way"
    );
    assert_eq!(low.publish(level[0], None).unwrap_err(), error);
    broker.actuate(&Client::runtime(), LEVEL, Value::Uint32(7)).await.unwrap();
    assert_eq!(actuations.recv().await.unwrap()[0].path().as_ref(), LEVEL);
    // All that it claimed is free again; what it lost is not.
    assert_eq!(broker.holders(OPEN).actuation, None);
    let (low, _actuations) = broker.provider(&app("low"));
    let error = low.claim_actuations(&level).unwrap_err();
    assert_eq!(error, SignalError::AlreadyClaimed { path: LEVEL.into() });
    drop(high);
    low.claim_actuations(&level).unwrap();
}
