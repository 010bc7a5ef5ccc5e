//! When an update of a trace is due: a pure function of its time.

use std::{fmt, str::FromStr, time::Duration};

use jiff::Timestamp;

/// How fast a trace is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as it was recorded.
    Times(f64),
    /// As fast as it can be read.
    Max,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no speed: give a number from 0.001 to 1000000, as 2 or 0.5, or max")]
pub struct InvalidSpeed(String);

impl FromStr for Speed {
    type Err = InvalidSpeed;

    fn from_str(text: &str) -> Result<Speed, InvalidSpeed> {
        if text == "max" {
            return Ok(Speed::Max);
        }
        let times: Option<f64> = text.strip_suffix('x').unwrap_or(text).parse().ok();
        let times = times.filter(|times| (0.001..=1e6).contains(times));
        times.map(Speed::Times).ok_or_else(|| InvalidSpeed(text.to_owned()))
    }
}

impl Default for Speed {
    fn default() -> Speed {
        Speed::Times(1.0)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Speed::Times(times) => write!(f, "{times}"),
            Speed::Max => f.write_str("max"),
        }
    }
}

/// Of one round through a trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    pub(super) speed: Speed,
    /// What is played of the trace, counted from its first update.
    pub(super) from: Duration,
    pub(super) until: Option<Duration>,
}

/// Where an update stands in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Before,
    /// So long after the round began.
    Due(Duration),
    After,
}

impl Schedule {
    /// `first` is the time of the trace's first update.
    pub(super) fn place(&self, first: Timestamp, time: Timestamp) -> Place {
        // A time before the first one is possible; it is due at once.
        let offset = Duration::try_from(time.duration_since(first)).unwrap_or_default();
        if self.until.is_some_and(|until| offset > until) {
            return Place::After;
        }
        let Some(offset) = offset.checked_sub(self.from) else { return Place::Before };
        match self.speed {
            Speed::Max => Place::Due(Duration::ZERO),
            // In whole nanoseconds where that is exact.
            Speed::Times(1.0) => Place::Due(offset),
            Speed::Times(times) => {
                let seconds = offset.as_secs_f64() / times;
                Place::Due(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(schedule: &Schedule, milliseconds: i64) -> Place {
        let first = Timestamp::from_second(1_000_000).unwrap();
        let time = Timestamp::from_millisecond(1_000_000_000 + milliseconds).unwrap();
        schedule.place(first, time)
    }

    fn due(milliseconds: u64) -> Place {
        Place::Due(Duration::from_millis(milliseconds))
    }

    #[test]
    fn an_update_is_due_as_long_after_the_first_as_it_was_recorded() {
        let schedule = Schedule { speed: Speed::default(), from: Duration::ZERO, until: None };
        assert_eq!(place(&schedule, 0), due(0));
        assert_eq!(place(&schedule, 86_400_000), due(86_400_000));
        assert_eq!(place(&schedule, -5), due(0), "a clock that went back");
    }

    #[test]
    fn speed_divides_time() {
        let at = |speed: &str| {
            let speed = speed.parse().unwrap();
            place(&Schedule { speed, from: Duration::ZERO, until: None }, 3000)
        };
        assert_eq!(at("2"), due(1500));
        assert_eq!(at("0.5x"), due(6000));
        assert_eq!(at("max"), due(0));
    }

    #[test]
    fn a_part_begins_at_once_and_ends_with_its_last_moment() {
        let part = Schedule {
            speed: Speed::Times(2.0),
            from: Duration::from_secs(10),
            until: Some(Duration::from_secs(20)),
        };
        assert_eq!(place(&part, 9_999), Place::Before);
        assert_eq!(place(&part, 10_000), due(0));
        assert_eq!(place(&part, 20_000), due(5_000));
        assert_eq!(place(&part, 20_001), Place::After);
    }

    #[test]
    fn what_is_no_speed_is_refused() {
        for text in ["0", "-1", "fast", "NaN", "inf", "", "1e9"] {
            let error = text.parse::<Speed>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "'{text}' is no speed: give a number from 0.001 to 1000000, as 2 or 0.5, or max"
                )
            );
        }
    }
}
