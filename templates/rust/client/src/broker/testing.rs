//! A model for the tests of this crate, as a generated one would be.

use crate::{About, Actuator, Attribute, Choice, Sensor};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Off,
    On,
}

impl Choice for Mode {
    type Raw = str;

    const ALL: &'static [Self] = &[Self::Off, Self::On];
    const RAW: &'static [&'static str] = &["OFF", "ON"];

    fn index(self) -> usize {
        self as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gear {
    Park,
    Reverse,
}

impl Choice for Gear {
    type Raw = i8;

    const ALL: &'static [Self] = &[Self::Park, Self::Reverse];
    const RAW: &'static [&'static i8] = &[&0, &-1];

    fn index(self) -> usize {
        self as usize
    }
}

const ABOUT_SPEED: About<f32> =
    About { min: Some(0.0), max: Some(250.0), ..About::new("float", "How fast.") };
const ABOUT_MODE: About<Mode> = About { allowed: Mode::ALL, ..About::new("string", "How.") };
const ABOUT_LEVELS: About<Vec<u8>> = About { allowed: &[1, 2], ..About::new("uint8[]", "Levels.") };
const ABOUT_VIN: About<String> =
    About { pattern: Some("[A-Z]{3}$"), ..About::new("string", "Which.") };

pub(crate) const SPEED: Sensor<f32> = Sensor::new("Vehicle.Speed", &ABOUT_SPEED);
pub(crate) const MODE: Actuator<Mode> = Actuator::new("Vehicle.Mode", &ABOUT_MODE);
pub(crate) const LEVELS: Actuator<Vec<u8>> = Actuator::new("Vehicle.Levels", &ABOUT_LEVELS);
pub(crate) const VIN: Attribute<String> = Attribute::new("Vehicle.VIN", &ABOUT_VIN);
