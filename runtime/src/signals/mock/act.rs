//! A behaviour made ready for one signal: checked against its type and limits, once. From
//! then on a value is a matter of the time since it began.

use std::{f64::consts::TAU, sync::Arc, time::Duration};

use vss_codegen::model::{DataType, Element, Literal, Value};

use super::{
    behaviour::{Csv, Ramp, RandomWalk, Repeat, Sequence, Sine},
    plausible::{self, Plausible},
    range::Range,
    walk::Walk,
};
use crate::signals::Entry;

/// How often a number that moves is looked at.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// The shortest time between two values; nothing in a car is told more often than this.
const SHORTEST: Duration = Duration::from_millis(10);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// Nothing by itself.
    Still,
    Plausible(Plausible),
    Constant(Value),
    Sine {
        scale: Scale,
        period: Duration,
        phase: f64,
    },
    /// Straight from point to point.
    Line {
        scale: Scale,
        points: Arc<[(Duration, f64)]>,
        repeat: Repeat,
    },
    /// Each value until the next; `length` is when the last one has had its time.
    Steps {
        points: Arc<[(Duration, Value)]>,
        length: Duration,
        repeat: Repeat,
    },
    Walk(Walk),
}

impl Act {
    pub(super) fn constant(entry: &Entry, literal: &Literal) -> Result<Act, String> {
        value(entry, literal).map(Act::Constant)
    }

    pub(super) fn sine(entry: &Entry, sine: &Sine) -> Result<Act, String> {
        at_least_shortest("period", sine.period)?;
        if !sine.phase.is_finite() {
            return Err("phase is not a finite number".to_owned());
        }
        let scale = Scale::between(entry, sine.min, sine.max)?;
        Ok(Act::Sine { scale, period: sine.period, phase: sine.phase })
    }

    /// `current` is where the signal is now.
    pub(super) fn ramp(entry: &Entry, ramp: &Ramp, current: Option<f64>) -> Result<Act, String> {
        let scale = Scale::whole(entry)?;
        scale.holds(entry, "to", ramp.to)?;
        let from = match ramp.from {
            Some(from) => scale.holds(entry, "from", from).map(|()| from)?,
            None => current.unwrap_or(Range::of(entry).low),
        };
        if ramp.repeat != Repeat::Once {
            at_least_shortest("for", ramp.duration)?;
        }
        let points = Arc::from([(Duration::ZERO, from), (ramp.duration, ramp.to)]);
        Ok(Act::Line { scale, points, repeat: ramp.repeat })
    }

    pub(super) fn walk(entry: &Entry, walk: &RandomWalk) -> Result<Act, String> {
        at_least_shortest("every", walk.every)?;
        let scale = Scale::between(entry, walk.min, walk.max)?;
        let step = walk.step.unwrap_or(scale.range.span() / 50.0);
        if !(step.is_finite() && step >= 0.0) {
            return Err(format!("step {step} is not a size: write a number above 0"));
        }
        let seed = walk.seed.unwrap_or_else(|| plausible::seed(entry.path()));
        Ok(Act::Walk(Walk::new(scale, step, walk.every, seed)))
    }

    pub(super) fn sequence(entry: &Entry, sequence: &Sequence) -> Result<Act, String> {
        at_least_shortest("every", sequence.every)?;
        let mut at = Duration::ZERO;
        let mut points = Vec::with_capacity(sequence.values.len());
        for literal in &sequence.values {
            points.push((at, value(entry, literal)?));
            at = at.saturating_add(sequence.every);
        }
        if points.is_empty() {
            return Err("values is empty: give at least one".to_owned());
        }
        Ok(Act::Steps { points: points.into(), length: at, repeat: sequence.repeat })
    }

    pub(super) fn csv(entry: &Entry, csv: &Csv) -> Result<Act, String> {
        let Some((length, _)) = csv.points.last() else {
            return Err(format!(
                "{} was not read: csv is for a mock file, with the data beside it",
                csv.file
            ));
        };
        let datatype = &entry.signal().datatype;
        let mut values = Vec::with_capacity(csv.points.len());
        for (at, text) in csv.points.iter() {
            let place = || format!("{} at {} s", csv.file, at.as_secs_f64());
            let value = Value::from_text(text, datatype)
                .map_err(|violation| format!("{}: {violation}", place()))?;
            entry.check(&value).map_err(|error| format!("{}: {error}", place()))?;
            values.push((*at, value));
        }
        if !csv.interpolate {
            let (points, length) = (values.into(), *length);
            return Ok(Act::Steps { points, length, repeat: csv.repeat });
        }
        let scale = Scale::whole(entry)?;
        let numbers = values.iter().filter_map(|(at, v)| Some((*at, super::range::number(v)?)));
        Ok(Act::Line { scale, points: numbers.collect(), repeat: csv.repeat })
    }

    /// From where the signal is to a value, at most so fast.
    pub(super) fn glide(entry: &Entry, from: f64, to: f64, rate: f64) -> Option<Act> {
        let duration = Duration::try_from_secs_f64((to - from).abs() / rate).ok()?;
        Act::ramp(entry, &Ramp { from: None, to, duration, repeat: Repeat::Once }, Some(from)).ok()
    }

    /// The value after so much time, `None` for none of its own.
    pub(super) fn at(&mut self, elapsed: Duration) -> Option<Value> {
        Some(match self {
            Act::Still => return None,
            Act::Plausible(plausible) => plausible.at(elapsed),
            Act::Constant(value) => value.clone(),
            Act::Sine { scale, period, phase } => {
                let turns = elapsed.as_secs_f64() / period.as_secs_f64() + *phase;
                let Range { low, high } = scale.range;
                let number = f64::midpoint(low, high) + (high - low) / 2.0 * (TAU * turns).sin();
                scale.rounded(number)
            }
            Act::Line { scale, points, repeat } => {
                let length = points.last().map_or(Duration::ZERO, |(at, _)| *at);
                scale.value(on_line(points, repeat.position(elapsed, length))?)
            }
            Act::Steps { points, length, repeat } => {
                let position = repeat.position(elapsed, *length);
                let after = points.partition_point(|(at, _)| *at <= position);
                points.get(after.saturating_sub(1))?.1.clone()
            }
            Act::Walk(walk) => walk.at(elapsed),
        })
    }

    /// When after this time the value may be another; `None`: never. `turn` spreads
    /// plausible signals over their period, so that no moment is a burst.
    pub(super) fn next(&self, elapsed: Duration, turn: u32) -> Option<Duration> {
        match self {
            Act::Still | Act::Constant(_) => None,
            Act::Plausible(plausible) => {
                let period = plausible.interval()?;
                let turns = u32::try_from(period.as_millis() / TICK.as_millis()).unwrap_or(1);
                let offset = TICK * (turn % turns.max(1));
                let since = elapsed.checked_sub(offset);
                Some(since.map_or(offset, |since| grid(since, period) + offset))
            }
            Act::Sine { period, .. } => Some(grid(elapsed, TICK.min(*period / 8).max(SHORTEST))),
            Act::Line { points, repeat, .. } => {
                let (end, _) = points.last()?;
                match repeat {
                    Repeat::Once if elapsed >= *end => None,
                    Repeat::Once => Some(grid(elapsed, TICK).min(*end)),
                    _ => Some(grid(elapsed, TICK.min(*end / 8).max(SHORTEST))),
                }
            }
            Act::Steps { points, length, repeat } => next_step(points, *length, *repeat, elapsed),
            Act::Walk(walk) => Some(grid(elapsed, walk.every())),
        }
    }
}

/// The next multiple of a period.
fn grid(elapsed: Duration, period: Duration) -> Duration {
    // 64 bits of nanoseconds are five hundred years, and much faster than 128.
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let period = nanos(period).max(1);
    Duration::from_nanos((nanos(elapsed) / period + 1).saturating_mul(period))
}

fn next_step(
    points: &[(Duration, Value)],
    length: Duration,
    repeat: Repeat,
    elapsed: Duration,
) -> Option<Duration> {
    if points.len() < 2 {
        return None;
    }
    let position = repeat.position(elapsed, length);
    let after = points.partition_point(|(at, _)| *at <= position);
    let forth = points.get(after).map(|(at, _)| *at);
    let wait = match repeat {
        Repeat::Once => forth?.saturating_sub(position),
        Repeat::Loop => forth.unwrap_or(length).saturating_sub(position),
        Repeat::Bounce => {
            let whole = length.as_nanos().max(1);
            let is_back = elapsed.as_nanos() % (2 * whole) >= whole;
            if is_back {
                // Where the value before begins to hold is where this one has ended.
                points
                    .get(after.saturating_sub(1))
                    .map_or(position, |(at, _)| position.checked_sub(*at).unwrap_or(position))
            } else {
                forth.unwrap_or(length).saturating_sub(position)
            }
        }
    };
    Some(elapsed + wait.max(Duration::from_millis(1)))
}

fn on_line(points: &[(Duration, f64)], position: Duration) -> Option<f64> {
    let after = points.partition_point(|(at, _)| *at <= position);
    match (after.checked_sub(1).and_then(|before| points.get(before)), points.get(after)) {
        (Some((from, low)), Some((to, high))) => {
            let way = (position - *from).as_secs_f64() / (*to - *from).as_secs_f64();
            Some(low + (high - low) * way)
        }
        (Some((_, number)), None) | (None, Some((_, number))) => Some(*number),
        (None, None) => None,
    }
}

/// How numbers become values of a signal: of its type, within its limits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    datatype: DataType,
    pub(super) range: Range,
}

impl Scale {
    /// All that the signal may be.
    pub(super) fn whole(entry: &Entry) -> Result<Scale, String> {
        let datatype = entry.signal().datatype.clone();
        if datatype.is_array || !datatype.element.is_number() {
            return Err(format!("needs a signal that is a number, this one is {datatype}"));
        }
        if !entry.limits().allowed.is_empty() {
            let allowed: Vec<_> = entry.limits().allowed.iter().map(Value::to_string).collect();
            return Err(format!(
                "passes through numbers that are not allowed (only {} are): use a sequence",
                allowed.join(", ")
            ));
        }
        Ok(Scale { datatype, range: Range::within_bounds(entry) })
    }

    /// Between the ends given, or what is usual for the signal.
    fn between(entry: &Entry, min: Option<f64>, max: Option<f64>) -> Result<Scale, String> {
        let whole = Scale::whole(entry)?;
        for (name, end) in [("min", min), ("max", max)] {
            end.map_or(Ok(()), |end| whole.holds(entry, name, end))?;
        }
        let usual = Range::of(entry);
        let (low, high) = (min.unwrap_or(usual.low), max.unwrap_or(usual.high));
        if low > high {
            return Err(format!("min {low} is above max {high}: give both, the smaller as min"));
        }
        // An end such as 0.1 may lie a hair outside a 32-bit float's bound.
        let (low, high) = (whole.range.keep(low), whole.range.keep(high));
        Ok(Scale { range: Range { low, high }, ..whole })
    }

    /// Whether the signal may be this number.
    fn holds(&self, entry: &Entry, name: &str, number: f64) -> Result<(), String> {
        // As the signal would have it: a 32-bit float ends sooner.
        let is_finite = match self.datatype.element {
            Element::Float => (number as f32).is_finite(),
            _ => number.is_finite(),
        };
        if !is_finite {
            return Err(format!("{name}: {number} is not a number that a signal may be"));
        }
        let literal = match self.datatype.element.is_integer() {
            true => Literal::Int(number.round() as i128),
            false => Literal::Float(number),
        };
        value(entry, &literal).map(|_| ()).map_err(|error| format!("{name}: {error}"))
    }

    pub(super) fn value(&self, number: f64) -> Value {
        plausible::scalar(&self.datatype.element, self.range.keep(number))
    }

    /// With as many decimals as a person wants to read.
    pub(super) fn rounded(&self, number: f64) -> Value {
        self.value(plausible::round(number, self.range.span()))
    }
}

/// What was written, as a value that the signal may hold.
pub(super) fn value(entry: &Entry, literal: &Literal) -> Result<Value, String> {
    let value = Value::from_literal(literal, &entry.signal().datatype)
        .map_err(|violation| violation.to_string())?;
    match entry.limits().check(&value, &entry.signal().datatype) {
        Ok(()) => entry.check(&value).map(|()| value).map_err(|error| error.to_string()),
        Err(violation) => Err(violation.to_string()),
    }
}

fn at_least_shortest(name: &str, duration: Duration) -> Result<(), String> {
    if duration >= SHORTEST {
        return Ok(());
    }
    Err(format!("{name} is {duration:?}: at least {SHORTEST:?} is needed"))
}
