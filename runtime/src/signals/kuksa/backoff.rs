//! How long to wait before the next attempt.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// Waits that double, with jitter, so that many runtimes do not knock at a returning
/// upstream at the same moment. Short enough at most that an upstream which is there again
/// has its signals back within two seconds.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(50);
    pub(super) const LONGEST: Duration = Duration::from_millis(500);

    pub(super) fn new() -> Backoff {
        Backoff { next: Backoff::FIRST }
    }

    pub(super) async fn wait(&mut self) {
        tokio::time::sleep(self.step(random_fraction())).await;
    }

    /// `random` is from 0 to 1.
    fn step(&mut self, random: f64) -> Duration {
        let wait = self.next.mul_f64(0.75 + 0.5 * random);
        self.next = (self.next * 2).min(Backoff::LONGEST);
        wait
    }
}

/// From 0 to 1, from the keys that std draws for each hash map.
fn random_fraction() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_differ() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..7).map(|_| backoff.step(0.5).as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 500, 500, 500]);
        assert_eq!(backoff.step(0.0).as_millis(), 375);
        assert_eq!(backoff.step(1.0).as_millis(), 625);
        let random = random_fraction();
        assert!((0.0..=1.0).contains(&random), "{random}");
    }
}
