//! What a signal does when nobody says otherwise: chosen by its type, unit, bounds and name.

use std::{f64::consts::TAU, time::Duration};

use vss_codegen::model::{DataType, Element, SignalKind, Value};

use super::range::{Range, last_name};
use crate::signals::Entry;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plausible {
    /// Set once.
    Constant(Value),
    /// Standing, town, motorway, and back, in km/h.
    Drive { datatype: DataType, range: Range },
    /// Whether the car drives.
    Moving,
    /// Counts the kilometres.
    Odometer { datatype: DataType, range: Range },
    /// Two slow waves.
    Wander { datatype: DataType, range: Range, seed: u64 },
    /// False, and for half a minute in ten true.
    Blink { seed: u64 },
    /// One after the other.
    Cycle { values: Vec<Value>, seed: u64 },
}

/// Seconds and km/h; in between it is linear.
const TRIP: [(f64, f64); 9] = [
    (0.0, 0.0),
    (1.0, 0.0),
    (13.0, 50.0),
    (40.0, 52.0),
    (58.0, 105.0),
    (85.0, 118.0),
    (103.0, 38.0),
    (112.0, 0.0),
    (120.0, 0.0),
];

/// Of the trip, in km/h.
const AVERAGE: f64 = 61.0;

impl Plausible {
    /// `None` for a signal whose values the broker cannot hold (structs).
    pub(super) fn of(entry: &Entry) -> Option<Plausible> {
        let signal = entry.signal();
        let datatype = signal.datatype.clone();
        let seed = seed(&signal.path);
        let moves = signal.kind == SignalKind::Sensor && !datatype.is_array;
        if !moves {
            return first(entry).map(Plausible::Constant);
        }
        let allowed = &entry.limits().allowed;
        if !allowed.is_empty() {
            return Some(Plausible::Cycle { values: allowed.clone(), seed });
        }
        match &datatype.element {
            Element::Boolean if last_name(entry) == "IsMoving" => Some(Plausible::Moving),
            Element::Boolean => Some(Plausible::Blink { seed }),
            element if element.is_number() => {
                let range = Range::of(entry);
                let unit = signal.unit.as_deref();
                Some(match (last_name(entry), unit) {
                    (name, Some("km/h")) if name.ends_with("Speed") => {
                        Plausible::Drive { datatype, range }
                    }
                    ("TraveledDistance", Some("km")) => {
                        Plausible::Odometer { datatype, range: Range::within_bounds(entry) }
                    }
                    _ => Plausible::Wander { datatype, range, seed },
                })
            }
            _ => first(entry).map(Plausible::Constant),
        }
    }

    /// How often the value is looked at; `None`: once.
    pub(super) fn interval(&self) -> Option<Duration> {
        match self {
            Plausible::Constant(_) => None,
            Plausible::Drive { .. } => Some(Duration::from_millis(100)),
            Plausible::Wander { .. } | Plausible::Moving | Plausible::Odometer { .. } => {
                Some(Duration::from_secs(1))
            }
            Plausible::Blink { .. } | Plausible::Cycle { .. } => Some(Duration::from_secs(5)),
        }
    }

    pub(super) fn at(&self, elapsed: Duration) -> Value {
        let seconds = elapsed.as_secs_f64();
        match self {
            Plausible::Constant(value) => value.clone(),
            Plausible::Drive { datatype, range } => {
                scalar(&datatype.element, range.keep(round(trip(seconds), 1.0)))
            }
            Plausible::Moving => Value::Bool(trip(seconds) > 0.0),
            Plausible::Odometer { datatype, range } => {
                let kilometres = 12_345.0 + seconds * AVERAGE / 3600.0;
                scalar(&datatype.element, range.keep(round(kilometres, 1.0)))
            }
            Plausible::Wander { datatype, range, seed } => {
                let value = round(wander(*range, *seed, seconds), range.span());
                scalar(&datatype.element, range.keep(value))
            }
            Plausible::Blink { seed } => {
                let phase = (elapsed.as_secs() + seed % 600) % 600;
                Value::Bool(phase >= 570)
            }
            Plausible::Cycle { values, seed } => {
                let turn = elapsed.as_secs() / 30 + seed;
                let index = usize::try_from(turn % values.len().max(1) as u64).unwrap_or(0);
                values.get(index).cloned().unwrap_or_else(|| Value::String("".into()))
            }
        }
    }
}

fn trip(seconds: f64) -> f64 {
    let (_, end) = (TRIP[0], TRIP[TRIP.len() - 1].0);
    let at = seconds % end;
    let leg = TRIP.windows(2).find(|leg| at < leg[1].0);
    let Some([(from, slow), (to, fast)]) = leg else { return 0.0 };
    let speed = slow + (fast - slow) * (at - from) / (to - from);
    // No foot is steady; a car that stands does.
    if speed > 5.0 { speed + (seconds * 0.9).sin() } else { speed }
}

fn wander(range: Range, seed: u64, seconds: f64) -> f64 {
    let phase = (seed % 1000) as f64 / 1000.0;
    let slow = (TAU * (seconds / (90.0 + (seed % 60) as f64) + phase)).sin();
    let fast = (TAU * (seconds / 23.0 + phase * 3.0)).sin();
    let middle = f64::midpoint(range.low, range.high);
    middle + range.span() / 2.0 * (0.8 * slow + 0.2 * fast)
}

/// To two decimals, or four where the whole range is small.
pub(super) fn round(value: f64, span: f64) -> f64 {
    let scale = if span >= 1.0 { 100.0 } else { 10_000.0 };
    (value * scale).round() / scale
}

/// The value that a signal which does not move has from the start: its default, or the
/// first allowed, or what is plausible for its type.
pub(super) fn first(entry: &Entry) -> Option<Value> {
    let signal = entry.signal();
    if let Some(Ok(default)) = signal.default_value()
        && entry.check(&default).is_ok()
    {
        return Some(default);
    }
    let element = &signal.datatype.element;
    let one = match entry.limits().allowed.first() {
        Some(allowed) => allowed.clone(),
        None => match element {
            Element::Boolean => Value::Bool(false),
            Element::String => Value::String(text(entry).into()),
            Element::Struct(_) => return None,
            number => {
                let range = Range::of(entry);
                let zero = scalar(number, 0.0);
                // An actuator is off, or closed, or at zero; only temperatures are not.
                let celsius = signal.unit.as_deref().is_some_and(is_celsius);
                let off = signal.kind == SignalKind::Actuator
                    && !celsius
                    && entry.limits().check(&zero, &DataType::scalar(number.clone())).is_ok();
                if off {
                    zero
                } else {
                    let middle = f64::midpoint(range.low, range.high);
                    scalar(number, range.keep(round(middle, range.span())))
                }
            }
        },
    };
    Some(if signal.datatype.is_array { array(one, element) } else { one })
}

/// Unit files differ in how they write it.
fn is_celsius(unit: &str) -> bool {
    unit.eq_ignore_ascii_case("celsius")
}

fn text(entry: &Entry) -> String {
    let name = last_name(entry);
    match name {
        "VIN" => "WVEDGE00000000001".to_owned(),
        "WMI" => "WVE".to_owned(),
        "Brand" => "Vehicle Edge".to_owned(),
        "Model" => "Mock".to_owned(),
        _ if name.contains("Date") || name.contains("Time") => "2026-01-01T00:00:00Z".to_owned(),
        _ => String::new(),
    }
}

/// Numbers and flags: an array of one. Texts: none, unless some are allowed.
fn array(one: Value, element: &Element) -> Value {
    match one {
        Value::Bool(v) => Value::BoolArray([v].into()),
        Value::Int32(v) => Value::Int32Array([v].into()),
        Value::Int64(v) => Value::Int64Array([v].into()),
        Value::Uint32(v) => Value::Uint32Array([v].into()),
        Value::Uint64(v) => Value::Uint64Array([v].into()),
        Value::Float(v) => Value::FloatArray([v].into()),
        Value::Double(v) => Value::DoubleArray([v].into()),
        Value::String(v) if v.is_empty() && *element == Element::String => {
            Value::StringArray([].into())
        }
        Value::String(v) => Value::StringArray([v].into()),
        already => already,
    }
}

/// A number as a value of its type; casts keep to the type's ends.
pub(super) fn scalar(element: &Element, number: f64) -> Value {
    match element {
        Element::Int8 | Element::Int16 | Element::Int32 => Value::Int32(number.round() as i32),
        Element::Int64 | Element::Int => Value::Int64(number.round() as i64),
        Element::Uint8 | Element::Uint16 | Element::Uint32 => Value::Uint32(number.round() as u32),
        Element::Uint64 => Value::Uint64(number.round() as u64),
        Element::Float => Value::Float(number as f32),
        _ => Value::Double(number),
    }
}

/// The same for the same path in every run, and different for neighbours (FNV-1a).
pub(super) fn seed(path: &str) -> u64 {
    path.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }) >> 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::{Registry, testing};

    /// Every element type, alone and as an array, of every kind, with several bounds.
    fn all_sorts() -> Registry {
        let mut manifest = testing::manifest();
        let pattern = manifest.signals[0].clone();
        let bounds = ["{}", r#"{"min": 3}"#, r#"{"max": -3}"#, r#"{"min": -1, "max": 1}"#]
            .map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
        for element in Element::names() {
            // The language has no arrays of `int`.
            let arrays: &[&str] = if element == "int" { &[""] } else { &["", "[]"] };
            for array in arrays {
                for (number, bound) in bounds.iter().enumerate() {
                    for kind in [SignalKind::Sensor, SignalKind::Actuator, SignalKind::Attribute] {
                        let mut signal = pattern.clone();
                        let of = |key: &str| {
                            bound.get(key).map(|b| serde_json::from_value(b.clone()).unwrap())
                        };
                        signal.datatype = format!("{element}{array}").parse().unwrap();
                        signal.path = format!("A.{}.{}{number}", kind.name(), signal.datatype);
                        (signal.kind, signal.min, signal.max) = (kind, None, None);
                        let unsigned = element.starts_with('u') && number > 1;
                        if signal.datatype.element.is_number() && !unsigned {
                            (signal.min, signal.max) = (of("min"), of("max"));
                        }
                        manifest.signals.push(signal);
                    }
                }
            }
        }
        Registry::new(&manifest).unwrap()
    }

    #[test]
    fn every_value_at_every_time_is_one_the_signal_may_hold() {
        for entry in all_sorts().entries() {
            let behaviour = Plausible::of(entry).unwrap();
            for second in (0..3000).step_by(7) {
                let value = behaviour.at(Duration::from_millis(second * 331));
                assert_eq!(entry.check(&value), Ok(()), "{behaviour:?}");
            }
        }
    }

    #[test]
    fn a_speed_stands_drives_and_stands_again() {
        let registry = testing::registry();
        let speed = Plausible::of(registry.get("Vehicle.Speed").unwrap()).unwrap();
        let at = |second| match speed.at(Duration::from_secs(second)) {
            Value::Float(value) => value,
            other => panic!("{other:?}"),
        };
        assert_eq!(at(0), 0.0);
        assert!((40.0..60.0).contains(&at(30)));
        assert!((100.0..130.0).contains(&at(75)));
        assert!(at(4) < at(8) && at(108) < at(100));
        assert_eq!(at(119), 0.0);
        assert_eq!(at(75), at(75));
    }

    #[test]
    fn numbers_move_and_modes_change() {
        let registry = testing::registry();
        let distinct = |path: &str, seconds: u64| {
            let behaviour = Plausible::of(registry.get(path).unwrap()).unwrap();
            let mut values: Vec<String> =
                (0..seconds).map(|s| behaviour.at(Duration::from_secs(s)).to_string()).collect();
            values.sort();
            values.dedup();
            values.len()
        };
        assert!(distinct("Vehicle.Cabin.Temperature", 300) > 5);
        assert_eq!(distinct("Vehicle.Mode", 90), 2);
        assert_eq!(distinct("Vehicle.Identification.VIN", 90), 1);
    }

    #[test]
    fn a_default_is_what_a_signal_starts_with() {
        let registry = testing::registry();
        let level = Plausible::of(registry.get("Vehicle.Cabin.Light.Level").unwrap());
        assert_eq!(level, Some(Plausible::Constant(Value::Uint32(20))));
    }
}
