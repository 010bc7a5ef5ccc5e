//! Follows the signals of some patterns while models come and go: for the recorder and the
//! history, which go on though a signal is gone.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use futures_util::FutureExt;
use tokio::sync::watch;
use vss_codegen::model::Access;

use super::{Broker, Client, Entry, InvalidPattern, Pattern, SignalError, Subscription, Update};

/// Values that may wait in the broker.
const BUFFER: usize = 1000;

/// Ends only when the client may not read any more.
#[derive(Debug)]
pub(super) struct Following {
    broker: Broker,
    client: Client,
    patterns: Vec<Pattern>,
    entries: BTreeMap<Arc<str>, Arc<Entry>>,
    subscription: Subscription,
    exchanges: watch::Receiver<u64>,
    /// What came while the subscription was made anew.
    waiting: VecDeque<Vec<Arc<Update>>>,
    /// By subscriptions before this one.
    dropped: u64,
}

impl Following {
    pub(super) fn start(
        broker: &Broker,
        client: &Client,
        patterns: Vec<Pattern>,
    ) -> Result<Following, SignalError> {
        let mut exchanges = broker.exchanges();
        exchanges.mark_unchanged();
        let entries = readable(broker, client, &patterns);
        let paths: Vec<&Arc<str>> = entries.keys().collect();
        let subscription = broker.subscribe(client, &paths, BUFFER)?;
        Ok(Following {
            broker: broker.clone(),
            client: client.clone(),
            patterns,
            entries,
            subscription,
            exchanges,
            waiting: VecDeque::new(),
            dropped: 0,
        })
    }

    /// What is followed now.
    pub(super) fn entries(&self) -> &BTreeMap<Arc<str>, Arc<Entry>> {
        &self.entries
    }

    /// The next values; first those that all signals have now. Can be cancelled without loss.
    pub(super) async fn next(&mut self) -> Result<Vec<Arc<Update>>, SignalError> {
        loop {
            if let Some(batch) = self.waiting.pop_front() {
                return Ok(batch);
            }
            tokio::select! {
                biased;
                Ok(()) = self.exchanges.changed() => self.renew()?,
                batch = self.subscription.next() => match batch {
                    Ok(batch) if batch.is_empty() => {}
                    Err(SignalError::Gone { .. }) => self.renew()?,
                    batch => return batch,
                }
            }
        }
    }

    /// Values lost because we were too slow.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped + self.subscription.dropped()
    }

    /// Of signals that stay, nothing is lost or told twice but what comes in this moment.
    fn renew(&mut self) -> Result<(), SignalError> {
        let entries = readable(&self.broker, &self.client, &self.patterns);
        let paths: Vec<&Arc<str>> = entries.keys().collect();
        let mut next = self.broker.subscribe(&self.client, &paths, BUFFER)?;
        while let Some(Ok(batch)) = self.subscription.next().now_or_never() {
            if batch.is_empty() {
                break;
            }
            self.waiting.push_back(batch);
        }
        if let Some(first) = next.next().now_or_never() {
            let mut first = first?;
            first.retain(|update| !self.entries.contains_key(update.path()));
            self.waiting.push_back(first);
        }
        self.waiting.retain(|batch| !batch.is_empty());
        self.dropped += self.subscription.dropped();
        (self.subscription, self.entries) = (next, entries);
        Ok(())
    }
}

/// The signals of these patterns that the client may read.
fn readable(
    broker: &Broker,
    client: &Client,
    patterns: &[Pattern],
) -> BTreeMap<Arc<str>, Arc<Entry>> {
    let registry = broker.registry();
    let wanted = |entry: &&Arc<Entry>| {
        patterns.iter().any(|pattern| pattern.matches(entry.path()))
            && broker.may(client, entry, Access::Read)
    };
    let entries = registry.entries().iter().filter(wanted);
    entries.map(|entry| (entry.shared_path(), entry.clone())).collect()
}

/// No pattern at all means everything.
pub(super) fn parse(patterns: &[String]) -> Result<Vec<Pattern>, InvalidPattern> {
    if patterns.is_empty() {
        return Ok(vec![Pattern::parse("")?]);
    }
    patterns.iter().map(|text| Pattern::parse(text)).collect()
}

#[cfg(test)]
mod tests {
    use vss_codegen::model::{Manifest, Value};

    use super::*;
    use crate::signals::testing::{broker, manifest};

    fn shown(batch: &[Arc<Update>]) -> Vec<String> {
        let value = |update: &Arc<Update>| match &update.datapoint().value {
            Some(value) => format!("{}={value}", update.path()),
            None => format!("{}=", update.path()),
        };
        batch.iter().map(value).collect()
    }

    fn without(path: &str) -> Manifest {
        let mut manifest = manifest();
        manifest.model.hash.push('0');
        manifest.signals.retain(|signal| signal.path != path);
        manifest
    }

    #[tokio::test]
    async fn it_goes_on_when_a_signal_is_gone_and_again_when_it_returns() {
        let (broker, client) = (broker(), Client::runtime());
        let patterns = parse(&["Vehicle.Speed".to_owned(), "Vehicle.Errors".to_owned()]).unwrap();
        let mut following = Following::start(&broker, &client, patterns).unwrap();
        let publish =
            |value| broker.publish(&client, "Vehicle.Speed", Value::Float(value)).unwrap();
        assert_eq!(following.next().await.unwrap().len(), 2);

        publish(1.0);
        broker.swap_model(&without("Vehicle.Errors")).unwrap();
        publish(2.0);
        let mut all = Vec::new();
        while all.len() < 2 {
            all.extend(shown(&following.next().await.unwrap()));
        }
        assert_eq!(all, ["Vehicle.Speed=1", "Vehicle.Speed=2"], "nothing lost, nothing twice");

        broker.swap_model(&manifest()).unwrap();
        assert_eq!(shown(&following.next().await.unwrap()), ["Vehicle.Errors="]);
        publish(3.0);
        assert_eq!(shown(&following.next().await.unwrap()), ["Vehicle.Speed=3"]);
        assert_eq!(following.dropped(), 0);
    }
}
