//! How long to wait before the next attempt.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// Waiting times between attempts: doubled each time, with jitter, so that many clients do
/// not knock at a returning broker at the same moment.
#[derive(Debug)]
#[doc(hidden)]
pub struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(5);

    /// Begins with the shortest wait.
    pub fn new() -> Backoff {
        Backoff { next: Backoff::FIRST }
    }

    /// Waits, and longer the next time.
    pub async fn wait(&mut self) {
        self.wait_or(std::future::pending::<()>()).await;
    }

    /// Waits no longer than until something happens, but always a little.
    pub async fn wait_or<T>(&mut self, happens: impl Future<Output = T>) {
        let jitter = 0.75 + 0.5 * random_fraction();
        let (first, rest) = (Backoff::FIRST, self.next - Backoff::FIRST);
        self.next = (self.next * 2).min(Backoff::LONGEST);
        tokio::time::sleep(first.mul_f64(jitter)).await;
        // Whichever comes first, the other is of no interest.
        let _ = tokio::time::timeout(rest.mul_f64(jitter), happens).await;
    }
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff::new()
    }
}

/// From 0 to 1, from the keys that std draws for each hash map.
fn random_fraction() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}
