//! Tokens that were verified before. Verifying one costs more than a call, so it is done
//! once; the tokens themselves are not kept, only what they hash to.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::key::Key;
use crate::signals::Client;

/// What a token hashes to.
pub(super) type Hash = [u8; 32];

pub(super) fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

/// A bounded number of holders of tokens; who asked least recently goes first.
#[derive(Debug)]
pub(super) struct Known {
    most: usize,
    holders: HashMap<Hash, Holder>,
    /// Counts questions: the order in which holders asked last.
    clock: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) client: Client,
    pub(super) expires: Timestamp,
    /// The one that has signed the token.
    pub(super) key: Arc<Key>,
    pub(super) asked: u64,
}

impl Known {
    pub(super) fn new(most: usize) -> Known {
        Known { most, holders: HashMap::new(), clock: 0 }
    }

    pub(super) fn get(&mut self, hash: &Hash, now: Timestamp) -> Option<Client> {
        let holder = self.holders.get_mut(hash)?;
        if holder.expires <= now {
            self.holders.remove(hash);
            return None;
        }
        self.clock += 1;
        holder.asked = self.clock;
        Some(holder.client.clone())
    }

    /// The client that is known from now on: the one that another request has brought in
    /// the meantime, if there is one.
    pub(super) fn insert(&mut self, hash: Hash, holder: Holder, now: Timestamp) -> Client {
        if let Some(client) = self.get(&hash, now) {
            return client;
        }
        if self.holders.len() >= self.most {
            self.make_room(now);
        }
        self.clock += 1;
        let client = holder.client.clone();
        self.holders.insert(hash, Holder { asked: self.clock, ..holder });
        client
    }

    /// Looks at all of them: far less work than the verification that went before.
    fn make_room(&mut self, now: Timestamp) {
        self.holders.retain(|_, holder| holder.expires > now);
        if self.holders.len() >= self.most {
            let oldest = self.holders.iter().min_by_key(|(_, holder)| holder.asked);
            if let Some(hash) = oldest.map(|(hash, _)| *hash) {
                self.holders.remove(&hash);
            }
        }
    }

    /// Forgets those whose key is not among `keys`, and takes what they had from them.
    pub(super) fn keep(&mut self, keys: &[Arc<Key>]) {
        self.holders.retain(|_, holder| {
            let stays = keys.iter().any(|key| key.is_same(&holder.key));
            if !stays {
                holder.client.close();
            }
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::signals::Grants;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn key() -> Arc<Key> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        std::fs::write(&path, rcgen::KeyPair::generate().unwrap().public_key_pem()).unwrap();
        Arc::new(Key::load(&path).unwrap())
    }

    fn holder(key: &Arc<Key>, expires: i64) -> Holder {
        let client = Client::token("bob", Grants::default(), at(expires));
        Holder { client, expires: at(expires), key: key.clone(), asked: 0 }
    }

    #[test]
    fn who_asked_least_recently_is_forgotten_first() {
        let (mut known, key) = (Known::new(2), key());
        let [a, b, c] = ["a", "b", "c"].map(hash);
        known.insert(a, holder(&key, 100), at(0));
        known.insert(b, holder(&key, 100), at(0));
        assert!(known.get(&a, at(1)).is_some());
        known.insert(c, holder(&key, 100), at(1));
        assert!(known.get(&a, at(2)).is_some());
        assert!(known.get(&b, at(2)).is_none());
        assert!(known.get(&c, at(2)).is_some());
        for other in 0..100 {
            known.insert(hash(&format!("{other}")), holder(&key, 100), at(2));
        }
        assert_eq!(known.holders.len(), 2);
    }

    #[test]
    fn who_has_expired_is_not_known_and_makes_room() {
        let (mut known, key) = (Known::new(2), key());
        let [a, b, c] = ["a", "b", "c"].map(hash);
        known.insert(a, holder(&key, 100), at(0));
        known.insert(b, holder(&key, 10), at(0));
        known.insert(c, holder(&key, 100), at(10));
        assert!(known.get(&a, at(10)).is_some() && known.get(&c, at(10)).is_some());
        assert!(known.get(&a, at(100)).is_none());
        assert_eq!(known.holders.len(), 1);
    }

    #[test]
    fn who_has_a_token_of_a_key_that_is_gone_goes_too() {
        let (mut known, old, new) = (Known::new(9), key(), key());
        let [a, b] = ["a", "b"].map(hash);
        known.insert(a, holder(&old, 100), at(0));
        known.insert(b, holder(&new, 100), at(0));
        known.keep(&[new]);
        assert!(known.get(&a, at(1)).is_none());
        assert!(known.get(&b, at(1)).is_some());
    }
}
