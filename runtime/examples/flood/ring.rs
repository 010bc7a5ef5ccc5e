//! Updates that were encoded once, sent again and again.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, Interval, interval};

use crate::body::Messages;

/// Together about as long as one frame of HTTP/2.
const LENGTH: usize = 256;
/// What one wake-up costs does not show at a thousand of them a second.
const TICK: Duration = Duration::from_millis(1);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Updates a second; None: as fast as they are taken.
    pub(crate) rate: Option<f64>,
    /// How many there are at all.
    pub(crate) updates: Option<u64>,
}

/// The first message, then updates at a pace. Never ends.
pub(crate) fn updates(first: Vec<u8>, ring: Ring, pace: Pace) -> Messages {
    let flow = Flow {
        ring,
        sent: 0,
        due: 0,
        last: pace.updates.unwrap_or(u64::MAX),
        clock: pace.rate.map(Clock::new),
    };
    let first = stream::once(async move { Bytes::from(first) });
    first.chain(stream::unfold(flow, Flow::next)).chain(stream::pending()).boxed()
}

struct Flow {
    ring: Ring,
    sent: u64,
    /// How many should have been sent by now.
    due: u64,
    last: u64,
    clock: Option<Clock>,
}

impl Flow {
    async fn next(mut self) -> Option<(Bytes, Flow)> {
        while self.sent >= self.due {
            if self.sent >= self.last {
                return None;
            }
            let due = match &mut self.clock {
                Some(clock) => clock.due().await,
                None => u64::MAX,
            };
            self.due = due.min(self.last);
        }
        let (count, bytes) = self.ring.take(self.due - self.sent);
        self.sent += count;
        Some((bytes, self))
    }
}

struct Clock {
    rate: f64,
    started: Instant,
    ticks: Interval,
}

impl Clock {
    fn new(rate: f64) -> Clock {
        let period = TICK.max(Duration::from_secs_f64(1.0 / rate));
        Clock { rate, started: Instant::now(), ticks: interval(period) }
    }

    /// How many updates are due at the next tick.
    async fn due(&mut self) -> u64 {
        let now = self.ticks.tick().await;
        ((now - self.started).as_secs_f64() * self.rate).round() as u64
    }
}

pub(crate) struct Ring {
    bytes: Bytes,
    /// Where each message ends.
    ends: Vec<usize>,
    next: usize,
}

impl Ring {
    /// Of the messages that `encode` appends, by their number.
    pub(crate) fn new(mut encode: impl FnMut(usize, &mut Vec<u8>)) -> Ring {
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(LENGTH);
        for number in 0..LENGTH {
            encode(number, &mut bytes);
            ends.push(bytes.len());
        }
        Ring { bytes: bytes.into(), ends, next: 0 }
    }

    /// The next messages, at most `most` and none past the end, and how many they are.
    fn take(&mut self, most: u64) -> (u64, Bytes) {
        let count = usize::try_from(most).unwrap_or(LENGTH).min(LENGTH - self.next);
        let end = self.next + count;
        let start = if self.next == 0 { 0 } else { self.ends[self.next - 1] };
        let bytes = self.bytes.slice(start..self.ends[end - 1]);
        self.next = end % LENGTH;
        (count as u64, bytes)
    }
}
