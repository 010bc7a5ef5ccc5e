//! Between which numbers a signal plausibly moves.

use vss_codegen::model::Value;

use crate::signals::Entry;

/// What is usual in a car that drives, by unit.
const USUAL: [(&str, f64, f64); 24] = [
    ("celsius", 15.0, 30.0),
    ("percent", 20.0, 80.0),
    ("km/h", 0.0, 130.0),
    ("m/s", 0.0, 36.0),
    ("rpm", 800.0, 3500.0),
    ("V", 11.8, 14.2),
    ("A", 1.0, 40.0),
    ("W", 100.0, 5000.0),
    ("kW", 1.0, 60.0),
    ("Nm", 10.0, 250.0),
    ("kPa", 200.0, 250.0),
    ("Pa", 99_000.0, 103_000.0),
    ("mbar", 990.0, 1030.0),
    ("bar", 2.0, 2.5),
    ("degrees", -10.0, 10.0),
    ("degrees/s", -5.0, 5.0),
    ("m/s^2", -2.0, 2.0),
    ("km", 10.0, 600.0),
    ("m", 0.0, 100.0),
    ("s", 0.0, 600.0),
    ("min", 0.0, 60.0),
    ("l", 10.0, 50.0),
    ("lx", 200.0, 20_000.0),
    ("ratio", 0.2, 0.8),
];

/// What is usual for some signals that a unit does not tell enough about, by last name.
const BY_NAME: [(&str, f64, f64); 5] = [
    ("Latitude", 48.1, 48.2),
    ("Longitude", 11.5, 11.7),
    ("CurrentGear", 1.0, 6.0),
    ("Range", 250_000.0, 300_000.0),
    ("Year", 2026.0, 2026.0),
];

/// Where nothing is known.
const ANY: (f64, f64) = (0.0, 100.0);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Range {
    /// Within the signal's bounds always; what its unit makes usual, where that fits.
    pub(super) fn of(entry: &Entry) -> Range {
        let limits = entry.limits();
        let Range { low, high } = Range::within_bounds(entry);
        let unit = entry.signal().unit.as_deref().unwrap_or_default();
        let by_name = BY_NAME.iter().find(|(name, ..)| last_name(entry) == *name);
        let usual =
            by_name.or_else(|| USUAL.iter().find(|(name, ..)| unit.eq_ignore_ascii_case(name)));
        let (from, to) = match usual {
            Some((_, from, to)) => (*from, *to),
            // The middle of two bounds that the model sets.
            None if limits.min.is_some() && limits.max.is_some() => {
                let margin = (high - low) * 0.2;
                (low + margin, high - margin)
            }
            None => ANY,
        };
        let (from, to) = (from.max(low), to.min(high));
        if from <= to {
            return Range { low: from, high: to };
        }
        // The usual lies outside the bounds: stay near the bound that is there.
        let high = if high.is_finite() { high } else { low + 100.0 };
        let low = if low.is_finite() { low } else { high - 100.0 };
        Range { low, high }
    }

    /// All that the signal's bounds and type let through.
    pub(super) fn within_bounds(entry: &Entry) -> Range {
        let limits = entry.limits();
        let by_type = entry.signal().datatype.element.integer_range();
        let low = limits.min.as_ref().and_then(number).or(by_type.map(|(low, _)| low as f64));
        let high = limits.max.as_ref().and_then(number).or(by_type.map(|(_, high)| high as f64));
        let low = low.unwrap_or(f64::NEG_INFINITY);
        // A manifest that was changed by hand may have bounds that contradict each other.
        let high = high.unwrap_or(f64::INFINITY).max(low);
        Range { low, high }
    }

    pub(super) fn keep(self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }

    pub(super) fn span(self) -> f64 {
        self.high - self.low
    }
}

/// The last part of the signal's path.
pub(super) fn last_name(entry: &Entry) -> &str {
    entry.path().rsplit('.').next().unwrap_or_default()
}

pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int32(v) => Some((*v).into()),
        Value::Int64(v) => Some(*v as f64),
        Value::Uint32(v) => Some((*v).into()),
        Value::Uint64(v) => Some(*v as f64),
        Value::Float(v) => Some((*v).into()),
        Value::Double(v) => Some(*v),
        _ => None,
    }
}
