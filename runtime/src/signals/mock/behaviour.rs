//! What a signal is to do, as people and programs say it: plain data, the same in a file, on
//! the wire and in code. Nothing here is checked against a signal yet.

use std::{sync::Arc, time::Duration};

#[cfg(feature = "daemon")]
use serde::Serialize;
use vss_codegen::model::Literal;

/// In a file it is one named thing: `sine: { min: 0, max: 120, period: 60s }`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "daemon", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum Behaviour {
    /// What suits the signal's type, unit and name.
    Plausible,
    /// Left to others.
    Off,
    Constant(Literal),
    Sine(Sine),
    Ramp(Ramp),
    RandomWalk(RandomWalk),
    Sequence(Sequence),
    Csv(Csv),
    Echo(Echo),
    /// Of other signals: `Vehicle.Speed / 3.6`.
    Expression(String),
}

/// Names of the behaviours that have something to say about themselves.
#[cfg(feature = "daemon")]
pub(super) const NAMES: &[&str] =
    &["constant", "sine", "ramp", "random_walk", "sequence", "csv", "echo", "expression"];

/// Between two numbers, by default those that are plausible for the signal.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "daemon", derive(Serialize))]
pub struct Sine {
    #[cfg_attr(feature = "daemon", serde(skip_serializing_if = "Option::is_none"))]
    pub min: Option<f64>,
    #[cfg_attr(feature = "daemon", serde(skip_serializing_if = "Option::is_none"))]
    pub max: Option<f64>,
    #[cfg_attr(feature = "daemon", serde(serialize_with = "duration"))]
    pub period: Duration,
    /// Where in the period it begins: 0 is the middle, going up; 0.25 the top.
    pub phase: f64,
}

/// Straight from one number to another; without `from`, from where the signal is.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "daemon", derive(Serialize))]
pub struct Ramp {
    #[cfg_attr(feature = "daemon", serde(skip_serializing_if = "Option::is_none"))]
    pub from: Option<f64>,
    pub to: f64,
    #[cfg_attr(feature = "daemon", serde(rename = "for", serialize_with = "duration"))]
    pub duration: Duration,
    pub repeat: Repeat,
}

/// A step up or down every so often, never beyond its ends; the same in each run.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "daemon", derive(Serialize))]
pub struct RandomWalk {
    #[cfg_attr(feature = "daemon", serde(skip_serializing_if = "Option::is_none"))]
    pub min: Option<f64>,
    #[cfg_attr(feature = "daemon", serde(skip_serializing_if = "Option::is_none"))]
    pub max: Option<f64>,
    /// The largest; a fiftieth of the way between the ends without it.
    #[cfg_attr(feature = "daemon", serde(skip_serializing_if = "Option::is_none"))]
    pub step: Option<f64>,
    #[cfg_attr(feature = "daemon", serde(serialize_with = "duration"))]
    pub every: Duration,
    /// Of the signal's path without it.
    #[cfg_attr(feature = "daemon", serde(skip_serializing_if = "Option::is_none"))]
    pub seed: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "daemon", derive(Serialize))]
pub struct Sequence {
    pub values: Vec<Literal>,
    #[cfg_attr(feature = "daemon", serde(serialize_with = "duration"))]
    pub every: Duration,
    pub repeat: Repeat,
}

/// A recorded course.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "daemon", derive(Serialize))]
pub struct Csv {
    /// Relative to the file that names it.
    pub file: String,
    /// Straight from point to point; numbers only.
    pub interpolate: bool,
    pub repeat: Repeat,
    /// What the file holds: later and later times, values as they are written.
    #[cfg_attr(feature = "daemon", serde(skip))]
    pub points: Arc<[(Duration, String)]>,
}

/// What an actuator is asked for becomes its value.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "daemon", derive(Serialize))]
pub struct Echo {
    /// That much later.
    #[cfg_attr(feature = "daemon", serde(serialize_with = "duration"))]
    pub delay: Duration,
    /// No faster than this, in units of the signal a second; numbers only.
    #[cfg_attr(feature = "daemon", serde(skip_serializing_if = "Option::is_none"))]
    pub rate: Option<f64>,
}

/// What comes after the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "daemon", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum Repeat {
    /// The last value stays.
    Once,
    /// The beginning.
    Loop,
    /// The way back.
    Bounce,
}

impl Repeat {
    /// Where on a way of this length one is after so much time.
    pub(super) fn position(self, elapsed: Duration, length: Duration) -> Duration {
        let (now, length_ns) = (elapsed.as_nanos(), length.as_nanos().max(1));
        let at = match self {
            Repeat::Once => return elapsed.min(length),
            Repeat::Loop => now % length_ns,
            Repeat::Bounce => {
                let there_and_back = now % (2 * length_ns);
                there_and_back.min(2 * length_ns - there_and_back)
            }
        };
        Duration::from_nanos(u64::try_from(at).unwrap_or(u64::MAX))
    }
}

/// As it is read again: `2.5s`.
#[cfg(feature = "daemon")]
fn duration<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{}s", duration.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_ends_begins_anew_or_goes_back() {
        let at = |repeat: Repeat, millis| {
            let length = Duration::from_secs(1);
            repeat.position(Duration::from_millis(millis), length).as_millis()
        };
        for (repeat, expected) in [
            (Repeat::Once, [0, 400, 1000, 1000, 1000]),
            (Repeat::Loop, [0, 400, 0, 400, 0]),
            (Repeat::Bounce, [0, 400, 1000, 600, 0]),
        ] {
            assert_eq!([0, 400, 1000, 1400, 2000].map(|millis| at(repeat, millis)), expected);
        }
    }
}
