//! A drive for as long as one likes, always the same: a thousand updates a second of a
//! hundred signals, on a clock of its own.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use jiff::Timestamp;
use vehicle_edge_runtime::signals::trace::Sample;
use vss_codegen::model::{Manifest, Value};

pub(crate) const A_SECOND: u64 = 1000;
/// 2023-11-14.
const BEGAN: i64 = 1_700_000_000_000_000_000;

/// Of each: how many, and the datatype.
const KINDS: [(usize, &str); 7] = [
    (50, "float"),
    (20, "uint8"),
    (10, "boolean"),
    (8, "int32"),
    (5, "double"),
    (5, "string"),
    (2, "float[]"),
];
const GEARS: [&str; 4] = ["PARK", "REVERSE", "NEUTRAL", "DRIVE"];

pub(crate) fn manifest() -> Manifest {
    let signal = |(number, datatype)| {
        format!(
            r#"{{"path": "Vehicle.Part{}.Signal{number}", "type": "sensor",
                "datatype": "{datatype}", "access": ["read", "provide"]}}"#,
            number % 7
        )
    };
    let signals: Vec<String> = datatypes().into_iter().enumerate().map(signal).collect();
    let json = format!(
        r#"{{"model": {{"name": "Vehicle", "hash": "sha256:00"}},
            "sdk": {{"name": "vehicle_signal_model", "version": "1"}}, "signals": [{}]}}"#,
        signals.join(",")
    );
    serde_json::from_str(&json).unwrap()
}

fn datatypes() -> Vec<&'static str> {
    KINDS.iter().flat_map(|(count, datatype)| vec![*datatype; *count]).collect()
}

/// The updates of so many seconds.
pub(crate) struct Drive {
    signals: Vec<(Arc<str>, &'static str)>,
    gears: [Value; 4],
    step: u64,
    end: u64,
}

impl Drive {
    pub(crate) fn new(seconds: u64) -> Drive {
        let paths = manifest().signals.into_iter().map(|signal| Arc::from(signal.path.as_str()));
        Drive {
            signals: paths.zip(datatypes()).collect(),
            gears: GEARS.map(|gear| Value::String(gear.into())),
            step: 0,
            end: seconds * A_SECOND,
        }
    }

    fn value(&self, signal: usize, dice: u64) -> Value {
        let phase = self.step as f64 / 40_000.0 + signal as f64;
        let noise = (dice % 1000) as f64 / 10_000.0;
        let smooth = phase.sin() * 50.0 + 60.0 + noise;
        match self.signals[signal].1 {
            // As a sensor has it: in steps of a hundredth.
            "float" => Value::Float(((smooth * 100.0).round() / 100.0) as f32),
            "uint8" => Value::Uint32(smooth as u32),
            "boolean" => Value::Bool(dice.is_multiple_of(8)),
            "int32" => Value::Int32((smooth * 1000.0) as i32 - 60_000),
            "double" => Value::Double(smooth),
            "string" => self.gears[(dice % 4) as usize].clone(),
            _ => Value::FloatArray([smooth as f32, noise as f32].into()),
        }
    }
}

impl Iterator for Drive {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        if self.step == self.end {
            return None;
        }
        let dice = scramble(self.step);
        let signal = (dice >> 40) as usize % self.signals.len();
        let value = Some(self.value(signal, dice));
        // Not to the microsecond, as clocks are.
        let time = BEGAN + self.step as i64 * 1_000_000 + (dice >> 20) as i64 % 200_000;
        let time = Timestamp::from_nanosecond(time.into()).unwrap();
        self.step += 1;
        Some(Sample { path: self.signals[signal].0.clone(), time, value })
    }
}

/// Splitmix64: the same dice for everybody.
fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Equal for equal updates in equal order.
#[derive(Default)]
pub(crate) struct Digest {
    hasher: DefaultHasher,
    count: u64,
}

impl Digest {
    pub(crate) fn add(&mut self, path: &str, time: Option<Timestamp>, value: Option<&Value>) {
        self.count += 1;
        path.hash(&mut self.hasher);
        time.map(|time| time.as_nanosecond()).hash(&mut self.hasher);
        match value {
            Some(Value::Float(v)) => v.to_bits().hash(&mut self.hasher),
            Some(Value::Double(v)) => v.to_bits().hash(&mut self.hasher),
            Some(Value::Bool(v)) => v.hash(&mut self.hasher),
            Some(Value::Uint32(v)) => v.hash(&mut self.hasher),
            Some(Value::Int32(v)) => v.hash(&mut self.hasher),
            Some(Value::String(v)) => v.hash(&mut self.hasher),
            Some(Value::FloatArray(v)) => v.iter().for_each(|v| v.to_bits().hash(&mut self.hasher)),
            other => format!("{other:?}").hash(&mut self.hasher),
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn finish(&self) -> (u64, u64) {
        (self.count, self.hasher.finish())
    }
}
