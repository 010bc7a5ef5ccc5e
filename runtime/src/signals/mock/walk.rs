//! A random walk, the same in each run.

use std::time::Duration;

use vss_codegen::model::Value;

use super::act::Scale;

/// After a long gap the walk goes on from where it would be after so many steps.
const MOST_STEPS: u64 = 10_000;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Walk {
    scale: Scale,
    step: f64,
    every: Duration,
    seed: u64,
    taken: u64,
    number: f64,
}

impl Walk {
    /// Begins in the middle.
    pub(super) fn new(scale: Scale, step: f64, every: Duration, seed: u64) -> Walk {
        let number = f64::midpoint(scale.range.low, scale.range.high);
        Walk { scale, step, every, seed, taken: 0, number }
    }

    pub(super) fn every(&self) -> Duration {
        self.every
    }

    /// Times only grow.
    pub(super) fn at(&mut self, elapsed: Duration) -> Value {
        let steps = elapsed.as_nanos() / self.every.as_nanos().max(1);
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.taken = self.taken.max(steps.saturating_sub(MOST_STEPS));
        while self.taken < steps {
            self.taken += 1;
            self.take();
        }
        self.scale.rounded(self.number)
    }

    /// A step that would lead out is taken the other way.
    fn take(&mut self) {
        let random = mix(self.seed.wrapping_add(self.taken.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        // 53 bits are what a float holds.
        let share = (random >> 11) as f64 / (1u64 << 53) as f64;
        let step = self.step * (2.0 * share - 1.0);
        let there = self.number + step;
        let range = self.scale.range;
        let inside = (range.low..=range.high).contains(&there);
        self.number = range.keep(if inside { there } else { self.number - step });
    }
}

/// Splitmix64: neighbours in, strangers out.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
