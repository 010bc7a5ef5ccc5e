//! Tells the audit of requests that were turned away at the door.

use std::{
    collections::HashMap,
    mem::{Discriminant, discriminant},
    sync::Mutex,
    time::{Duration, Instant},
};

use super::refusal::Refusal;
use crate::signals::{Broker, Denial, lock};

/// How long a reason is not told again: nobody has to bring anything to be turned away, so
/// it may happen at any pace.
const PAUSE: Duration = Duration::from_secs(1);

/// What the doors of one port have told.
#[derive(Debug)]
pub(super) struct TurnedAway {
    broker: Broker,
    /// By kind: the text of a refusal may quote the token's sender.
    told: Mutex<HashMap<Discriminant<Refusal>, Instant>>,
}

impl TurnedAway {
    pub(super) fn new(broker: Broker) -> TurnedAway {
        TurnedAway { broker, told: Mutex::default() }
    }

    pub(super) fn tell(&self, refusal: &Refusal) {
        if !self.is_due(refusal, Instant::now()) {
            return;
        }
        // Nothing that the token says of its sender was proven.
        let (who, path) = ("an outside client".to_owned(), String::new());
        self.broker.audit(Denial { who, access: "enter", path, reason: refusal.to_string() });
    }

    fn is_due(&self, refusal: &Refusal, now: Instant) -> bool {
        let mut told = lock(&self.told);
        let last = told.get(&discriminant(refusal));
        let is_due = last.is_none_or(|last| now.duration_since(*last) >= PAUSE);
        if is_due {
            told.insert(discriminant(refusal), now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tonic::{Request, service::Interceptor};

    use super::*;
    use crate::signals::{
        Audit,
        serve::{
            door::Door,
            tokens::{TokenFiles, Tokens},
        },
        testing,
    };

    #[derive(Clone, Default)]
    struct Book(Arc<Mutex<Vec<Denial>>>);

    impl Audit for Book {
        fn denied(&self, denial: Denial) {
            lock(&self.0).push(denial);
        }
    }

    #[test]
    fn each_reason_is_told_once_in_a_while() {
        let (turned, start) = (TurnedAway::new(testing::broker()), Instant::now());
        assert!(turned.is_due(&Refusal::TooLong(9000), start));
        assert!(!turned.is_due(&Refusal::TooLong(9001), start + PAUSE / 2));
        assert!(turned.is_due(&Refusal::None, start + PAUSE / 2));
        assert!(turned.is_due(&Refusal::TooLong(9000), start + PAUSE));
        assert!(!turned.is_due(&Refusal::TooLong(9000), start + PAUSE * 3 / 2));
    }

    #[test]
    fn who_is_turned_away_at_the_door_is_told_to_the_audit() {
        let (broker, book) = (testing::broker(), Book::default());
        broker.set_audit(Box::new(book.clone()));
        let files = TokenFiles { keys: Vec::new(), audience: "kuksa.val".to_owned() };
        let tokens = Arc::new(Tokens::load(files).unwrap());
        let mut door = Door::Tokens(tokens, Arc::new(TurnedAway::new(broker)));
        door.call(Request::new(())).unwrap_err();
        let mut basic = Request::new(());
        basic.metadata_mut().insert("authorization", "Basic Ym9i".parse().unwrap());
        door.call(basic).unwrap_err();
        let book: Vec<String> = lock(&book.0)
            .iter()
            .map(|d| format!("{}: {}: {}", d.who, d.access, d.reason))
            .collect();
        assert_eq!(
            book,
            [
                "an outside client: enter: a token is needed here: send the metadata \
                 'authorization: Bearer TOKEN'",
                "an outside client: enter: the metadata 'authorization' is not of the form \
                 'Bearer TOKEN'"
            ]
        );
    }
}
